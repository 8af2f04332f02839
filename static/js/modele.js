// Un clic sur un champ le met à l'endroit du curseur, dans l'éditeur ou dans la zone de texte.
(() => {
  "use strict";

  const zone = document.querySelector("#id_corps");
  if (!zone) return;
  let editeur = null;
  document.addEventListener("prose-editor:ready", (evenement) => {
    if (evenement.detail.textarea === zone) editeur = evenement.detail.editor;
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
