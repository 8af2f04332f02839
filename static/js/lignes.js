// « Ajouter une ligne » sans recharger la page ; le bouton marche aussi sans ce code.
(() => {
  for (const modele of document.querySelectorAll("template[data-modele]")) {
    const prefixe = modele.dataset.modele;
    const formulaire = modele.closest("form");
    const total = formulaire.elements[`${prefixe}-TOTAL_FORMS`];
    const maximum = Number(formulaire.elements[`${prefixe}-MAX_NUM_FORMS`].value);
    const lignes = formulaire.querySelector(`[data-lignes="${prefixe}"]`);

    function ajouter() {
      const rang = Number(total.value);
      if (rang >= maximum) return false;
      const html = modele.innerHTML.replaceAll("__prefix__", rang).replaceAll("__numero__", rang + 1);
      lignes.insertAdjacentHTML("beforeend", html);
      total.value = rang + 1;
      return true;
    }

    formulaire.elements[`ajouter_${prefixe}`].addEventListener("click", (evenement) => {
      if (!ajouter()) return;
      evenement.preventDefault();
      lignes.lastElementChild.querySelector("select, input:not([type=hidden]), textarea").focus();
      formulaire.dispatchEvent(new Event("input", { bubbles: true }));
    });
    // Une page qui remet ce qu'elle gardait demande les lignes qu'il y faut.
    formulaire.addEventListener("lignes-voulues", ({ detail }) => {
      while (Number(total.value) < Number(detail[prefixe] ?? 0) && ajouter());
    });
  }
})();
