"""Les adresses des rapports, de la fermeture, du plan et du bilan."""

from django.urls import path, register_converter

from financement.portees import ConvertisseurPortee
from financement.views import (
    annees,
    appel_suivant,
    archives,
    fermeture,
    plan,
    prochain_plan,
    rapports,
)
from financement.views import bilan as vues_bilan

organisme = [
    path(
        "demandes/<slug:reference>/rapports/<slug:nature>/",
        rapports.rapport_organisme,
        name="rapport",
    ),
]
ville = [
    path("appels-passes/", annees.reprise, name="reprise"),
    path("appels-passes/modele/", annees.modele_de_reprise, name="reprise_modele"),
    path("appels-passes/<int:pk>/", annees.confirmer, name="reprise_confirmer"),
    path("appels/<slug:code>/archives/", archives.archives, name="archives"),
    path("appels/<slug:code>/suivant/", appel_suivant.enseigner, name="enseignements"),
    path("appels/<slug:code>/suivant/preparer/", appel_suivant.preparer, name="appel_suivant"),
    path("archives/<uuid:cle>/", archives.archive, name="archive"),
    path("plan/", plan.plan, name="plan"),
    path("plan/besoins/<slug:code>/", plan.besoin, name="besoin"),
    path("prochain-plan/", prochain_plan.liste, name="prochain_plan"),
    path("prochain-plan/<int:pk>/", prochain_plan.prochain, name="prochain"),
    path("prochain-plan/<int:pk>/adopter/", prochain_plan.adopter, name="prochain_adopter"),
    path(
        "prochain-plan/<int:pk>/besoins/nouveau/",
        prochain_plan.nouveau,
        name="prochain_besoin_nouveau",
    ),
    path(
        "prochain-plan/<int:pk>/besoins/<slug:code>/",
        prochain_plan.besoin,
        name="prochain_besoin",
    ),
    path(
        "prochain-plan/<int:pk>/versions/<int:numero>/",
        prochain_plan.version,
        name="prochain_version",
    ),
    path("rapports/", rapports.rapports, name="rapports"),
    path("rapports/<int:pk>/", rapports.rapport, name="rapport"),
    path("rapports/<int:pk>/examiner/", rapports.examiner, name="rapport_examiner"),
    path("demandes/<slug:reference>/fermeture/", fermeture.fermeture, name="fermeture"),
    path("demandes/<slug:reference>/report/", fermeture.reporter, name="somme_reporter"),
    path(
        "demandes/<slug:reference>/fermeture/<slug:action>/",
        fermeture.agir,
        name="fermeture_agir",
    ),
]
register_converter(ConvertisseurPortee, "portee")
bilan = [
    path("", vues_bilan.accueil, name="accueil"),
    path("annees/", annees.annees, name="annees"),
    path("<portee:portee>/", vues_bilan.bilan, name="bilan"),
    path("<portee:portee>/projets/", vues_bilan.projets, name="projets"),
    path("<portee:portee>/textes/", vues_bilan.recits, name="recits"),
    path("<portee:portee>/docx/", vues_bilan.docx, name="docx"),
    path("<portee:portee>/pdf/", vues_bilan.figer, name="pdf"),
    path("<portee:portee>/xlsx/", vues_bilan.xlsx, name="xlsx"),
]
