"""Redemander son identité à une personne connectée, juste avant un acte qui l'engage."""

import time

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest

MOT_DE_PASSE, SECOND_FACTEUR, COMPTE_EXTERNE = "mot_de_passe", "second_facteur", "compte_externe"


def verifier_l_identite(request: HttpRequest) -> str:
    """Comment l'identité vient d'être vérifiée à nouveau (il y a moins de cinq minutes).

    Sinon, mène à la page qui redemande le mot de passe ou le second facteur ; ce qui était envoyé
    est gardé et repris aussitôt l'identité confirmée. Une personne sans mot de passe ni second
    facteur entre par le service d'identité de la Ville, qui fait ses propres vérifications.
    """
    if not get_reauthentication_flows(request.user):
        return COMPTE_EXTERNE
    preuves = [
        preuve
        for preuve in get_authentication_records(request, request.user)
        if preuve.get("reauthenticated")
    ]
    if not preuves or time.time() - preuves[-1]["at"] >= app_settings.REAUTHENTICATION_TIMEOUT:
        raise ReauthenticationRequired
    return SECOND_FACTEUR if preuves[-1]["method"] == "mfa" else MOT_DE_PASSE


def adresse_ip(request: HttpRequest) -> str:
    """L'adresse de la personne ; derrière un mandataire de confiance, celle qu'il rapporte."""
    return get_adapter().get_client_ip(request)
