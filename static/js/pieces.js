// Joindre sans recharger : plusieurs fichiers, glissés ou choisis, avec leur progression. Un fichier
// trop grand se dit avant de partir ; le serveur vérifie de toute façon, et un envoi répété parce
// que le réseau a flanché n'est joint qu'une fois.
(() => {
  const MAXIMUM = 15 * 1024 * 1024;
  const ESSAIS = 3;
  const SESSION = "votre session a expiré : rechargez la page pour vous reconnecter, puis choisissez-le à nouveau.";

  const UN_SEUL = "Ce document tient en un seul fichier : réunissez les pages, ou joignez le reste sous « Autres documents ».";

  function envoyer(formulaire, fichier, avancer) {
    return new Promise((resoudre) => {
      const corps = new FormData(formulaire);
      corps.delete("fichier");
      corps.append("fichier", fichier);
      const requete = new XMLHttpRequest();
      requete.open("POST", location.href);
      requete.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      requete.upload.addEventListener("progress", (e) => {
        if (e.lengthComputable) avancer(Math.round((100 * e.loaded) / e.total));
      });
      requete.addEventListener("error", () => resoudre({ reseau: true }));
      requete.addEventListener("load", () => {
        let contenu;
        try {
          contenu = JSON.parse(requete.responseText);
        } catch {
          // Une page de connexion, ou une erreur du serveur.
          return resoudre({ reseau: requete.status >= 500, message: SESSION });
        }
        resoudre({ ok: requete.status === 200 && contenu.message === "Joint", ...contenu });
      });
      requete.send(corps);
    });
  }

  for (const formulaire of document.querySelectorAll("[data-fichier]")) {
    const champ = formulaire.querySelector("input[type=file]");
    const bouton = formulaire.querySelector("button");
    const zone = document.createElement("div");
    zone.className = "zone-depot";
    zone.textContent = champ.multiple ? "ou glissez-les ici" : "ou glissez-le ici";
    const liste = document.createElement("ul");
    liste.className = "envois";
    liste.setAttribute("role", "status");
    champ.insertAdjacentElement("afterend", zone);
    zone.insertAdjacentElement("afterend", liste);

    async function joindre(fichiers) {
      liste.replaceChildren();
      if (!champ.multiple && fichiers.length > 1) {
        const refus = document.createElement("li");
        refus.textContent = UN_SEUL;
        liste.append(refus);
        return;
      }
      bouton.disabled = true;
      let refuses = 0;
      for (const fichier of fichiers) {
        const ligne = document.createElement("li");
        const barre = document.createElement("progress");
        barre.max = 100;
        barre.value = 0;
        barre.setAttribute("aria-label", fichier.name);
        const dire = (texte) => ligne.replaceChildren(`${fichier.name} : ${texte}`);
        ligne.append(`${fichier.name} `, barre);
        liste.append(ligne);
        if (fichier.size > MAXIMUM) {
          dire("ce fichier dépasse 15 Mo ; réduisez-le ou partagez-le en deux.");
          refuses += 1;
          continue;
        }
        let resultat = { reseau: true };
        for (let essai = 1; resultat.reseau && essai <= ESSAIS; essai += 1) {
          if (essai > 1) await new Promise((suite) => setTimeout(suite, 1500 * essai));
          resultat = await envoyer(formulaire, fichier, (part) => (barre.value = part));
        }
        if (resultat.ok) dire("joint.");
        else {
          dire(resultat.reseau ? "le réseau a coupé ; envoyez-le à nouveau." : resultat.message || "refusé.");
          refuses += 1;
        }
      }
      bouton.disabled = false;
      if (!refuses) location.reload();
    }

    formulaire.addEventListener("submit", (evenement) => {
      if (!champ.files.length) return;
      evenement.preventDefault();
      joindre([...champ.files]);
    });
    for (const nom of ["dragover", "dragenter"]) {
      zone.addEventListener(nom, (evenement) => {
        evenement.preventDefault();
        zone.classList.add("zone-depot--survol");
      });
    }
    zone.addEventListener("dragleave", () => zone.classList.remove("zone-depot--survol"));
    zone.addEventListener("drop", (evenement) => {
      evenement.preventDefault();
      zone.classList.remove("zone-depot--survol");
      joindre([...evenement.dataTransfer.files]);
    });
  }
})();
