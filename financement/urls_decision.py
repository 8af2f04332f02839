"""Les adresses de la décision aux versements."""

from django.urls import path
from django.views.i18n import JavaScriptCatalog

from financement.views import (
    avenants,
    conventions,
    decisions,
    decisions_lot,
    grand_livre,
    lettres,
    modeles,
    paiements,
    reexamens,
    reserves,
    scenarios,
    semaine,
    transferts,
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
    path("appels/<slug:code>/decisions/lot/", decisions_lot.lot, name="decisions_lot"),
    path(
        "appels/<slug:code>/resolutions/<int:pk>/extrait/",
        decisions.extrait,
        name="resolution_extrait",
    ),
    path("appels/<slug:code>/transfert/", transferts.transferer, name="transfert"),
    path("appels/<slug:code>/scenarios/", scenarios.scenarios, name="scenarios"),
    path("appels/<slug:code>/scenarios/nouveau/", scenarios.nouveau, name="scenario_nouveau"),
    path(
        "appels/<slug:code>/scenarios/comparer/",
        scenarios.comparaison,
        name="scenario_comparaison",
    ),
    path("appels/<slug:code>/scenarios/<int:pk>/", scenarios.scenario, name="scenario"),
    path("appels/<slug:code>/scenarios/<int:pk>/regle/", scenarios.regle, name="scenario_regle"),
    path(
        "appels/<slug:code>/scenarios/<int:pk>/et-si/", scenarios.et_si_vue, name="scenario_et_si"
    ),
    path("appels/<slug:code>/scenarios/<int:pk>/figer/", scenarios.figer, name="scenario_figer"),
    path(
        "appels/<slug:code>/scenarios/<int:pk>/supprimer/",
        scenarios.supprimer,
        name="scenario_supprimer",
    ),
    path("demandes/<slug:reference>/decider/", decisions.decider, name="decider"),
    path("demandes/<slug:reference>/abandonner/", reserves.abandonner, name="abandonner"),
    path("reserves/<int:pk>/", reserves.lever, name="reserve"),
    path("grand-livre/", grand_livre.grand_livre, name="grand_livre"),
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
    path("reexamens/<int:pk>/", reexamens.reexamen, name="reexamen"),
    path("reexamens/<int:pk>/confier/", reexamens.confier, name="reexamen_confier"),
]
