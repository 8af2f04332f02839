"""Les adresses de la Ville sur les appels, les demandes et le plan."""

from django.urls import path

from appels.views import (
    ville_appels,
    ville_conditions,
    ville_demandes,
    ville_edition,
    ville_maison,
    ville_plan,
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
    path("appels/<slug:code>/conditions/", ville_conditions.conditions, name="appel_conditions"),
    path("demandes/", ville_demandes.demandes, name="demandes"),
    path("demandes/<slug:reference>/", ville_demandes.demande, name="demande"),
    path("demandes/<slug:reference>/verifier/", ville_demandes.verifier, name="verifier"),
    path("demandes/<slug:reference>/complement/", ville_demandes.complement, name="complement"),
    path("demandes/<slug:reference>/irrecevable/", ville_demandes.irrecevable, name="irrecevable"),
    path("demandes/<slug:reference>/derogation/", ville_demandes.derogation, name="derogation"),
    path("plan/", ville_plan.plan, name="plan"),
    path("plan/besoins/<slug:code>/", ville_plan.besoin, name="besoin"),
    path("courriels/", ville_maison.courriels, name="courriels"),
    path("courriels/<int:pk>/", ville_maison.courriel, name="courriel"),
    path("journal/", ville_maison.journal, name="journal"),
    path("comptes/", ville_maison.comptes, name="comptes"),
    path("comptes/<int:pk>/", ville_maison.compte, name="compte"),
    path("organismes/", ville_maison.organismes, name="organismes"),
    path("organismes/<int:pk>/", ville_maison.organisme, name="organisme"),
]
