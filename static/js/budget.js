// Le budget pendant la saisie : ses totaux et ses règles (le serveur calcule : une seule arithmétique),
// son enregistrement, et ce que l'onglet garde tant que le serveur ne l'a pas reçu.
(() => {
  const formulaire = document.querySelector("[data-calcul]");
  if (!formulaire) return;
  const { poster, file, pareilles } = window.Envoi;
  const base = formulaire.elements.base;
  const conflit = formulaire.querySelector("[data-conflit]");

  // Ce qui se garde : les cases, sans les fichiers, le jeton ni ce qui se colle.
  const HORS = new Set(["csrfmiddlewaretoken", "base", "colle"]);
  const saisie = () =>
    [...new FormData(formulaire)].filter(([nom, v]) => !HORS.has(nom) && typeof v === "string");

  // --- Les totaux -------------------------------------------------------------------------------
  let tour = 0;
  const remplacer = (cible, html) => {
    if (cible.innerHTML !== html) cible.innerHTML = html;
  };

  async function calculer() {
    const mien = (tour += 1);
    const { ok, contenu } = await poster(formulaire, formulaire.dataset.calcul, saisie());
    if (mien !== tour || !contenu) return;
    formulaire.querySelector("[data-avis]").textContent = contenu.message ?? "";
    if (!ok) return;
    for (const cellule of formulaire.querySelectorAll("[data-total]")) {
      cellule.textContent = contenu[cellule.dataset.total] ?? cellule.textContent;
    }
    remplacer(formulaire.querySelector("[data-violations]"), contenu.regles);
    remplacer(document.querySelector("[data-dessin]"), contenu.dessin);
    const resume = formulaire.querySelector("[data-resume]");
    if (resume.textContent !== contenu.resume) resume.textContent = contenu.resume;
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
  const BUDGET = "budget";
  let choisi = false;
  const requete = (_, cases, saBase) => ({
    adresse: formulaire.dataset.enregistre,
    champs: [...cases, ["base", saBase]],
  });
  const { attente, noter, oublier, envoyer } = file({
    formulaire,
    cle: `lignes:${location.pathname}`,
    etat: document.getElementById("etat-enregistrement"),
    requete,
    recu(_, contenu, ok) {
      choisi = false;
      conflit.hidden = !contenu.conflit;
      if (contenu.conflit) demander(contenu.conflit);
      else if (ok) base.value = contenu.base;
    },
    // Deux budgets qui attendent un choix ne partent pas d'eux-mêmes.
    bloquee: () => !conflit.hidden && !choisi,
    inachevee,
  });

  function demander({ auteur, texte, base: sienne }) {
    conflit.querySelector("[data-conflit-auteur]").textContent = auteur;
    conflit.querySelector("[data-conflit-texte]").textContent = texte;
    conflit.querySelector("[data-conflit-garder]").onclick = (evenement) => {
      evenement.preventDefault();
      choisi = true;
      base.value = sienne;
      oublier(BUDGET);
      noter(BUDGET, saisie(), sienne, 0);
    };
  }
  conflit.querySelector("[data-conflit-reprendre]").addEventListener("click", () => oublier(BUDGET));

  let attenteDuCalcul;
  formulaire.addEventListener("input", ({ target }) => {
    if (target.name === "colle" || target.type === "file") return;
    noter(BUDGET, saisie(), base.value, 1500);
    clearTimeout(attenteDuCalcul);
    attenteDuCalcul = setTimeout(calculer, 400);
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
    if (pareilles(gardee.saisie, saisie())) return oublier(BUDGET);
    if (gardee.base !== base.value && !inachevee(gardee.saisie)) {
      // Le bouton « Enregistrer » a pu passer avant : le serveur dit s'il a déjà tout.
      const { adresse, champs } = requete(BUDGET, gardee.saisie, gardee.base);
      const { ok } = await poster(formulaire, adresse, champs);
      if (ok) return oublier(BUDGET);
    }
    remettre(gardee.saisie);
    base.value = gardee.base;
    calculer();
    envoyer();
  }

  const gardee = attente.get(BUDGET);
  if (formulaire.dataset.renvoyee === undefined) gardee && retrouver(gardee);
  else {
    // Renvoyée sans rien écrire, la page attend encore ; en conflit, elle attend un choix.
    oublier(BUDGET);
    if (conflit.hidden) noter(BUDGET, saisie(), base.value, 0);
  }

  // Des lignes copiées d'un tableur, collées dans n'importe quelle case, deviennent des dépenses.
  formulaire.addEventListener("paste", (evenement) => {
    const texte = evenement.clipboardData.getData("text/plain");
    if (!evenement.target.closest('[data-lignes="postes"]') || !/[\t]|\n./.test(texte)) return;
    evenement.preventDefault();
    formulaire.elements.colle.value = texte;
    formulaire.elements.coller.click();
  });
})();
