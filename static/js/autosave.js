// Chaque réponse s'enregistre pendant la saisie. Sans réseau ou sans session, ce qui est écrit reste
// dans l'onglet et repart au retour. Sans JavaScript, le bouton « Enregistrer » fait de même.
(() => {
  const formulaire = document.querySelector("[data-autosave]");
  if (!formulaire) return;
  const etat = document.getElementById("etat-enregistrement");
  const cle = `demande:${formulaire.dataset.demande}:${location.pathname}`;
  const minuteries = new Map();
  const enCours = new Map();

  // L'onglet seulement : sur un poste partagé, rien ne reste pour la personne suivante.
  const lire = () => {
    try {
      return new Map(Object.entries(JSON.parse(sessionStorage.getItem(cle) || "{}")));
    } catch {
      return new Map();
    }
  };
  const enAttente = lire();
  const garder = () => {
    try {
      if (enAttente.size) sessionStorage.setItem(cle, JSON.stringify(Object.fromEntries(enAttente)));
      else sessionStorage.removeItem(cle);
    } catch {
      // Rangement plein ou fermé : l'envoi, lui, continue.
    }
  };
  const dire = (phrase) => {
    if (etat) etat.textContent = phrase;
  };
  const champs = (nom) => [...formulaire.elements].filter((champ) => champ.name === nom);
  const valeurs = (nom) => new FormData(formulaire).getAll(nom);
  const pareilles = (a, b) => a.length === b.length && a.every((valeur, i) => valeur === b[i]);

  async function partir(nom) {
    const saisies = enAttente.get(nom);
    if (!saisies) return;
    const corps = new FormData();
    corps.append("csrfmiddlewaretoken", formulaire.csrfmiddlewaretoken.value);
    for (const saisie of saisies) corps.append(nom, saisie);
    const adresse = formulaire.dataset.autosave.replace(/\/0\/$/, `/${nom.slice(1)}/`);
    const reponse = await fetch(adresse, { method: "POST", body: corps, redirect: "manual" }).catch(
      () => null,
    );
    if (!reponse) return dire("Hors ligne : votre texte est gardé dans cet onglet.");
    if (reponse.type === "opaqueredirect" || [401, 403].includes(reponse.status)) {
      return dire("Votre session a expiré : votre texte est gardé dans cet onglet. Reconnectez-vous ici.");
    }
    const { message } = await reponse.json().catch(() => ({ message: "" }));
    if (reponse.ok && enAttente.get(nom) === saisies) {
      enAttente.delete(nom);
      garder();
    }
    dire(message || "L'enregistrement a échoué ; votre texte est gardé dans cet onglet.");
  }

  // Une réponse à la fois par question : la dernière écrite arrive la dernière.
  function envoyer(nom) {
    const suite = (enCours.get(nom) ?? Promise.resolve()).then(() => partir(nom));
    enCours.set(nom, suite);
    return suite;
  }

  formulaire.addEventListener("input", ({ target: { name: nom } }) => {
    if (!/^q\d+$/.test(nom)) return;
    enAttente.set(nom, valeurs(nom));
    garder();
    clearTimeout(minuteries.get(nom));
    minuteries.set(nom, setTimeout(() => envoyer(nom), 900));
  });
  addEventListener("online", () => enAttente.forEach((_, nom) => envoyer(nom)));

  // Ce qui n'avait pas pu partir revient dans les champs, puis part.
  for (const [nom, saisies] of [...enAttente]) {
    if (pareilles(saisies, valeurs(nom))) {
      enAttente.delete(nom);
      continue;
    }
    for (const champ of champs(nom)) {
      if (["checkbox", "radio"].includes(champ.type)) champ.checked = saisies.includes(champ.value);
      else champ.value = saisies[0] ?? "";
    }
    envoyer(nom);
  }
  garder();

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
