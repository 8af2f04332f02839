// Chaque réponse s'enregistre pendant la saisie. Sans réseau ou sans session, ce qui est écrit reste
// dans l'onglet et repart au retour. Une réponse changée par une collègue n'est jamais écrasée : la
// personne choisit. Sans JavaScript, le bouton « Enregistrer » fait de même.
(() => {
  const formulaire = document.querySelector("[data-autosave]");
  if (!formulaire) return;
  const { rangement, poster, relance, dire, direAttente, pareilles } = window.Envoi;
  const etat = document.getElementById("etat-enregistrement");
  const range = rangement(`demande:${formulaire.dataset.demande}:${location.pathname}`);
  const minuteries = new Map();
  const enCours = new Map();
  const enAttente = new Map(Object.entries(range.lire() ?? {}));
  const garder = () => range.ecrire(enAttente.size ? Object.fromEntries(enAttente) : null);
  // Une question dont deux textes attendent un choix ne part pas d'elle-même.
  const renvoyer = () =>
    enAttente.forEach((_, q) => document.getElementById(`conflit-${q}`) || envoyer(q));
  const plusTard = relance(renvoyer);

  // « q12 » et « q12-0-nom » répondent à la même question ; « titre » est un champ du projet ; les
  // dépenses d'un rapport s'enregistrent ensemble (data-groupe).
  const numero = (q) => (/^q\d+$/.test(q) ? q.slice(1) : q);
  const groupe = (q) => formulaire.querySelector(`[data-groupe="${q}"]`);
  const question = (champ) =>
    /^(q\d+)(-|$)/.exec(champ.name)?.[1] ??
    champ.closest("[data-groupe]")?.dataset.groupe ??
    (formulaire.elements[`b${champ.name}`] ? champ.name : undefined);
  const champs = (q) =>
    [...formulaire.elements].filter(
      (c) => c.name && question(c) === q && !["file", "submit"].includes(c.type),
    );
  const saisie = (q) => {
    const noms = new Set(champs(q).map((champ) => champ.name));
    return [...new FormData(formulaire)].filter(
      ([nom, valeur]) => noms.has(nom) && typeof valeur === "string",
    );
  };
  const base = (q) => formulaire.elements[`b${numero(q)}`];

  async function partir(q) {
    const attente = enAttente.get(q);
    if (!attente) return;
    const corps = new FormData();
    corps.append(base(q).name, attente.base);
    for (const [nom, valeur] of attente.saisie) corps.append(nom, valeur);
    const adresse = formulaire.dataset.autosave.replace(/\/(0|champ)\/$/, `/${numero(q)}/`);
    const { ok, contenu, ...attendre } = await poster(formulaire, adresse, corps);
    if (!contenu) {
      plusTard.prevoir();
      return direAttente(etat, attendre);
    }
    plusTard.oublier();
    if (contenu.conflit) return demander(q, contenu);
    if (ok) {
      base(q).value = contenu.base;
      const rendu = contenu.rendu && formulaire.querySelector(`[data-rendu="${q}"]`);
      if (rendu) rendu.innerHTML = contenu.rendu;
      const encore = enAttente.get(q);
      if (!encore || pareilles(encore.saisie, attente.saisie)) enAttente.delete(q);
      else encore.base = contenu.base;
      garder();
    }
    dire(etat, contenu.message || "L'enregistrement a échoué ; votre texte est gardé dans cet onglet.");
  }

  // Une réponse à la fois par question : la dernière écrite arrive la dernière.
  function envoyer(q) {
    const suite = (enCours.get(q) ?? Promise.resolve()).then(() => partir(q));
    enCours.set(q, suite);
    suite.finally(() => enCours.get(q) === suite && enCours.delete(q));
    return suite;
  }

  function noter(q) {
    enAttente.set(q, { saisie: saisie(q), base: enAttente.get(q)?.base ?? base(q).value });
    garder();
  }

  formulaire.addEventListener("input", ({ target }) => {
    const q = target === formulaire ? undefined : question(target);
    if (!q || target.type === "file" || !base(q)) return;
    noter(q);
    clearTimeout(minuteries.get(q));
    if (!document.getElementById(`conflit-${q}`)) {
      minuteries.set(q, setTimeout(() => envoyer(q), 900));
    }
  });
  document.addEventListener("visibilitychange", () => document.hidden && renvoyer());

  // L'envoi attend l'enregistrement en route : parti à côté de lui, il se croirait en conflit avec
  // une collègue. Un réseau trop lent ne le retient pas plus de trois secondes.
  formulaire.addEventListener("submit", (evenement) => {
    for (const minuterie of minuteries.values()) clearTimeout(minuterie);
    if (!enCours.size) return;
    evenement.preventDefault();
    const patience = new Promise((fini) => setTimeout(fini, 3000));
    Promise.race([Promise.allSettled(enCours.values()), patience]).then(() => {
      enCours.clear();
      formulaire.requestSubmit(evenement.submitter);
    });
  });

  // Deux textes pour une même question : les deux restent à l'écran jusqu'au choix.
  function demander(q, { message, conflit }) {
    dire(etat, message);
    document.getElementById(`conflit-${q}`)?.remove();
    const bloc = document.createElement("div");
    bloc.className = "conflit";
    bloc.id = `conflit-${q}`;
    bloc.setAttribute("role", "alert");
    const titre = document.createElement("p");
    titre.textContent = message;
    const autre = document.createElement("p");
    autre.className = "conflit__texte";
    autre.textContent = conflit.texte || "(réponse effacée)";
    const boutons = document.createElement("div");
    boutons.className = "rangee";
    const bouton = (libelle, action) => {
      const b = document.createElement("button");
      b.type = "button";
      b.className = "btn btn-secondary btn-sm";
      b.textContent = libelle;
      b.addEventListener("click", action);
      boutons.append(b);
    };
    bouton("Garder ma réponse", () => {
      bloc.remove();
      base(q).value = conflit.base;
      enAttente.set(q, { saisie: saisie(q), base: conflit.base });
      garder();
      envoyer(q);
    });
    bouton(`Prendre celle de ${conflit.auteur}`, () => {
      bloc.remove();
      base(q).value = conflit.base;
      enAttente.delete(q);
      garder();
      if (conflit.valeur !== null && typeof conflit.valeur === "object") return location.reload();
      for (const champ of champs(q)) {
        if (champ.type === "radio") champ.checked = champ.value === String(conflit.valeur);
        else if (champ.type === "checkbox") champ.checked = conflit.valeur === true;
        else champ.value = conflit.valeur ?? "";
      }
      dire(etat, "La réponse affichée est celle qui est enregistrée.");
    });
    bloc.append(titre, autre, boutons);
    (groupe(q) ?? champs(q)[0].closest(".champ, .choix")).append(bloc);
  }

  // Une ligne de plus dans un tableau.
  const tableaux = [...formulaire.querySelectorAll("[data-tableau]")];
  function allonger(tableau) {
    const modele = tableau.querySelector("template");
    const rang = tableau.querySelectorAll("fieldset.ligne-tableau").length;
    if (rang >= 40) return false;
    modele.insertAdjacentHTML("beforebegin", modele.innerHTML.replaceAll("__rang__", rang));
    return true;
  }

  // Ce qui n'avait pas pu partir revient dans les champs, puis part.
  for (const [q, attente] of [...enAttente]) {
    if (!base(q) || pareilles(attente.saisie, saisie(q))) {
      enAttente.delete(q);
      continue;
    }
    const tableau = tableaux.find((t) => t.dataset.tableau === q);
    while (tableau && attente.saisie.some(([nom]) => !formulaire.elements[nom]) && allonger(tableau));
    for (const champ of champs(q)) {
      const valeurs = attente.saisie.filter(([nom]) => nom === champ.name).map(([, v]) => v);
      if (["checkbox", "radio"].includes(champ.type)) champ.checked = valeurs.includes(champ.value);
      else champ.value = valeurs[0] ?? "";
    }
    // Une ligne ajoutée hors ligne n'est pas dans la page : enregistrée, on la redemande.
    const incomplete = attente.saisie.some(([nom]) => !formulaire.elements[nom]);
    envoyer(q).then(() => incomplete && !enAttente.has(q) && location.reload());
  }
  garder();

  // Un tableau s'allonge dès que sa dernière ligne est entamée.
  for (const tableau of tableaux) {
    tableau.querySelector(":scope > p").textContent = "Videz une ligne pour la retirer.";
    tableau.addEventListener("input", () => {
      const derniere = [...tableau.querySelectorAll("fieldset.ligne-tableau")].at(-1);
      if ([...derniere.querySelectorAll("input")].some((c) => c.value)) allonger(tableau);
    });
  }

  // Une question qui dépend d'une autre se montre quand elle se pose.
  const conditions = [...formulaire.querySelectorAll("[data-condition]")];
  const montrer = () => {
    for (const bloc of conditions) {
      const valeurs = [...new FormData(formulaire)]
        .filter(([nom]) => nom === bloc.dataset.condition)
        .map(([, v]) => (v === "on" ? "Oui" : v));
      const source = formulaire.elements[bloc.dataset.condition];
      bloc.hidden = Boolean(source) && !valeurs.includes(bloc.dataset.conditionValeur);
    }
  };
  formulaire.addEventListener("input", montrer);
  montrer();

  // Le compte des mots, comme le serveur le fait : ce que séparent des blancs.
  for (const champ of formulaire.querySelectorAll("[data-mots-max]")) {
    const limite = Number(champ.dataset.motsMax);
    const compte = document.createElement("p");
    compte.className = "compte-mots";
    champ.insertAdjacentElement("afterend", compte);
    const compter = () => {
      const mots = champ.value.split(/\s+/).filter(Boolean).length;
      compte.textContent = `${mots} mot${mots > 1 ? "s" : ""} sur ${limite}`;
      compte.classList.toggle("compte-mots--depasse", mots > limite);
    };
    champ.addEventListener("input", compter);
    compter();
  }
})();
