"""Les adresses de la vitrine."""

from django.urls import path

from vitrine import api
from vitrine.views import consultation, donnees, organisme, registre, services, ville

public = [
    path("projets/", registre.registre, name="registre"),
    path("projets/points.json", registre.points, name="registre_points"),
    path("projets/<slug:reference>/", registre.projet, name="projet"),
    path("services/", services.services, name="services"),
    path("services/calendrier/", services.calendrier, name="calendrier"),
    path("services/calendrier.ics", services.calendrier_ics, name="calendrier_ics"),
    path("services/guide/<slug:statut>/", services.guide, name="guide"),
    path("services/guide/<slug:statut>.pdf", services.guide_pdf, name="guide_pdf"),
    path("services/<slug:cle>/", services.activite, name="activite"),
    path("services/<slug:cle>.ics", services.activite_ics, name="activite_ics"),
    path("consultation/", consultation.consultation, name="consultation"),
    path("consultation/<int:pk>/", consultation.consultation, name="consultation_publique"),
    path("donnees/", donnees.donnees, name="donnees"),
    path("donnees/api/", donnees.reference, name="api"),
    path(f"{api.RACINE}openapi.json", donnees.schema, name="api_schema"),
    *api.adresses(),
    path("donnees/dictionnaire.csv", donnees.dictionnaire, name="donnees_dictionnaire"),
    path("donnees/activites.<slug:forme>", donnees.activites, name="donnees_activites"),
    path("donnees/360giving/<slug:code>.json", donnees.trois_soixante, name="donnees_360"),
    path("donnees/resultats/<slug:code>.<slug:forme>", donnees.resultats, name="donnees_resultats"),
    path("donnees/<slug:code>.<slug:forme>", donnees.fichier, name="donnees_fichier"),
]
_ACTIVITES = "demandes/<slug:reference>/activites/"
organisme = [
    path(_ACTIVITES, organisme.liste, name="activites"),
    path(f"{_ACTIVITES}nouvelle/", organisme.proposer, name="activite_nouvelle"),
    path(f"{_ACTIVITES}<slug:cle>/", organisme.proposer, name="activite"),
    path(f"{_ACTIVITES}<slug:cle>/retirer/", organisme.retirer, name="activite_retirer"),
]
ville = [
    path("activites/", ville.liste, name="activites"),
    path("activites/service/", ville.service, name="service_nouveau"),
    path("activites/<int:pk>/", ville.activite, name="activite"),
    path("activites/<int:pk>/service/", ville.service, name="service"),
    path("activites/<int:pk>/retirer/", ville.retirer, name="activite_retirer"),
    path("temps-forts/", ville.temps_forts, name="temps_forts"),
    path("temps-forts/<int:pk>/", ville.temps_forts, name="temps_fort"),
]
