// Le peu de JavaScript de toutes les pages. Sans lui, tout marche encore.
(() => {
  "use strict";

  // Les menus <details> se referment à la touche Échap et au clic ailleurs.
  const menus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (evenement) => {
    menus().forEach((menu) => {
      if (!menu.contains(evenement.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (evenement) => {
    if (evenement.key !== "Escape") return;
    menus().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // Le sommaire d'une page, les filtres d'une liste : ouverts à l'aise, repliés sur un petit écran.
  const large = window.matchMedia("(min-width: 62rem)");
  const suivreLaLargeur = () =>
    document.querySelectorAll("[data-replie-etroit]").forEach((pli) => {
      pli.open = large.matches;
    });
  large.addEventListener("change", suivreLaLargeur);
  suivreLaLargeur();

  // Après un envoi refusé, la personne arrive sur le sommaire des erreurs.
  const sommaire = document.querySelector("[data-sommaire-erreurs]");
  if (sommaire) {
    document.title = `Erreur : ${document.title}`;
    sommaire.focus();
  }

  // Un second clic n'envoie pas deux fois ; le bouton redevient actif au retour à la page.
  document.addEventListener("submit", (evenement) => {
    const formulaire = evenement.target;
    if (formulaire.method !== "post" || evenement.defaultPrevented) return;
    if (formulaire.dataset.envoye) {
      evenement.preventDefault();
      return;
    }
    formulaire.dataset.envoye = "1";
    setTimeout(() => delete formulaire.dataset.envoye, 4000);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-envoye]").forEach((f) => delete f.dataset.envoye);
  });
})();
