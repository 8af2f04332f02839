"""Ralentir qui demande trop souvent : tant de fois par minute et par adresse."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

MINUTE = 60


def debit_depasse(request: HttpRequest, nom: str, *, par_minute: int) -> bool:
    """Compte cette demande sous ``nom`` et dit si son adresse en a fait trop depuis une minute."""
    adresse = get_adapter().get_client_ip(request)
    return trop_souvent(f"{nom}:{adresse}", par_minute=par_minute)


def trop_souvent(nom: str, *, par_minute: int) -> bool:
    """Compte une fois de plus ``nom`` et dit si cela fait trop depuis une minute."""
    cle = f"debit:{nom}"
    try:
        return cache.incr(cle) > par_minute
    except ValueError:  # la première fois de la minute
        cache.add(cle, 1, timeout=MINUTE)
        return par_minute < 1
