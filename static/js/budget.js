// Les totaux et les règles du budget, pendant la saisie. Le serveur calcule : une seule arithmétique.
(() => {
  const formulaire = document.querySelector("[data-calcul]");
  if (!formulaire) return;
  const avis = formulaire.querySelector("[data-avis]");
  const dessin = document.querySelector("[data-dessin]");
  let minuterie;
  let tour = 0;

  async function calculer() {
    const mien = (tour += 1);
    const reponse = await fetch(formulaire.dataset.calcul, {
      method: "POST",
      body: new FormData(formulaire),
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

  formulaire.addEventListener("input", () => {
    clearTimeout(minuterie);
    minuterie = setTimeout(calculer, 400);
  });

  // « Ajouter une ligne » sans recharger la page ; le bouton marche aussi sans ce code.
  for (const modele of formulaire.querySelectorAll("[data-modele]")) {
    const prefixe = modele.dataset.modele;
    const total = formulaire.elements[`${prefixe}-TOTAL_FORMS`];
    const maximum = Number(formulaire.elements[`${prefixe}-MAX_NUM_FORMS`].value);
    formulaire.elements[`ajouter_${prefixe}`].addEventListener("click", (evenement) => {
      if (Number(total.value) >= maximum) return;
      evenement.preventDefault();
      const lignes = formulaire.querySelector(`[data-lignes="${prefixe}"]`);
      lignes.insertAdjacentHTML("beforeend", modele.innerHTML.replaceAll("__prefix__", total.value));
      total.value = Number(total.value) + 1;
      lignes.lastElementChild.querySelector("select, input").focus();
    });
  }
})();
