"""Les adresses de l'application, par salle."""

from appels import urls_organisme, urls_ville

public = urls_organisme.public
organisme = urls_organisme.organisme
ville = urls_ville.ville
