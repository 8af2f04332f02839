"""Les adresses de l'application, par salle."""

from django.urls import path

from evaluations.views import (
    accueil,
    calibrages,
    classement,
    comptes_rendus,
    ecran,
    interets,
    lecture,
    liens,
    livrets,
    repartition,
    seance_demande,
    seances,
)
from evaluations.views import ville as gestion

public: list = []
organisme: list = []

comite: list = [
    path("", accueil.accueil, name="accueil"),
    path("appels/<slug:code>/interets/", interets.interets, name="interets"),
    path("appels/<slug:code>/interets/portrait/", interets.portrait, name="portrait"),
    path("appels/<slug:code>/interets/souhaits/", interets.souhaits, name="souhaits"),
    path("appels/<slug:code>/calendrier/", interets.calendrier, name="calendrier"),
    path("appels/<slug:code>/classement/", classement.classement_comite, name="classement"),
    path("appels/<slug:code>/livret/", livrets.livret, name="livret"),
    path("appels/<slug:code>/livret/pdf/", livrets.telecharger, name="livret_pdf"),
    path("calibrages/<int:pk>/", calibrages.calibrage_comite, name="calibrage"),
    path(
        "calibrages/<int:pk>/enregistrer/",
        calibrages.calibrage_enregistrer,
        name="calibrage_enregistrer",
    ),
    path("demandes/<slug:reference>/", lecture.lecture, name="lecture"),
    path("demandes/<slug:reference>/enregistrer/", lecture.enregistrer, name="enregistrer"),
    path("demandes/<slug:reference>/soumettre/", lecture.soumettre, name="soumettre"),
    path("demandes/<slug:reference>/recusation/", interets.recusation, name="recusation"),
    path("demandes/<slug:reference>/fiches/", classement.fiches_demande, name="fiches"),
    path(
        "demandes/<slug:reference>/rouvrir/",
        classement.rouvrir_evaluation,
        name="rouvrir_evaluation",
    ),
    path("fiches/<int:pk>/rouvrir/", classement.rouvrir_fiche, name="rouvrir_fiche"),
]

ville: list = [
    path("appels/<slug:code>/comite/", gestion.comite_appel, name="comite"),
    path("appels/<slug:code>/comite/affecter/", gestion.affecter_tout, name="affecter_comite"),
    path("appels/<slug:code>/comite/ouvrir/", gestion.ouvrir_evaluations, name="comite_ouvrir"),
    path("appels/<slug:code>/comite/clore/", gestion.clore_evaluations, name="comite_clore"),
    path("appels/<slug:code>/comite/rappeler/", gestion.rappeler, name="comite_rappeler"),
    path("appels/<slug:code>/repartition/", repartition.repartition, name="repartition"),
    path(
        "appels/<slug:code>/repartition/accepter/",
        repartition.accepter,
        name="repartition_accepter",
    ),
    path(
        "appels/<slug:code>/repartition/abandonner/",
        repartition.abandonner,
        name="repartition_abandonner",
    ),
    path(
        "demandes/<slug:reference>/repartition/<int:pk>/",
        repartition.deplacer,
        name="repartition_deplacer",
    ),
    path("appels/<slug:code>/souhaits/", repartition.souhaits, name="repartition_souhaits"),
    path("appels/<slug:code>/liens/", liens.liens_appel, name="liens"),
    path("demandes/<slug:reference>/liens/<int:pk>/", liens.lien, name="lien"),
    path("appels/<slug:code>/calibrages/", calibrages.calibrages_appel, name="calibrages"),
    path("calibrages/<int:pk>/", calibrages.calibrage_ville, name="calibrage"),
    path("calibrages/<int:pk>/agir/", calibrages.calibrage_agir, name="calibrage_agir"),
    path("comite/membres/<int:pk>/", gestion.membre_action, name="membre_action"),
    path("comite/membres/<int:pk>/charge/", gestion.charge_membre, name="membre_charge"),
    path("comite/membres/<int:pk>/retirer/", gestion.retirer_membre, name="membre_retirer"),
    path("demandes/<slug:reference>/comite/", gestion.affecter_demande, name="affecter_demande"),
    path(
        "demandes/<slug:reference>/clore-evaluation/",
        gestion.clore_evaluation,
        name="clore_evaluation",
    ),
    path("demandes/<slug:reference>/fiches/", classement.fiches_demande, name="fiches"),
    path("appels/<slug:code>/classement/", classement.classement_ville, name="classement"),
    path(
        "appels/<slug:code>/classement/export/",
        classement.exporter_classement,
        name="classement_export",
    ),
    path("appels/<slug:code>/seances/", seances.seances_appel, name="seances"),
]

# Les mêmes pages de séance dans les deux salles : la présidence la tient au comité, l'agent à la
# Ville.
_seances = [
    ("seances/<int:pk>/", seances.seance, "seance"),
    ("seances/<int:pk>/modifier/", seances.modifier, "seance_modifier"),
    ("seances/<int:pk>/presences/", seances.presences, "seance_presences"),
    ("seances/<int:pk>/ouvrir/", seances.ouvrir, "seance_ouvrir"),
    ("seances/<int:pk>/clore/", seances.clore, "seance_clore"),
    ("seances/<int:pk>/ordre/", seances.ordre, "seance_ordre"),
    ("seances/<int:pk>/ecran/", ecran.ecran, "seance_ecran"),
    ("seances/<int:pk>/montrer/", ecran.montrer, "seance_montrer"),
    ("seances/<int:pk>/compte-rendu/", comptes_rendus.compte_rendu, "seance_compte_rendu"),
    ("seances/<int:pk>/compte-rendu/textes/", comptes_rendus.textes, "seance_textes"),
    (
        "seances/<int:pk>/compte-rendu/textes/<slug:bloc>/",
        comptes_rendus.texte,
        "seance_compte_rendu_texte",
    ),
    ("seances/<int:pk>/compte-rendu/apercu/", comptes_rendus.apercu, "seance_apercu"),
    ("seances/<int:pk>/addenda/", comptes_rendus.addenda, "seance_addenda"),
    (
        "seances/<int:pk>/addenda/<int:no>/",
        comptes_rendus.addenda_pdf,
        "seance_compte_rendu_addenda",
    ),
    ("seances/<int:pk>/demandes/<slug:reference>/", seance_demande.demande, "seance_demande"),
    (
        "seances/<int:pk>/demandes/<slug:reference>/avis/<slug:champ>/",
        seance_demande.enregistrer,
        "seance_avis",
    ),
]
comite.append(
    path(
        "seances/<int:pk>/demandes/<slug:reference>/ma-fiche/",
        seance_demande.ma_fiche,
        name="seance_fiche",
    )
)
comite += [path(chemin, vue, name=nom) for chemin, vue, nom in _seances]
ville += [path(chemin, vue, name=nom) for chemin, vue, nom in _seances]
