// Un fichier trop grand se dit avant de partir ; le serveur vérifie de toute façon.
(() => {
  const MAXIMUM = 15 * 1024 * 1024;
  for (const formulaire of document.querySelectorAll("[data-fichier]")) {
    const champ = formulaire.querySelector("input[type=file]");
    const avis = document.createElement("p");
    avis.className = "secondaire";
    avis.setAttribute("role", "status");
    champ.insertAdjacentElement("afterend", avis);
    const tropGrand = () => Boolean(champ.files[0]) && champ.files[0].size > MAXIMUM;
    const dire = () => {
      avis.textContent = tropGrand()
        ? "Ce fichier dépasse 15 Mo : réduisez-le ou partagez-le en deux."
        : "";
    };
    champ.addEventListener("change", dire);
    formulaire.addEventListener("submit", (evenement) => {
      dire();
      if (tropGrand()) evenement.preventDefault();
      else if (champ.files.length) avis.textContent = "Envoi en cours…";
    });
  }
})();
