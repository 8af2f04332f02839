// La grille : chaque saisie s'enregistre, les chiffres du clavier donnent la note.
// Sans JavaScript, le bouton « Enregistrer » fait le même travail.
(() => {
  "use strict";

  const formulaire = document.querySelector("[data-notation]");
  if (!formulaire) return;
  const avancement = document.querySelector("[data-avancement]");
  const avancementTexte = document.querySelector("[data-avancement-texte]");
  const avancementCourt = document.querySelector("[data-avancement-court]");
  const manques = document.querySelector("[data-manques]");
  const champs = [...formulaire.elements].filter(({ type }) => ["radio", "textarea"].includes(type));
  const valeurDe = (nom) => formulaire.elements.namedItem(nom).value;
  // Ce que le serveur a, note par note et commentaire par commentaire.
  const rangees = new Map(champs.map(({ name }) => [name, valeurDe(name)]));

  const { attente, noter, oublier, envoyer } = window.Envoi.file({
    formulaire,
    cle: `grille:${formulaire.action}`,
    etat: document.querySelector("[data-etat-enregistrement]"),
    requete: (nom, valeur) => ({ adresse: formulaire.action, champs: [[nom, valeur]] }),
    recu(nom, contenu, ok, valeur) {
      if (!ok) {
        const phrases = Object.values(contenu.erreurs ?? {}).flat().join(" ");
        contenu.message = phrases && `Non enregistré : ${phrases}`;
        return;
      }
      contenu.base = valeur;
      contenu.message = `Enregistré à ${contenu.enregistre.replace(":", " h ")}.`;
      rangees.set(nom, valeur);
      montrer(contenu);
    },
    bloquee: (nom) => document.getElementById(`conflit-${nom}`),
  });

  function montrer(bilan) {
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

  formulaire.addEventListener("input", ({ target }) => {
    const { name, type } = target;
    if (rangees.has(name)) noter(name, valeurDe(name), rangees.get(name), type === "radio" ? 0 : 900);
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
    choix.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Une page renvoyée avec ses erreurs n'a rien enregistré : tout y attend encore.
  if (document.querySelector("[data-sommaire-erreurs]")) {
    for (const nom of rangees.keys()) noter(nom, valeurDe(nom), "", 0);
  }
  // Ce que l'onglet gardait revient ; où une autre fenêtre a écrit depuis, la personne choisit.
  const memes = (a, b) => a.trim() === b.trim();
  for (const [nom, { saisie, base }] of [...attente]) {
    const actuelle = rangees.get(nom);
    if (actuelle === undefined || memes(actuelle, saisie)) {
      oublier(nom);
      continue;
    }
    const champ = formulaire.elements.namedItem(nom);
    champ.value = saisie;
    if (memes(actuelle, base)) continue;
    window.Envoi.choisir({
      id: `conflit-${nom}`,
      lieu: champs.find(({ name }) => name === nom).closest(".champ, .choix"),
      message: "Vous avez écrit autre chose dans une autre fenêtre. Rien n'est perdu : choisissez.",
      texte: actuelle,
      choix: {
        "Garder ma réponse": envoyer,
        "Prendre l'autre": () => {
          oublier(nom);
          champ.value = actuelle;
        },
      },
    });
  }
  envoyer();

  // Restée ouverte, la page ne remet pas ses vieux textes par-dessus ceux d'une autre fenêtre : elle
  // n'envoie que ce qui a changé ici.
  formulaire.addEventListener("formdata", ({ formData }) => {
    for (const nom of rangees.keys()) if (!attente.has(nom)) formData.delete(nom);
  });
})();
