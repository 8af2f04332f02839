// « Ajouter une ligne » sans recharger la page ; le bouton marche aussi sans ce code.
(() => {
  for (const modele of document.querySelectorAll("template[data-modele]")) {
    const prefixe = modele.dataset.modele;
    const formulaire = modele.closest("form");
    const total = formulaire.elements[`${prefixe}-TOTAL_FORMS`];
    const maximum = Number(formulaire.elements[`${prefixe}-MAX_NUM_FORMS`].value);
    formulaire.elements[`ajouter_${prefixe}`].addEventListener("click", (evenement) => {
      if (Number(total.value) >= maximum) return;
      evenement.preventDefault();
      const lignes = formulaire.querySelector(`[data-lignes="${prefixe}"]`);
      lignes.insertAdjacentHTML("beforeend", modele.innerHTML.replaceAll("__prefix__", total.value));
      total.value = Number(total.value) + 1;
      lignes.lastElementChild.querySelector("select, input, textarea").focus();
      formulaire.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
})();
