// L'empreinte d'un fichier se calcule ici : le fichier ne quitte pas l'appareil. Sans SubtleCrypto
// (une page sans https), le formulaire part comme sans JavaScript et le serveur fait le calcul.
(() => {
  if (!window.crypto?.subtle) return;

  async function empreinte(fichier) {
    const condense = await crypto.subtle.digest("SHA-256", await fichier.arrayBuffer());
    return Array.from(new Uint8Array(condense), (octet) => octet.toString(16).padStart(2, "0")).join("");
  }

  for (const formulaire of document.querySelectorAll("[data-empreinte]")) {
    const champ = formulaire.querySelector("input[type=file]");
    const etat = formulaire.querySelector("[data-empreinte-etat]");
    const zone = document.createElement("div");
    zone.className = "zone-depot";
    zone.textContent = "ou glissez-le ici";
    champ.insertAdjacentElement("afterend", zone);

    async function verifier() {
      const [fichier] = champ.files;
      etat.textContent = `Calcul de l'empreinte de ${fichier.name}…`;
      try {
        location.assign(`${location.pathname}?empreinte=${await empreinte(fichier)}`);
      } catch {
        etat.textContent = "Ce fichier ne se lit pas : choisissez-le à nouveau.";
      }
    }

    formulaire.addEventListener("submit", (evenement) => {
      if (!champ.files.length) return;
      evenement.preventDefault();
      verifier();
    });
    for (const passage of ["dragenter", "dragover"]) {
      zone.addEventListener(passage, (evenement) => {
        evenement.preventDefault();
        zone.classList.add("zone-depot--survol");
      });
    }
    zone.addEventListener("dragleave", () => zone.classList.remove("zone-depot--survol"));
    zone.addEventListener("drop", (evenement) => {
      evenement.preventDefault();
      zone.classList.remove("zone-depot--survol");
      if (!evenement.dataTransfer.files.length) return;
      champ.files = evenement.dataTransfer.files;
      verifier();
    });
  }
})();
