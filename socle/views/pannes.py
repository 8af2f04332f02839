"""La page d'une erreur que rien n'a attrapée ; la base absente a la sienne, et se répare seule."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.defaults import server_error

PATIENCE = 30


def erreur(request: HttpRequest) -> HttpResponse:
    """503 quand la base ne répond pas, 500 sinon ; aucune des deux pages ne lit la base.

    Django appelle cette vue pendant qu'il traite l'exception.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return server_error(request)
    reponse = HttpResponse(loader.get_template("503.html").render(), status=503)
    reponse["Retry-After"] = PATIENCE
    return reponse
