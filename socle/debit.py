"""Ralentir qui demande trop souvent : tant de fois par minute et par adresse."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

MINUTE = 60


def debit_depasse(request: HttpRequest, nom: str, *, par_minute: int) -> bool:
    """Compte cette demande sous ``nom`` et dit si son adresse en a fait trop depuis une minute."""
    cle = f"debit:{nom}:{get_adapter().get_client_ip(request)}"
    cache.add(cle, 0, timeout=MINUTE)
    try:
        return cache.incr(cle) > par_minute
    except ValueError:  # échu entre les deux
        return False
