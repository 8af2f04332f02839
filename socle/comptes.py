"""Ce que l'application change à django-allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AdaptateurDeCompte(DefaultAccountAdapter):
    """Range le nom demandé à l'inscription et envoie les courriels par la boîte d'envoi."""

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.nom = form.cleaned_data.get("nom", "")
        return super().save_user(request, user, form, commit)
