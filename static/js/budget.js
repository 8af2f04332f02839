// Le budget pendant la saisie : ses totaux et ses règles (le serveur calcule : une seule arithmétique),
// son enregistrement, et ce que l'onglet garde tant que le serveur ne l'a pas reçu.
(() => {
  const formulaire = document.querySelector("[data-calcul]");
  if (!formulaire) return;
  const { rangement, poster, relance, dire, direAttente, pareilles } = window.Envoi;
  const range = rangement(`budget:${location.pathname}`);
  const etat = document.getElementById("etat-enregistrement");
  const base = formulaire.elements.base;
  const conflit = formulaire.querySelector("[data-conflit]");

  // Ce qui se garde : les cases, sans les fichiers, le jeton ni ce qui se colle.
  const HORS = new Set(["csrfmiddlewaretoken", "base", "colle"]);
  const saisie = () =>
    [...new FormData(formulaire)].filter(([nom, v]) => !HORS.has(nom) && typeof v === "string");
  const corps = (cases, saBase) => {
    const envoi = new FormData();
    for (const [nom, valeur] of cases) envoi.append(nom, valeur);
    envoi.set("base", saBase);
    return envoi;
  };

  // --- Les totaux -------------------------------------------------------------------------------
  let tour = 0;
  const remplacer = (cible, html) => {
    if (cible.innerHTML !== html) cible.innerHTML = html;
  };

  async function calculer() {
    const mien = (tour += 1);
    const { ok, contenu } = await poster(formulaire, formulaire.dataset.calcul, corps(saisie(), ""));
    if (mien !== tour || !contenu) return;
    dire(formulaire.querySelector("[data-avis]"), contenu.message ?? "");
    if (!ok) return;
    for (const cellule of formulaire.querySelectorAll("[data-total]")) {
      cellule.textContent = contenu[cellule.dataset.total] ?? cellule.textContent;
    }
    remplacer(formulaire.querySelector("[data-violations]"), contenu.regles);
    remplacer(document.querySelector("[data-dessin]"), contenu.dessin);
    const resume = formulaire.querySelector("[data-resume]");
    if (resume.textContent !== contenu.resume) dire(resume, contenu.resume);
  }

  // --- L'enregistrement -------------------------------------------------------------------------
  const valeur = (cases, nom) => cases.find(([n]) => n === nom)?.[1] ?? "";
  // Une ligne nommée qui attend son montant ne s'enregistre pas encore : l'onglet la garde.
  const inachevee = (cases) =>
    cases.some(
      ([nom, v]) =>
        nom.endsWith("-libelle") &&
        v.trim() &&
        !valeur(cases, nom.replace("-libelle", "-montant")).trim() &&
        !valeur(cases, nom.replace("-libelle", "-DELETE")),
    );
  const noter = () => range.ecrire({ base: range.lire()?.base ?? base.value, saisie: saisie() });
  const plusTard = relance(() => range.lire() && envoyer());
  let enCours = Promise.resolve();

  async function partir() {
    const envoyee = saisie();
    const { ok, contenu, ...attendre } = await poster(formulaire, formulaire.dataset.enregistre, corps(envoyee, base.value));
    if (!contenu) {
      plusTard.prevoir();
      return direAttente(etat, attendre);
    }
    plusTard.oublier();
    dire(etat, contenu.message ?? "");
    conflit.hidden = !contenu.conflit;
    if (contenu.conflit) return demander(contenu.conflit);
    if (!ok) return;
    base.value = contenu.base;
    const maintenant = saisie();
    const fini = pareilles(maintenant, envoyee) && !inachevee(maintenant);
    range.ecrire(fini ? null : { base: base.value, saisie: maintenant });
  }

  // Un envoi à la fois ; deux budgets qui attendent un choix ne partent pas d'eux-mêmes.
  function envoyer({ choisi = false } = {}) {
    enCours = enCours.then(() => (conflit.hidden || choisi) && partir());
  }

  function demander({ auteur, texte, base: sienne }) {
    conflit.querySelector("[data-conflit-auteur]").textContent = auteur;
    conflit.querySelector("[data-conflit-texte]").textContent = texte;
    conflit.querySelector("[data-conflit-garder]").onclick = (evenement) => {
      evenement.preventDefault();
      base.value = sienne;
      range.ecrire({ base: sienne, saisie: saisie() });
      envoyer({ choisi: true });
    };
  }
  conflit.querySelector("[data-conflit-reprendre]").addEventListener("click", () => range.ecrire(null));

  let attenteDuCalcul;
  let attenteDeLEnvoi;
  formulaire.addEventListener("input", ({ target }) => {
    if (target.name === "colle" || target.type === "file") return;
    noter();
    clearTimeout(attenteDuCalcul);
    attenteDuCalcul = setTimeout(calculer, 400);
    clearTimeout(attenteDeLEnvoi);
    attenteDeLEnvoi = setTimeout(envoyer, 1500);
  });

  // --- Ce que l'onglet gardait ------------------------------------------------------------------
  function remettre(cases) {
    const voulues = {};
    for (const prefixe of ["postes", "revenus"]) voulues[prefixe] = valeur(cases, `${prefixe}-TOTAL_FORMS`);
    formulaire.dispatchEvent(new CustomEvent("lignes-voulues", { detail: voulues }));
    for (const champ of formulaire.elements) {
      if (!champ.name || HORS.has(champ.name) || ["file", "submit", "fieldset"].includes(champ.type)) continue;
      if (champ.name.endsWith("_FORMS")) continue;
      if (champ.type === "checkbox") champ.checked = cases.some(([nom]) => nom === champ.name);
      else champ.value = valeur(cases, champ.name);
    }
  }

  async function retrouver(gardee) {
    if (pareilles(gardee.saisie, saisie())) return range.ecrire(null);
    if (gardee.base !== base.value && !inachevee(gardee.saisie)) {
      // Le bouton « Enregistrer » a pu passer avant : le serveur dit s'il a déjà tout.
      const { ok } = await poster(formulaire, formulaire.dataset.enregistre, corps(gardee.saisie, gardee.base));
      if (ok) return range.ecrire(null);
    }
    remettre(gardee.saisie);
    base.value = gardee.base;
    calculer();
    envoyer();
  }

  const renvoyee = formulaire.dataset.renvoyee;
  if (renvoyee === undefined) {
    const gardee = range.lire();
    if (gardee) retrouver(gardee);
  } else if (renvoyee) {
    noter();
    envoyer();
  } else range.ecrire(null);

  // Des lignes copiées d'un tableur, collées dans n'importe quelle case, deviennent des dépenses.
  formulaire.addEventListener("paste", (evenement) => {
    const texte = evenement.clipboardData.getData("text/plain");
    if (!evenement.target.closest('[data-lignes="postes"]') || !/[\t]|\n./.test(texte)) return;
    evenement.preventDefault();
    formulaire.elements.colle.value = texte;
    formulaire.elements.coller.click();
  });
})();
