// Les totaux et les règles du budget, pendant la saisie. Le serveur calcule : une seule arithmétique.
(() => {
  const formulaire = document.querySelector("[data-calcul]");
  if (!formulaire) return;
  let minuterie;

  async function calculer() {
    const reponse = await fetch(formulaire.dataset.calcul, {
      method: "POST",
      body: new FormData(formulaire),
      headers: { "X-Requested-With": "fetch" },
    }).catch(() => null);
    if (!reponse || !reponse.ok || reponse.redirected) return;
    const totaux = await reponse.json();
    for (const cellule of formulaire.querySelectorAll("[data-total]")) {
      cellule.textContent = totaux[cellule.dataset.total] ?? cellule.textContent;
    }
    const liste = formulaire.querySelector("[data-violations]");
    liste.replaceChildren(
      ...totaux.violations.map((phrase) => {
        const ligne = document.createElement("li");
        ligne.textContent = phrase;
        return ligne;
      }),
    );
  }

  formulaire.addEventListener("input", () => {
    clearTimeout(minuterie);
    minuterie = setTimeout(calculer, 400);
  });
})();
