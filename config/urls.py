"""Toutes les adresses (contrat.md), composées par salle à partir des cinq applications.

Une adresse que la matrice d'accès des tests ne connaît pas fait échouer un test.
"""

from django.urls import URLPattern, URLResolver, include, path

import appels.urls
import evaluations.urls
import financement.urls
import socle.urls
import vitrine.urls

APPLICATIONS = (socle.urls, appels.urls, evaluations.urls, financement.urls, vitrine.urls)


def salle(nom: str) -> list[URLPattern | URLResolver]:
    """Les adresses d'une salle (public, organisme, comite, ville, bilan), toutes apps ensemble."""
    return [adresse for module in APPLICATIONS for adresse in getattr(module, nom, [])]


handler500 = "socle.views.pannes.erreur"
urlpatterns = [
    *salle("public"),
    path("connexion/", include("socle.urls_comptes")),
    path("organisme/", include((salle("organisme"), "organisme"))),
    path("comite/", include((salle("comite"), "comite"))),
    path("ville/", include((salle("ville"), "ville"))),
    path("bilan/", include((salle("bilan"), "bilan"))),
]
