// Page de connexion de la démonstration : un bouton remplit le formulaire avec un compte.
(() => {
  "use strict";
  const adresse = document.querySelector("input[name=login]");
  const passe = document.querySelector("input[name=password]");
  if (!adresse || !passe) return;
  document.querySelectorAll(".comptes-demo__liste li").forEach((compte) => {
    const [courriel, secret] = [...compte.querySelectorAll("code")].map((c) => c.textContent);
    const bouton = document.createElement("button");
    bouton.type = "button";
    bouton.className = "btn btn-secondary btn-sm";
    bouton.append("Utiliser ce compte");
    const precision = document.createElement("span");
    precision.className = "visually-hidden";
    precision.textContent = ` : ${courriel}`;
    bouton.append(precision);
    bouton.addEventListener("click", () => {
      adresse.value = courriel;
      passe.value = secret;
      adresse.form.querySelector("button:not([type=button])").focus();
    });
    compte.append(bouton);
  });
})();
