"""Les adresses publiques et celles des organismes."""

from django.urls import path

from appels.views import (
    autodiagnostic,
    budget,
    copies,
    depot,
    echanges,
    organismes,
    pieces,
    public,
    questions_publiques,
    redaction,
    suivi,
)

public = [
    path("", public.accueil, name="accueil"),
    path("aide/indicateurs/", public.indicateurs, name="indicateurs"),
    path("appels/<slug:code>/", public.appel_public, name="appel_public"),
    path("appels/<slug:code>/calendrier.ics", public.calendrier_appel, name="appel_calendrier"),
    path(
        "appels/<slug:code>/autodiagnostic/",
        autodiagnostic.autodiagnostic,
        name="appel_autodiagnostic",
    ),
    path("appels/<slug:code>/questions/", questions_publiques.poser, name="question_poser"),
]
organisme = [
    path("", suivi.accueil, name="accueil"),
    path("nouveau/", organismes.nouveau, name="nouveau"),
    path("<int:pk>/rejoindre/", organismes.rejoindre, name="rejoindre"),
    path("<int:pk>/dossier/", organismes.dossier, name="dossier"),
    path("<int:pk>/dossier/<slug:genre>/", organismes.ranger_document, name="ranger_document"),
    path("dossier/<uuid:cle>/", organismes.document_dossier, name="document_dossier"),
    path("<int:pk>/membres/", organismes.membres, name="membres"),
    path(
        "<int:pk>/membres/<int:adhesion>/<slug:action>/",
        organismes.agir_sur_membre,
        name="membre_agir",
    ),
    path(
        "<int:pk>/invitations/<int:invitation>/<slug:action>/",
        organismes.agir_sur_invitation,
        name="invitation_agir",
    ),
    path("invitations/<str:jeton>/", organismes.invitation, name="invitation"),
    path("demandes/nouvelle/", suivi.nouvelle, name="demande_nouvelle"),
    path("demandes/<slug:reference>/", suivi.demande, name="demande"),
    path("demandes/<slug:reference>/rediger/<slug:partie>/", redaction.rediger, name="rediger"),
    path(
        "demandes/<slug:reference>/reponses/<int:pk>/",
        redaction.enregistrer_reponse,
        name="enregistrer_reponse",
    ),
    path("demandes/<slug:reference>/presents/", redaction.presents, name="presents"),
    path("demandes/<slug:reference>/revision/", redaction.revision_vue, name="revision_vue"),
    path(
        "demandes/<slug:reference>/projet/<slug:champ>/",
        redaction.enregistrer_champ,
        name="enregistrer_champ",
    ),
    path("demandes/<slug:reference>/budget/", budget.enregistrer, name="budget_enregistrer"),
    path("demandes/<slug:reference>/calcul/", budget.calcul, name="budget_calcul"),
    path("demandes/<slug:reference>/accuse/", depot.accuse, name="accuse"),
    path("demandes/<slug:reference>/copie/", copies.copie, name="demande_copie"),
    path("demandes/<slug:reference>/reprendre/", suivi.reprendre, name="reprendre"),
    path("demandes/<slug:reference>/retirer/", suivi.retirer, name="retirer"),
    path("demandes/<slug:reference>/completer/", suivi.completer, name="completer"),
    path("demandes/<slug:reference>/echange/", echanges.organisme, name="echange"),
    path("demandes/<slug:reference>/aide/", suivi.aide, name="aide"),
    path(
        "demandes/<slug:reference>/dossier/<int:pk>/",
        pieces.reprendre_du_dossier,
        name="reprendre_du_dossier",
    ),
    path("pieces/<uuid:cle>/", pieces.piece, name="piece"),
    path("pieces/<uuid:cle>/retirer/", pieces.retirer, name="piece_retirer"),
]
