"""Les adresses de la Ville sur les appels et les demandes."""

from django.urls import path

from appels.views import (
    echanges,
    questions_publiques,
    ville_appels,
    ville_conditions,
    ville_consultations,
    ville_demandes,
    ville_doutes,
    ville_edition,
    ville_formulaires,
    ville_maison,
    ville_messages,
    ville_papier,
)

ville = [
    path("appels/", ville_appels.appels, name="appels"),
    path("appels/nouveau/", ville_edition.nouveau, name="appel_nouveau"),
    path("appels/<slug:code>/", ville_appels.appel, name="appel"),
    path("appels/<slug:code>/publier/", ville_appels.publier, name="appel_publier"),
    path("appels/<slug:code>/reporter/", ville_appels.reporter, name="appel_reporter"),
    path("appels/<slug:code>/annuler/", ville_appels.annuler, name="appel_annuler"),
    path("appels/<slug:code>/passer/<slug:passage>/", ville_appels.passer, name="appel_passer"),
    path(
        "appels/<slug:code>/modifier/<slug:onglet>/", ville_edition.modifier, name="appel_modifier"
    ),
    path(
        "appels/<slug:code>/formulaires/<slug:nature>/",
        ville_formulaires.formulaire,
        name="formulaire",
    ),
    path(
        "appels/<slug:code>/formulaires/<slug:nature>/sections/nouvelle/",
        ville_formulaires.section,
        name="formulaire_section_nouvelle",
    ),
    path(
        "appels/<slug:code>/formulaires/<slug:nature>/sections/<int:pk>/",
        ville_formulaires.section,
        name="formulaire_section",
    ),
    path(
        "appels/<slug:code>/formulaires/<slug:nature>/sections/<int:pk>/apercu/",
        ville_formulaires.apercu,
        name="formulaire_apercu",
    ),
    path(
        "appels/<slug:code>/formulaires/<slug:nature>/sections/<int:pk>/<slug:action>/",
        ville_formulaires.agir_section,
        name="formulaire_section_agir",
    ),
    path(
        "appels/<slug:code>/formulaires/<slug:nature>/<slug:action>/",
        ville_formulaires.agir,
        name="formulaire_agir",
    ),
    path("appels/<slug:code>/conditions/", ville_conditions.conditions, name="appel_conditions"),
    path("appels/<slug:code>/messages/", ville_messages.messages_appel, name="messages"),
    path("appels/<slug:code>/papier/", ville_papier.papier, name="papier"),
    path("demandes/", ville_demandes.demandes, name="demandes"),
    path("demandes/<slug:reference>/", ville_demandes.demande, name="demande"),
    path("appels/<slug:code>/questions/", questions_publiques.liste, name="questions"),
    path("questions/<int:pk>/", questions_publiques.repondre, name="question"),
    path("questions/<int:pk>/retirer/", questions_publiques.retirer, name="question_retirer"),
    path("messages/<int:pk>/publier/", questions_publiques.publier_message, name="message_publier"),
    path("echanges/", echanges.liste, name="echanges"),
    path("demandes/<slug:reference>/echange/", echanges.ville, name="echange"),
    path("demandes/<slug:reference>/echange/classer/", echanges.classer, name="echange_classer"),
    path(
        "demandes/<slug:reference>/echange/reprendre/",
        echanges.reprendre,
        name="echange_reprendre",
    ),
    path(
        "demandes/<slug:reference>/doutes/cumul/",
        ville_doutes.doute,
        {"nature": "cumul"},
        name="doute_passe",
    ),
    path(
        "demandes/<slug:reference>/doutes/<slug:nature>/<slug:autre>/",
        ville_doutes.doute,
        name="doute",
    ),
    path("demandes/<slug:reference>/verifier/", ville_demandes.verifier, name="verifier"),
    path("demandes/<slug:reference>/complement/", ville_demandes.complement, name="complement"),
    path("demandes/<slug:reference>/irrecevable/", ville_demandes.irrecevable, name="irrecevable"),
    path("demandes/<slug:reference>/derogation/", ville_demandes.derogation, name="derogation"),
    path("courriels/", ville_maison.courriels, name="courriels"),
    path("courriels/<int:pk>/", ville_maison.courriel, name="courriel"),
    path("journal/", ville_maison.journal, name="journal"),
    path("comptes/", ville_maison.comptes, name="comptes"),
    path("comptes/<int:pk>/", ville_maison.compte, name="compte"),
    path("organismes/", ville_maison.organismes, name="organismes"),
    path("organismes/<int:pk>/", ville_maison.organisme, name="organisme"),
    path("consultations/", ville_consultations.liste, name="consultations"),
    path("consultations/nouvelle/", ville_consultations.modifier, name="consultation_nouvelle"),
    path("consultations/<int:pk>/", ville_consultations.consultation, name="consultation"),
    path(
        "consultations/<int:pk>/modifier/",
        ville_consultations.modifier,
        name="consultation_modifier",
    ),
    path(
        "consultations/<int:pk>/ateliers/nouveau/",
        ville_consultations.atelier,
        name="atelier_nouveau",
    ),
    path(
        "consultations/<int:pk>/ateliers/<int:atelier>/",
        ville_consultations.atelier,
        name="atelier",
    ),
    path(
        "consultations/<int:pk>/ateliers/<int:atelier>/points/nouveau/",
        ville_consultations.point,
        name="point_nouveau",
    ),
    path("consultations/<int:pk>/points/<int:point>/", ville_consultations.point, name="point"),
    path(
        "consultations/<int:pk>/etapes/nouvelle/", ville_consultations.etape, name="etape_nouvelle"
    ),
    path("consultations/<int:pk>/etapes/<int:etape>/", ville_consultations.etape, name="etape"),
    path(
        "consultations/<int:pk>/retirer/<slug:genre>/<int:objet>/",
        ville_consultations.retirer,
        name="consultation_retirer",
    ),
]
