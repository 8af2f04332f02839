// La carte du registre : les mêmes lieux que la liste, sur les tuiles de la Ville ou un fond uni.
(() => {
  "use strict";

  const cadre = document.querySelector("[data-carte]");
  if (!cadre || !window.L) return;

  const element = (balise, texte, attributs = {}) =>
    Object.assign(document.createElement(balise), { textContent: texte, ...attributs });

  const bulle = (...enfants) => {
    const boite = document.createElement("div");
    boite.append(...enfants);
    return boite;
  };

  const pluriel = (nombre, mot) => `${nombre} ${mot}${nombre > 1 ? "s" : ""}`;

  const dessinerLeFond = (carte, donnees) => {
    if (cadre.dataset.tuiles) {
      L.tileLayer(cadre.dataset.tuiles, { attribution: cadre.dataset.credit }).addTo(carte);
      return;
    }
    donnees.cours_d_eau.forEach((cours) => {
      L.polyline(cours.trace, {
        color: "#bcd6e3", weight: cours.largeur, lineCap: "round", lineJoin: "round",
        smoothFactor: 0.5, interactive: false,
      }).addTo(carte);
    });
    Object.entries(donnees.secteurs).forEach(([nom, point]) => {
      L.marker(point, {
        icon: L.divIcon({ className: "carte-secteur", html: "", iconSize: [180, 20], iconAnchor: [90, -16] }),
        interactive: false,
        keyboard: false,
      }).addTo(carte).getElement().textContent = nom;
    });
  };

  const poserUnLieu = (carte, lieu) => {
    const genre = lieu.service ? " carte-lieu--service" : "";
    L.marker(lieu.point, {
      icon: L.divIcon({ className: `carte-lieu${genre}`, iconSize: [28, 28] }),
      title: lieu.titre,
    }).addTo(carte).bindPopup(bulle(
      element("a", lieu.titre, { href: lieu.url }),
      element("p", lieu.offert_par),
      element("p", lieu.lieu),
    ));
  };

  const poserUneBulle = (carte, groupe) => {
    const cote = Math.min(56, 30 + 4 * String(groupe.nombre).length + Math.sqrt(groupe.nombre));
    const repere = L.marker(groupe.point, {
      icon: L.divIcon({ className: "carte-bulle", iconSize: [cote, cote] }),
      title: `${groupe.secteur} : ${pluriel(groupe.nombre, "résultat")} sans adresse précise`,
    }).addTo(carte).bindPopup(bulle(
      element("a", `${groupe.secteur} : ${pluriel(groupe.nombre, "résultat")}`, { href: groupe.url }),
      element("p", "Sans adresse précise : voir la liste du secteur."),
    ));
    repere.getElement().textContent = groupe.nombre;
  };

  const dessiner = (donnees) => {
    if (!donnees.lieux.length && !donnees.bulles.length) return;
    cadre.hidden = false;
    const carte = L.map(cadre.querySelector("[data-carte-fond]"), {
      scrollWheelZoom: false, zoomSnap: 0.25, maxZoom: 18, fadeAnimation: false,
    });
    carte.attributionControl.setPrefix(false);
    carte.zoomControl.remove();
    L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(carte);
    carte.fitBounds(L.latLngBounds(Object.values(donnees.secteurs)), { padding: [56, 32] });
    dessinerLeFond(carte, donnees);
    donnees.bulles.forEach((groupe) => poserUneBulle(carte, groupe));
    donnees.lieux.forEach((lieu) => poserUnLieu(carte, lieu));
  };

  fetch(cadre.dataset.points, { headers: { Accept: "application/json" } })
    .then((reponse) => (reponse.ok ? reponse.json() : Promise.reject(reponse.status)))
    .then(dessiner)
    .catch(() => {});
})();
