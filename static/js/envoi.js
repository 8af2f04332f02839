// Ce que les pages de rédaction partagent : envoyer une saisie, la garder dans l'onglet tant que le
// serveur ne l'a pas reçue, réessayer, et dire où elle en est.
window.Envoi = (() => {
  const PREMIER_DELAI = 3000;
  const DERNIER_DELAI = 60000;

  // L'onglet seulement : sur un poste partagé, rien ne reste pour la personne suivante.
  function rangement(cle) {
    return {
      lire() {
        try {
          return JSON.parse(sessionStorage.getItem(cle) || "null");
        } catch {
          return null;
        }
      },
      ecrire(valeur) {
        try {
          if (valeur === null) sessionStorage.removeItem(cle);
          else sessionStorage.setItem(cle, JSON.stringify(valeur));
        } catch {
          // Rangement plein ou fermé : l'envoi, lui, continue.
        }
      },
    };
  }

  // Le jeton du jour : une connexion faite dans un autre onglet l'a changé.
  function rafraichirLeJeton(formulaire) {
    const jeton = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
    if (jeton) formulaire.csrfmiddlewaretoken.value = jeton;
    return formulaire.csrfmiddlewaretoken.value;
  }

  // Rend { contenu, ok } quand le serveur a répondu, { absent } ou { session } sinon.
  async function poster(formulaire, adresse, corps) {
    corps.set("csrfmiddlewaretoken", rafraichirLeJeton(formulaire));
    const reponse = await fetch(adresse, { method: "POST", body: corps, redirect: "manual" }).catch(() => null);
    if (!reponse || reponse.status >= 500) return { absent: true };
    if (reponse.type === "opaqueredirect" || [401, 403].includes(reponse.status)) return { session: true };
    return { ok: reponse.ok, contenu: await reponse.json().catch(() => ({})) };
  }

  // Réessaie de plus en plus rarement, et dès que le réseau revient.
  function relance(agir) {
    let minuterie;
    let delai = PREMIER_DELAI;
    addEventListener("online", () => agir());
    return {
      prevoir() {
        clearTimeout(minuterie);
        minuterie = setTimeout(agir, delai);
        delai = Math.min(2 * delai, DERNIER_DELAI);
      },
      oublier() {
        clearTimeout(minuterie);
        delai = PREMIER_DELAI;
      },
    };
  }

  function dire(element, phrase) {
    if (element) element.textContent = phrase;
  }

  // Pourquoi la saisie attend, et ce qu'il faut faire.
  function direAttente(element, { session }) {
    if (!session) {
      const cause = navigator.onLine ? "Le serveur ne répond pas" : "Hors ligne";
      return dire(element, `${cause} : votre texte est gardé dans cet onglet et repartira de lui-même.`);
    }
    dire(element, "Votre session a expiré : votre texte est gardé dans cet onglet. ");
    const lien = document.createElement("a");
    // Sans session, cette même page mène à la connexion, qui y ramène.
    lien.href = location.pathname + location.search;
    lien.textContent = "Reconnectez-vous ici";
    element?.append(lien);
  }

  const pareilles = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  return { rangement, poster, relance, dire, direAttente, pareilles };
})();
