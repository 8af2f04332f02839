// Ce que les pages de rédaction partagent : une file d'envoi, et le choix entre deux textes. Ce que le
// serveur n'a pas reçu reste dans l'onglet, repart de lui-même, et la page dit toujours où il en est.
window.Envoi = (() => {
  "use strict";

  const PREMIER_DELAI = 3000;
  const DERNIER_DELAI = 60000;
  const SANS_REPONSE = 30000;
  const PATIENCE = 3000;
  const ABANDON = 10000;
  // Au-delà, le navigateur refuse qu'un envoi survive à la page qu'on quitte.
  const SURVIT = 60000;
  const ECHEC = "L'enregistrement a échoué ; votre texte est gardé dans cet onglet.";

  const pareilles = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const patienter = (promesse) => Promise.race([promesse, new Promise((fini) => setTimeout(fini, PATIENCE))]);

  // Rend { contenu, ok } quand le serveur a répondu, { absent } ou { session } sinon.
  async function poster(formulaire, adresse, champs, signal) {
    // Le jeton du jour : une connexion faite dans un autre onglet l'a changé. Celle d'une autre
    // personne, le serveur la refuse : ce qui s'écrit ici est à qui a ouvert la page.
    const jeton = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? formulaire.csrfmiddlewaretoken.value;
    const body = new FormData();
    for (const [nom, valeur] of champs) body.append(nom, valeur);
    body.set("csrfmiddlewaretoken", jeton);
    const headers = { Accept: "application/json", "X-Personne": document.body.dataset.personne };
    const keepalive = new Blob(champs.flat()).size < SURVIT;
    const envoi = { method: "POST", body, headers, redirect: "manual", keepalive, signal };
    const reponse = await fetch(adresse, envoi).catch(() => null);
    if (!reponse || reponse.status >= 500) return { absent: true };
    if (reponse.type === "opaqueredirect" || [401, 403].includes(reponse.status)) return { session: true };
    const contenu = await reponse.json().catch(() => null);
    if (contenu) formulaire.csrfmiddlewaretoken.value = jeton;
    // Une réponse « tout va bien » qui n'est pas du serveur (un portail d'hôtel) n'a rien enregistré.
    return contenu || !reponse.ok ? { ok: reponse.ok, contenu: contenu ?? {} } : { absent: true };
  }

  // La file d'une page. Chaque clé (une question, un budget, une note) a une saisie qui attend : un
  // envoi à la fois, le dernier état gagne, et quitter la page attend celui qui est en route.
  //   requete(q, saisie, base) : { adresse, champs } ; recu(q, contenu, ok, saisie) : le montrer ;
  //   bloquee(q) : deux textes y attendent un choix ; inachevee(saisie) : l'onglet la garde encore.
  function file({ formulaire, cle, etat, requete, recu, bloquee, inachevee = () => false }) {
    const rangement = `${document.body.dataset.personne}:${cle}`;
    const attente = new Map(gardees());
    const refusees = new Map();
    const enRoute = new Map();
    let suite = Promise.resolve();
    let minuterie;
    let delai = PREMIER_DELAI;
    let coupure = null;
    let pagePartie = false;

    // L'onglet seulement : sur un poste partagé, rien ne reste pour la personne suivante.
    function gardees() {
      try {
        return Object.entries(JSON.parse(sessionStorage.getItem(rangement)) ?? {});
      } catch {
        return [];
      }
    }
    function garder() {
      try {
        sessionStorage.setItem(rangement, JSON.stringify(Object.fromEntries(attente)));
      } catch {
        // Rangement plein ou fermé : l'envoi, lui, continue.
      }
    }

    function dire(phrase, erreur) {
      etat.textContent = phrase;
      etat.dataset.etat = erreur ? "erreur" : "";
    }
    // Pourquoi la saisie attend, et ce qu'il faut faire.
    function direAttente() {
      const cause = navigator.onLine ? "Le serveur ne répond pas" : "Hors ligne";
      const garde = "votre texte est gardé dans cet onglet";
      if (!coupure.session) return dire(`${cause} : ${garde} et repartira de lui-même.`, true);
      dire(`Votre session a expiré : ${garde}. `, true);
      const lien = document.createElement("a");
      // Sans session, cette même page mène à la connexion, qui y ramène.
      lien.href = location.pathname + location.search;
      lien.textContent = "Reconnectez-vous ici";
      etat.append(lien);
    }

    async function partir(q) {
      const voulue = attente.get(q);
      if (!voulue || pagePartie || refusees.has(q) || enRoute.has(q) || bloquee(q)) return;
      // Resté sans réponse, un envoi est peut-être arrivé : il repart tel quel avant ce qui l'a suivi,
      // sinon la personne serait en conflit avec elle-même.
      const envoyee = (voulue.partie ??= voulue.saisie);
      garder();
      const { adresse, champs } = requete(q, envoyee, voulue.base);
      const rupture = new AbortController();
      const reponse = poster(formulaire, adresse, champs, rupture.signal);
      enRoute.set(q, { reponse, rupture });
      const limite = setTimeout(() => rupture.abort(), SANS_REPONSE);
      const { ok, contenu, ...cause } = await reponse;
      clearTimeout(limite);
      enRoute.delete(q);
      if (!contenu) {
        coupure = cause;
        planifier(delai);
        delai = Math.min(2 * delai, DERNIER_DELAI);
        return direAttente();
      }
      coupure = null;
      delai = PREMIER_DELAI;
      recu(q, contenu, ok, envoyee);
      const encore = attente.get(q);
      const reste = encore && !pareilles(encore.saisie, envoyee);
      if (encore) delete encore.partie;
      if (encore && ok) {
        encore.base = contenu.base;
        if (!reste && !inachevee(envoyee)) attente.delete(q);
      }
      garder();
      if (!ok && !reste && !contenu.conflit) refusees.set(q, contenu.message || ECHEC);
      // « Enregistré » ne se dit pas tant qu'une autre saisie est refusée.
      dire([...refusees.values()].at(-1) ?? (contenu.message || ECHEC), refusees.size || !ok);
      if (reste) await partir(q);
    }

    async function vider() {
      coupure = null;
      for (const q of [...attente.keys()]) if (!coupure) await partir(q);
    }
    const envoyer = () => (suite = suite.then(vider, vider));

    function planifier(dans) {
      clearTimeout(minuterie);
      minuterie = setTimeout(envoyer, dans);
    }

    function noter(q, saisie, base, dans) {
      attente.set(q, { base, ...attente.get(q), saisie });
      refusees.delete(q);
      garder();
      planifier(dans);
    }

    function oublier(q) {
      attente.delete(q);
      refusees.delete(q);
      garder();
    }

    // Une page qu'on n'a pas quittée après tout reprend ses envois.
    function reprendre() {
      pagePartie = false;
      envoyer();
    }
    addEventListener("online", envoyer);
    addEventListener("pageshow", ({ persisted }) => persisted && reprendre());
    // La page se cache, ou se ferme : tout part à la fois, sans attendre son tour.
    document.addEventListener("visibilitychange", () => document.hidden && [...attente.keys()].forEach(partir));
    // Sans réseau, fermer l'onglet perdrait ce qu'il garde.
    addEventListener("beforeunload", (evenement) => {
      if (coupure?.absent && attente.size && !pagePartie) evenement.preventDefault();
    });

    // Un lien suivi attend que tout soit parti : la page suivante le montre déjà.
    document.addEventListener("click", (evenement) => {
      const lien = evenement.target.closest("a[href]");
      const ailleurs = evenement.ctrlKey || evenement.metaKey || evenement.shiftKey || lien?.target;
      if (!lien || ailleurs || evenement.defaultPrevented || !attente.size || coupure) return;
      if (lien.pathname === location.pathname) return;
      evenement.preventDefault();
      patienter(envoyer()).then(() => location.assign(lien.href));
    });

    // Parti à côté d'un enregistrement en route, l'envoi de la page se croirait en conflit avec une
    // collègue, ou serait recouvert par lui. Un réseau trop lent ne le retient pas longtemps.
    formulaire.addEventListener("submit", (evenement) => {
      clearTimeout(minuterie);
      const retenue = pagePartie;
      pagePartie = true;
      if (!enRoute.size) return setTimeout(reprendre, ABANDON);
      evenement.preventDefault();
      if (retenue) return;
      patienter(Promise.all([...enRoute.values()].map(({ reponse }) => reponse))).then(() => {
        for (const { rupture } of enRoute.values()) rupture.abort();
        enRoute.clear();
        formulaire.requestSubmit(evenement.submitter);
      });
    });

    return { attente, noter, oublier, envoyer, dire };
  }

  // Deux textes au même endroit : les deux restent à l'écran jusqu'au choix.
  function choisir({ id, lieu, message, texte, choix }) {
    document.getElementById(id)?.remove();
    const ajouter = (parent, nom, classe, contenu) => {
      const element = document.createElement(nom);
      element.className = classe;
      element.textContent = contenu;
      parent.append(element);
      return element;
    };
    const bloc = ajouter(lieu, "div", "conflit", "");
    bloc.id = id;
    bloc.setAttribute("role", "alert");
    ajouter(bloc, "p", "", message);
    ajouter(bloc, "p", "conflit__texte", texte || "(réponse effacée)");
    const boutons = ajouter(bloc, "div", "rangee", "");
    for (const [libelle, action] of Object.entries(choix)) {
      const bouton = ajouter(boutons, "button", "btn btn-secondary btn-sm", libelle);
      bouton.type = "button";
      bouton.addEventListener("click", () => {
        bloc.remove();
        action();
      });
    }
  }

  return { poster, file, choisir, pareilles };
})();
