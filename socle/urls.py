"""Les adresses du socle : santé, espace de chacun, documents, travaux."""

from django.conf import settings
from django.urls import path

from socle.views import documents, galerie, maison, renseignements, sante, travaux, verifier

public = [
    path("sante/", sante.sante, name="sante"),
    path("mon-espace/", maison.mon_espace, name="mon_espace"),
    path("confidentialite/", maison.confidentialite, name="confidentialite"),
    path("accessibilite/", maison.accessibilite, name="accessibilite"),
    path("travaux/<uuid:cle>/", travaux.travail, name="travail"),
    path("travaux/<uuid:cle>/<slug:action>/", travaux.agir, name="travail_agir"),
    path("documents/<uuid:cle>/", documents.document, name="document"),
    path("verifier/", verifier.verifier, name="verifier"),
    path("verifier/<str:code>/", verifier.verifier, name="verifier_code"),
]
ville = [
    path("etat/", sante.etat, name="etat"),
    path("incidents/", renseignements.incidents, name="incidents"),
    path("incidents/nouveau/", renseignements.incident, name="incident_nouveau"),
    path("incidents/<int:pk>/", renseignements.incident, name="incident"),
]
if settings.GALERIE:
    public.append(path("galerie/", galerie.galerie, name="galerie"))
