// Chaque réponse s'enregistre pendant la saisie. Sans réseau ou sans session, ce qui est écrit reste
// dans le navigateur et repart au retour. Sans JavaScript, le bouton « Enregistrer » fait de même.
(() => {
  const formulaire = document.querySelector("[data-autosave]");
  if (!formulaire) return;
  const etat = document.getElementById("etat-enregistrement");
  const cle = `demande:${formulaire.dataset.demande}:${location.pathname}`;
  const minuteries = new Map();
  const enAttente = new Map(Object.entries(JSON.parse(localStorage.getItem(cle) || "{}")));

  const garder = () => {
    if (enAttente.size) localStorage.setItem(cle, JSON.stringify(Object.fromEntries(enAttente)));
    else localStorage.removeItem(cle);
  };
  const dire = (phrase) => {
    if (etat) etat.textContent = phrase;
  };
  const valeurs = (nom) => new FormData(formulaire).getAll(nom);

  async function envoyer(nom) {
    const saisies = enAttente.get(nom);
    if (!saisies) return;
    const corps = new FormData();
    corps.append("csrfmiddlewaretoken", formulaire.csrfmiddlewaretoken.value);
    for (const saisie of saisies) corps.append(nom, saisie);
    const adresse = formulaire.dataset.autosave.replace(/\/0\/$/, `/${nom.slice(1)}/`);
    const reponse = await fetch(adresse, { method: "POST", body: corps }).catch(() => null);
    if (!reponse) return dire("Hors ligne : votre texte est gardé dans ce navigateur.");
    if (reponse.redirected || reponse.status === 403) {
      return dire("Votre session a expiré : votre texte est gardé ici. Reconnectez-vous.");
    }
    const { message } = await reponse.json().catch(() => ({ message: "" }));
    if (reponse.ok && enAttente.get(nom) === saisies) {
      enAttente.delete(nom);
      garder();
    }
    dire(message || "L'enregistrement a échoué ; votre texte est gardé dans ce navigateur.");
  }

  formulaire.addEventListener("input", (evenement) => {
    const { name: nom } = evenement.target;
    if (!/^q\d+$/.test(nom)) return;
    enAttente.set(nom, valeurs(nom));
    garder();
    clearTimeout(minuteries.get(nom));
    minuteries.set(nom, setTimeout(() => envoyer(nom), 900));
  });
  formulaire.addEventListener("submit", () => localStorage.removeItem(cle));
  addEventListener("online", () => enAttente.forEach((_, nom) => envoyer(nom)));

  // Ce qui n'avait pas pu partir revient dans les champs, puis part.
  for (const [nom, saisies] of enAttente) {
    for (const champ of formulaire.querySelectorAll(`[name="${nom}"]`)) {
      if (champ.type === "checkbox" || champ.type === "radio") {
        champ.checked = saisies.includes(champ.value);
      } else {
        champ.value = saisies[0] ?? "";
      }
    }
    envoyer(nom);
  }
})();
