"""Ce que toutes les vues partagent : trouver, demander la permission, faire, répondre."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from socle.cycle_de_vie import relire
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.saisies import a_relire


def publique(vue: Callable) -> Callable:
    """Ouvre une vue aux personnes sans compte ; toutes les autres demandent une connexion."""
    vue.est_publique = True
    return vue


def exiger(request: HttpRequest, permission: str, objet: Any = None) -> None:
    """Répond 404 si la personne n'a pas ``permission`` sur ``objet``."""
    if not request.user.is_authenticated or not request.user.peut(permission, objet):
        raise Http404


def trouver(
    request: HttpRequest, visibles: QuerySet, permission: str = "", **criteres: Any
) -> Model:
    """L'objet de ``visibles`` qui répond aux critères, si la personne a ``permission`` dessus ;
    sinon 404."""
    objet = get_object_or_404(visibles, **criteres)
    if permission:
        exiger(request, permission, objet)
    return objet


def executer(
    request: HttpRequest,
    service: Callable,
    *,
    succes: str = "",
    formulaire: BaseForm | None = None,
    **arguments: Any,
) -> Any:
    """Appelle ``service(acteur=…, **arguments)`` et rend son résultat.

    Une règle refusée rend None : sa phrase va près du champ en cause si ``formulaire`` l'a, sinon
    dans un message. Une permission refusée répond 404. Le résultat None d'un service réussi
    devient True. Une saisie à relire (``socle.saisies``) ne s'exécute pas. Un objet dont l'état
    avait déjà changé quand la règle a été refusée est relu : la page ne montre pas ce que la base a
    défait.
    """
    if a_relire(request):
        return None
    etats = [(objet, objet.etat) for objet in arguments.values() if hasattr(objet, "etat")]
    # Le service écrit : il ne se fie pas à ce que la page a lu en s'ouvrant.
    request.user.recusations_lues = None
    try:
        resultat = service(acteur=request.user, **arguments)
    except PermissionRefusee as refus:
        raise Http404 from refus
    except RegleViolee as refus:
        for objet, etat in etats:
            if objet.etat != etat:
                relire(objet)
        if formulaire is not None:
            champ = refus.champ if refus.champ in formulaire.fields else NON_FIELD_ERRORS
            formulaire.add_error(champ, refus.message)
        else:
            messages.error(request, refus.message)
        return None
    if succes:
        messages.success(request, succes)
    return True if resultat is None else resultat
