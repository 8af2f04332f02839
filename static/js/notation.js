// La grille : chaque saisie s'enregistre, les chiffres du clavier donnent la note.
// Sans JavaScript, le bouton « Enregistrer » fait le même travail.
(() => {
  "use strict";

  const formulaire = document.querySelector("[data-notation]");
  if (!formulaire) return;
  const etat = document.querySelector("[data-etat-enregistrement]");
  const avancement = document.querySelector("[data-avancement]");
  const avancementTexte = document.querySelector("[data-avancement-texte]");
  const avancementCourt = document.querySelector("[data-avancement-court]");
  const manques = document.querySelector("[data-manques]");
  const enAttente = new Set();
  let minuterie = null;
  let enCours = false;
  let quitte = false;

  const dire = (texte, erreur = false) => {
    etat.textContent = texte;
    etat.dataset.etat = erreur ? "erreur" : "";
  };

  const planifier = (delai) => {
    clearTimeout(minuterie);
    minuterie = setTimeout(envoyer, delai);
  };

  const valeurDe = (nom) => {
    const champ = formulaire.elements.namedItem(nom);
    return champ ? champ.value : "";
  };

  async function envoyer() {
    if (enCours || enAttente.size === 0) return;
    enCours = true;
    const noms = [...enAttente];
    enAttente.clear();
    const corps = new FormData();
    corps.append("csrfmiddlewaretoken", valeurDe("csrfmiddlewaretoken"));
    noms.forEach((nom) => corps.append(nom, valeurDe(nom)));
    dire("Enregistrement…");
    try {
      const reponse = await fetch(formulaire.action, {
        method: "POST",
        body: corps,
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
      if (reponse.status === 422) {
        const { erreurs } = await reponse.json();
        dire(`Non enregistré : ${Object.values(erreurs).flat().join(" ")}`, true);
      } else if (reponse.ok) {
        montrer(await reponse.json());
      } else if (reponse.type === "opaqueredirect" || reponse.status === 403) {
        noms.forEach((nom) => enAttente.add(nom));
        dire("Votre session a pris fin. Vos notes restent à l'écran : ouvrez une session dans un autre onglet, puis enregistrez.", true);
      } else {
        throw new Error(String(reponse.status));
      }
    } catch {
      noms.forEach((nom) => enAttente.add(nom));
      dire("Non enregistré pour l'instant. Vos notes restent à l'écran ; nouvel essai dans un instant.", true);
      planifier(5000);
    } finally {
      enCours = false;
      if (enAttente.size && etat.dataset.etat !== "erreur") planifier(0);
    }
  }

  function montrer(bilan) {
    dire(`Enregistré à ${bilan.enregistre.replace(":", " h ")}.`);
    avancement.max = bilan.total;
    avancement.value = bilan.faites;
    const s = bilan.faites > 1 ? "s" : "";
    avancementTexte.textContent = `${bilan.faites} critère${s} noté${s} sur ${bilan.total}`;
    if (avancementCourt) avancementCourt.textContent = `${bilan.faites}/${bilan.total}`;
    const liste = manques.querySelector("ul");
    liste.replaceChildren(
      ...bilan.manques.map((manque) => {
        const lien = document.createElement("a");
        lien.href = manque.url;
        lien.textContent = manque.libelle;
        const item = document.createElement("li");
        item.append(lien);
        return item;
      }),
    );
    manques.hidden = bilan.manques.length === 0;
  }

  const noter = (cible, delai) => {
    if (!cible.name || cible.name === "csrfmiddlewaretoken") return;
    enAttente.add(cible.name);
    planifier(delai);
  };
  formulaire.addEventListener("change", (evenement) => noter(evenement.target, 0));
  formulaire.addEventListener("input", (evenement) => {
    if (evenement.target.matches("textarea")) noter(evenement.target, 900);
  });

  // Les chiffres : la note du critère où se trouve la personne (jamais ailleurs : WCAG 2.1.4).
  document.addEventListener("keydown", (evenement) => {
    if (!/^[0-9]$/.test(evenement.key) || evenement.ctrlKey || evenement.metaKey || evenement.altKey) return;
    const ici = evenement.target;
    if (ici.matches("textarea, select, input:not([type=radio])")) return;
    const choix = ici
      .closest("[data-critere]")
      ?.querySelector(`input[type=radio][value="${evenement.key}"]`);
    if (!choix) return;
    evenement.preventDefault();
    choix.checked = true;
    choix.focus();
    choix.dispatchEvent(new Event("change", { bubbles: true }));
  });

  window.addEventListener("beforeunload", (evenement) => {
    if (!quitte && (enAttente.size || enCours)) evenement.preventDefault();
  });
  formulaire.addEventListener("submit", () => {
    clearTimeout(minuterie);
    enAttente.clear();
    quitte = true;
  });
})();
