// Un clic sur un champ le met à l'endroit du curseur, dans l'éditeur ou dans la zone de texte.
(() => {
  "use strict";

  const zone = document.querySelector("#id_corps");
  if (!zone) return;
  let editeur = null;
  document.addEventListener("prose-editor:ready", (evenement) => {
    if (evenement.detail.textarea !== zone) return;
    editeur = evenement.detail.editor;
    const surface = editeur.view.dom;
    surface.setAttribute("aria-label", zone.labels[0]?.textContent.trim() || "Texte");
    surface.setAttribute("aria-multiline", "true");
    const decrit = zone.getAttribute("aria-describedby");
    if (decrit) surface.setAttribute("aria-describedby", decrit);
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
