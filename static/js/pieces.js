// Un fichier trop grand se dit avant de partir ; le serveur vérifie de toute façon.
(() => {
  const MAXIMUM = 15 * 1024 * 1024;
  for (const formulaire of document.querySelectorAll("[data-fichier]")) {
    const champ = formulaire.querySelector("input[type=file]");
    const avis = document.createElement("p");
    avis.className = "secondaire";
    avis.setAttribute("role", "status");
    champ.insertAdjacentElement("afterend", avis);
    champ.addEventListener("change", () => {
      const [fichier] = champ.files;
      const trop = Boolean(fichier) && fichier.size > MAXIMUM;
      champ.setCustomValidity(trop ? "Ce fichier dépasse 15 Mo." : "");
      avis.textContent = trop ? "Ce fichier dépasse 15 Mo : réduisez-le ou partagez-le en deux." : "";
    });
    formulaire.addEventListener("submit", (evenement) => {
      if (champ.checkValidity()) avis.textContent = champ.files.length ? "Envoi en cours…" : "";
      else evenement.preventDefault();
    });
  }
})();
