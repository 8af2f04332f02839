// Les totaux et les règles du budget, pendant la saisie. Le serveur calcule : une seule arithmétique.
(() => {
  const formulaire = document.querySelector("[data-calcul]");
  if (!formulaire) return;
  const avis = formulaire.querySelector("[data-avis]");
  const dessin = document.querySelector("[data-dessin]");
  let minuterie;
  let tour = 0;

  // Les soumissions partent avec le bouton « Enregistrer », pas à chaque frappe.
  const saisie = () => {
    const corps = new FormData(formulaire);
    for (const [nom, valeur] of [...corps]) if (valeur instanceof File) corps.delete(nom);
    return corps;
  };

  async function calculer() {
    const mien = (tour += 1);
    const reponse = await fetch(formulaire.dataset.calcul, {
      method: "POST",
      body: saisie(),
      redirect: "manual",
    }).catch(() => null);
    if (mien !== tour || !reponse || ![200, 400].includes(reponse.status)) return;
    const totaux = await reponse.json();
    avis.textContent = totaux.message ?? "";
    if (!reponse.ok) return;
    for (const cellule of formulaire.querySelectorAll("[data-total]")) {
      cellule.textContent = totaux[cellule.dataset.total] ?? cellule.textContent;
    }
    formulaire.querySelector("[data-violations]").replaceChildren(
      ...totaux.violations.map((phrase) => {
        const ligne = document.createElement("li");
        ligne.textContent = phrase;
        return ligne;
      }),
    );
    dessin.innerHTML = totaux.dessin;
  }

  // Le budget s'enregistre comme il s'écrit ; l'envoi suivant attend la réponse du précédent.
  const etat = document.getElementById("etat-enregistrement");
  const bloc = document.querySelector("[data-conflit]");
  let attente;
  let enCours = Promise.resolve();

  async function partir() {
    const reponse = await fetch(formulaire.dataset.enregistre, {
      method: "POST",
      body: saisie(),
      redirect: "manual",
    }).catch(() => null);
    if (!reponse) {
      etat.textContent = "Hors ligne : gardez cette page ouverte, le budget partira au retour.";
      return;
    }
    if (reponse.type === "opaqueredirect" || [401, 403].includes(reponse.status)) {
      etat.textContent = "Votre session a expiré : reconnectez-vous dans une autre fenêtre, puis revenez ici.";
      return;
    }
    const contenu = await reponse.json().catch(() => ({}));
    etat.textContent = contenu.message ?? "";
    if (contenu.base) formulaire.elements.base.value = contenu.base;
    bloc.hidden = !contenu.conflit;
    if (contenu.conflit) {
      bloc.querySelector("[data-conflit-auteur]").textContent = contenu.conflit.auteur;
      bloc.querySelector("[data-conflit-texte]").textContent = contenu.conflit.texte;
      bloc.querySelector("[data-conflit-garder]").onclick = () => {
        formulaire.elements.base.value = contenu.conflit.base;
        envoyer();
      };
    }
  }

  function envoyer() {
    enCours = enCours.then(partir);
  }

  formulaire.addEventListener("input", ({ target }) => {
    if (target.name === "colle") return;
    clearTimeout(minuterie);
    minuterie = setTimeout(calculer, 400);
    clearTimeout(attente);
    if (bloc.hidden) attente = setTimeout(envoyer, 1500);
  });
  addEventListener("online", envoyer);

  // Des lignes copiées d'un tableur, collées dans n'importe quelle case, deviennent des dépenses.
  formulaire.addEventListener("paste", (evenement) => {
    const texte = evenement.clipboardData.getData("text/plain");
    if (!evenement.target.closest('[data-lignes="postes"]') || !/[\t]|\n./.test(texte)) return;
    evenement.preventDefault();
    formulaire.elements.colle.value = texte;
    formulaire.elements.coller.click();
  });
})();
