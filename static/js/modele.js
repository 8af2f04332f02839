// L'éditeur d'un modèle : ses boutons parlent français, un clic sur un champ le met au curseur.
(() => {
  "use strict";

  const zone = document.querySelector("#id_corps");
  if (!zone) return;
  let editeur = null;

  // La bibliothèque ne traduit pas sa barre d'outils.
  const MOTS = {
    paragraph: "Paragraphe ou intertitre",
    "heading 2": "Paragraphe ou intertitre",
    "unordered list": "Liste à puces",
    "ordered list": "Liste numérotée",
    bold: "Gras",
    italic: "Italique",
    undo: "Défaire",
    redo: "Refaire",
    "edit HTML": "Voir le HTML",
  };
  const STYLES = { "Heading 2": "Intertitre", Paragraph: "Paragraphe" };

  const traduire = (barre) => {
    barre.querySelectorAll("[aria-label]").forEach((bouton) => {
      const mot = MOTS[bouton.getAttribute("aria-label")];
      if (!mot) return;
      bouton.setAttribute("aria-label", mot);
      bouton.title = mot;
    });
    barre.querySelectorAll(".prose-menubar__option > *").forEach((style) => {
      const mot = STYLES[style.textContent];
      if (mot) style.textContent = mot;
    });
  };

  document.addEventListener("prose-editor:ready", (evenement) => {
    if (evenement.detail.textarea !== zone) return;
    editeur = evenement.detail.editor;
    const surface = editeur.view.dom;
    surface.setAttribute("aria-label", zone.labels[0]?.textContent.trim() || "Texte");
    surface.setAttribute("aria-multiline", "true");
    const decrit = zone.getAttribute("aria-describedby");
    if (decrit) surface.setAttribute("aria-describedby", decrit);
    const cadre = surface.closest(".prose-editor");
    const observateur = new MutationObserver(() => traduire(cadre));
    observateur.observe(cadre, {
      attributeFilter: ["aria-label"],
      childList: true,
      subtree: true,
    });
    traduire(cadre);
  });

  const inserer = (texte) => {
    if (editeur) {
      editeur.chain().focus().insertContent(texte).run();
      return;
    }
    zone.setRangeText(texte, zone.selectionStart, zone.selectionEnd, "end");
    zone.focus();
  };

  document.querySelectorAll("[data-champ]").forEach((code) => {
    const bouton = document.createElement("button");
    bouton.type = "button";
    bouton.textContent = code.textContent;
    bouton.title = "Mettre ce champ dans le texte";
    bouton.addEventListener("click", () => inserer(code.textContent));
    code.replaceWith(bouton);
  });
  const aide = document.querySelector("[data-champs-aide]");
  if (aide) aide.textContent = "Choisissez un champ : il se met à l'endroit du curseur.";
})();
