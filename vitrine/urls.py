"""Les adresses de la vitrine."""

from django.urls import path

from vitrine.views import registre

public = [
    path("projets/", registre.registre, name="registre"),
    path("projets/<slug:reference>/", registre.projet, name="projet"),
    path("donnees/", registre.donnees, name="donnees"),
    path("donnees/<slug:code>.<slug:forme>", registre.fichier, name="donnees_fichier"),
]
