"""Toutes les adresses (contrat.md). Une adresse sans nom dans la matrice d'accès échoue un test."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("connexion/", include("socle.urls_comptes")),
]
