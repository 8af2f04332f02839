"""Ce à quoi on compare : une vue qui lit 50 lignes, une vue qui en écrit une. Et le compteur."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template, engines
from django.views.decorators.csrf import csrf_exempt

from appels.models import Demande, Reponse
from socle.vues import publique

ENTETE = "X-Requetes"
GABARIT = """<!doctype html><html lang="fr"><title>Témoin</title><h1>Témoin</h1><table>
{% for demande in demandes %}<tr><td>{{ demande.reference }}</td><td>{{ demande.titre }}</td>
<td>{{ demande.montant_demande }}</td><td>{{ demande.etat }}</td></tr>
{% endfor %}</table></html>"""


class CompteurDeRequetes:
    """Compte les requêtes SQL d'une page et l'écrit dans un en-tête de la réponse."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        compte = 0

        def compter(executer: Callable, *arguments: Any) -> Any:
            nonlocal compte
            compte += 1
            return executer(*arguments)

        with connection.execute_wrapper(compter):
            reponse = self.get_response(request)
        reponse[ENTETE] = str(compte)
        return reponse


@publique
def lecture(request: HttpRequest) -> HttpResponse:
    """Une requête, 50 lignes, un gabarit sans page de base."""
    demandes = Demande.objects.order_by("pk")[:50]
    return HttpResponse(_gabarit().render(Context({"demandes": demandes})))


@lru_cache(maxsize=1)
def _gabarit() -> Template:
    return engines["django"].engine.from_string(GABARIT)


@publique
@csrf_exempt
def ecriture(request: HttpRequest, pk: int) -> HttpResponse:
    """Une écriture d'une ligne, par sa clé."""
    Reponse.objects.filter(pk=pk).update(valeur=request.POST["valeur"])
    return HttpResponse(status=204)
