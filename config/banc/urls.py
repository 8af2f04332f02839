"""Les adresses de l'application et, à côté, celles des témoins."""

from django.urls import path

from config.banc import temoins
from config.urls import urlpatterns as application

urlpatterns = [
    *application,
    path("banc/lecture/", temoins.lecture, name="banc_lecture"),
    path("banc/ecriture/<int:pk>/", temoins.ecriture, name="banc_ecriture"),
]
