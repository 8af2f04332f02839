// Chaque réponse s'enregistre pendant la saisie. Sans réseau ou sans session, ce qui est écrit reste
// dans l'onglet et repart au retour. Une réponse changée par une collègue n'est jamais écrasée : la
// personne choisit. Sans JavaScript, le bouton « Enregistrer » fait de même.
(() => {
  const formulaire = document.querySelector("[data-autosave]");
  if (!formulaire) return;
  const { file, choisir, pareilles } = window.Envoi;

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

  const { attente, noter, oublier, envoyer, dire } = file({
    formulaire,
    cle: `demande:${formulaire.dataset.demande}:${location.pathname}`,
    etat: document.getElementById("etat-enregistrement"),
    requete: (q, cases, saBase) => ({
      adresse: formulaire.dataset.autosave.replace(/\/(0|champ)\/$/, `/${numero(q)}/`),
      champs: [[base(q).name, saBase], ...cases],
    }),
    recu(q, contenu, ok) {
      if (contenu.conflit) return demander(q, contenu);
      if (!ok) return;
      base(q).value = contenu.base;
      const rendu = contenu.rendu && formulaire.querySelector(`[data-rendu="${q}"]`);
      if (rendu) rendu.innerHTML = contenu.rendu;
    },
    bloquee: (q) => document.getElementById(`conflit-${q}`),
  });

  formulaire.addEventListener("input", ({ target }) => {
    const q = target === formulaire ? undefined : question(target);
    if (q && target.type !== "file" && base(q)) noter(q, saisie(q), base(q).value, 900);
  });

  function demander(q, { message, conflit }) {
    const trancher = () => {
      base(q).value = conflit.base;
      oublier(q);
    };
    choisir({
      id: `conflit-${q}`,
      lieu: groupe(q) ?? champs(q)[0].closest(".champ, .choix"),
      message,
      texte: conflit.texte,
      choix: {
        "Garder ma réponse": () => {
          trancher();
          noter(q, saisie(q), conflit.base, 0);
        },
        [`Prendre celle de ${conflit.auteur}`]: () => {
          trancher();
          if (conflit.valeur !== null && typeof conflit.valeur === "object") return location.reload();
          for (const champ of champs(q)) {
            if (champ.type === "radio") champ.checked = champ.value === String(conflit.valeur);
            else if (champ.type === "checkbox") champ.checked = conflit.valeur === true;
            else champ.value = conflit.valeur ?? "";
          }
          dire("La réponse affichée est celle qui est enregistrée.");
        },
      },
    });
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
  const incompletes = [];
  // Renvoyée avec ses erreurs, la page montre ce que le serveur n'a pas pris.
  const refusee = document.querySelector("[data-sommaire-erreurs]") && !formulaire.querySelector(".conflit");
  for (const [q, gardee] of [...attente]) {
    if (!base(q) || (!refusee && pareilles(gardee.saisie, saisie(q)))) {
      oublier(q);
      continue;
    }
    const manque = () => gardee.saisie.some(([nom]) => !formulaire.elements[nom]);
    const tableau = tableaux.find((t) => t.dataset.tableau === q);
    while (tableau && manque() && allonger(tableau));
    for (const champ of champs(q)) {
      const valeurs = gardee.saisie.filter(([nom]) => nom === champ.name).map(([, v]) => v);
      if (["checkbox", "radio"].includes(champ.type)) champ.checked = valeurs.includes(champ.value);
      else champ.value = valeurs[0] ?? "";
    }
    if (manque()) incompletes.push(q);
  }
  // Une ligne ajoutée hors ligne n'est pas dans la page : enregistrée, on la redemande.
  envoyer().then(() => incompletes.some((q) => !attente.has(q)) && location.reload());

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
