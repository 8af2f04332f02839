"""Les adresses de la décision aux versements."""

from django.urls import path
from django.views.i18n import JavaScriptCatalog

from financement.views import (
    avenants,
    conventions,
    decisions,
    lettres,
    modeles,
    paiements,
    reexamens,
    retours,
    semaine,
    versements,
)

organisme = [
    path(
        "demandes/<slug:reference>/convention/",
        conventions.convention_organisme,
        name="convention",
    ),
    path(
        "demandes/<slug:reference>/convention/avenant/",
        avenants.demander_organisme,
        name="avenant_demander",
    ),
    path(
        "demandes/<slug:reference>/convention/avenants/<int:no>/",
        avenants.avenant_organisme,
        name="avenant",
    ),
    path("<int:pk>/coordonnees/", paiements.coordonnees, name="coordonnees"),
    path("demandes/<slug:reference>/reexamen/", reexamens.demander, name="reexamen"),
]
ville = [
    path("", semaine.accueil, name="accueil"),
    path("appels/<slug:code>/decisions/", decisions.decisions, name="decisions"),
    path("appels/<slug:code>/resolutions/", decisions.resolution, name="resolution"),
    path("appels/<slug:code>/decisions/lot/", decisions.lot, name="decisions_lot"),
    path("demandes/<slug:reference>/decider/", decisions.decider, name="decider"),
    path("appels/<slug:code>/lettres/", lettres.lettres, name="lettres"),
    path("appels/<slug:code>/lettres/emettre/", lettres.emettre, name="lettres_emettre"),
    path(
        "appels/<slug:code>/lettres/telecharger/<slug:forme>/",
        lettres.telecharger,
        name="lettres_telecharger",
    ),
    path("appels/<slug:code>/lettres/envois/", lettres.envois, name="lettres_envois"),
    path("lettres/<int:pk>/remplacer/", lettres.remplacer, name="lettre_remplacer"),
    path("lettres/envois/<int:pk>/retour/", lettres.retour, name="envoi_retour"),
    path("lettres/envois/<int:pk>/<slug:action>/", lettres.envoi_agir, name="envoi_agir"),
    path(
        "modeles/editeur.js",
        JavaScriptCatalog.as_view(packages=["django_prose_editor"]),
        name="editeur_textes",
    ),
    path("modeles/", modeles.modeles, name="modeles"),
    path("modeles/<slug:genre>/", modeles.modele, name="modele"),
    path("appels/<slug:code>/modeles/", modeles.modeles, name="modeles_appel"),
    path("appels/<slug:code>/modeles/<slug:genre>/", modeles.modele, name="modele_appel"),
    path("modeles/versions/<int:pk>/", modeles.apercu, name="modele_apercu"),
    path("modeles/versions/<int:pk>/abandonner/", modeles.abandonner, name="modele_abandonner"),
    path(
        "modeles/versions/<int:pk>/<slug:reference>.pdf",
        modeles.apercu_pdf,
        name="modele_apercu_pdf",
    ),
    path("appels/<slug:code>/retours/", retours.retours, name="retours"),
    path("retours/<uuid:cle>/", retours.pile, name="pile"),
    path("retours/<uuid:cle>/pages/<int:no>/", retours.image, name="pile_image"),
    path("retours/<uuid:cle>/pdf/", retours.numerise, name="retour"),
    path("demandes/<slug:reference>/convention/", conventions.convention, name="convention"),
    path(
        "demandes/<slug:reference>/convention/<slug:action>/",
        conventions.agir,
        name="convention_agir",
    ),
    path("demandes/<slug:reference>/avenant/", avenants.demander_ville, name="avenant_demander"),
    path("demandes/<slug:reference>/avenants/<int:no>/", avenants.avenant_ville, name="avenant"),
    path("versements/", versements.versements, name="versements"),
    path("paiements/", paiements.paiements, name="paiements"),
    path("paiements/lots/<int:pk>/", paiements.lot, name="lot_paiement"),
    path("paiements/lots/<int:pk>/fichier/<slug:forme>/", paiements.fichier, name="lot_fichier"),
    path("paiements/lots/<int:pk>/defaire/", paiements.defaire, name="lot_defaire"),
    path("organismes/<int:pk>/coordonnees/", paiements.lire_coordonnees, name="coordonnees_lire"),
    path("versements/<int:pk>/<slug:action>/", versements.agir, name="versement_agir"),
    path("reexamens/", reexamens.reexamens, name="reexamens"),
    path("reexamens/<int:pk>/", reexamens.trancher, name="reexamen"),
]
