// Les parties d'une demande : tout déplier ou replier, comme la personne l'a voulu la dernière fois ;
// un lien vers une partie repliée l'ouvre. Sans JavaScript, chacune s'ouvre d'un clic.
(() => {
  "use strict";

  const plis = [...document.querySelectorAll(".notation__demande > .pli")];
  const bouton = document.querySelector("[data-deplier]");
  const CLE = "lecture-depliee";
  if (!plis.length || !bouton) return;

  const souvenir = {
    lire() {
      try {
        return localStorage.getItem(CLE) === "oui";
      } catch {
        return false;
      }
    },
    garder(oui) {
      try {
        localStorage.setItem(CLE, oui ? "oui" : "non");
      } catch {
        // Un navigateur sans mémoire : la préférence vaut pour cette page.
      }
    },
  };

  const toutOuvert = () => plis.every((pli) => pli.open);
  const nommer = () => {
    bouton.textContent = toutOuvert() ? "Tout replier" : "Tout déplier";
  };
  bouton.addEventListener("click", () => {
    const ouvrir = !toutOuvert();
    plis.forEach((pli) => {
      pli.open = ouvrir;
    });
    souvenir.garder(ouvrir);
    nommer();
  });
  plis.forEach((pli) => pli.addEventListener("toggle", nommer));

  const ouvrirLaCible = () => {
    const cible = document.getElementById(location.hash.slice(1));
    if (cible?.matches(".pli")) cible.open = true;
  };
  window.addEventListener("hashchange", ouvrirLaCible);
  document.querySelectorAll(".dossier__sommaire a").forEach((lien) => {
    lien.addEventListener("click", () => {
      const cible = document.getElementById(lien.hash.slice(1));
      if (cible?.matches(".pli")) cible.open = true;
    });
  });

  if (souvenir.lire()) {
    plis.forEach((pli) => {
      pli.open = true;
    });
  }
  ouvrirLaCible();
  nommer();
  bouton.hidden = false;
})();
