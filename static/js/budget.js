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
})();
