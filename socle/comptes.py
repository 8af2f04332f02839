"""Ce que l'application change à django-allauth."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

# Chaque page la fait : écrite en SQL, elle coûte le tiers de la même composée par l'ORM.
PERSONNE_ET_APPARTENANCES = """
    SELECT socle_utilisateur.*, ARRAY(
        SELECT organisme_id FROM socle_adhesion WHERE utilisateur_id = socle_utilisateur.id
    ) AS organismes_lus, EXISTS(
        SELECT FROM evaluations_membrecomite WHERE utilisateur_id = socle_utilisateur.id
    ) AS siege_lu, ARRAY(
        SELECT demande_id FROM evaluations_affectation
        JOIN evaluations_membrecomite ON evaluations_membrecomite.id = membre_id
        WHERE utilisateur_id = socle_utilisateur.id AND evaluations_affectation.etat = 'recusee'
    ) AS recusees_lues
    FROM socle_utilisateur WHERE id = %s
"""


class AdaptateurDeCompte(DefaultAccountAdapter):
    """Range le nom demandé à l'inscription ; ses refus parlent de « courriel »."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "L'adresse courriel ou le mot de passe n'est pas le bon.",
    }

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.nom = form.cleaned_data.get("nom", "")
        return super().save_user(request, user, form, commit)

    def clean_password(self, password: str, user: Any = None) -> str:
        if password == settings.MOT_DE_PASSE_DEMONSTRATION:
            raise ValidationError(
                "Ce mot de passe est celui de la démonstration, que tout le monde connaît : "
                "choisissez-en un autre."
            )
        return super().clean_password(password, user)


class AdaptateurDuSecondFacteur(DefaultMFAAdapter):
    """Un code refusé dit quoi faire."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "Ce code n'est pas le bon, ou il ne vaut plus : recopiez celui qui "
        "s'affiche maintenant.",
    }


class Authentification(AuthenticationBackend):
    """Hors démonstration, refuse son mot de passe : il est écrit dans la documentation.

    Une base de démonstration mise en service n'ouvre ainsi aucun de ses comptes.
    """

    def authenticate(self, request: HttpRequest | None, **identifiants: Any) -> Any:
        if (
            not settings.DEMONSTRATION
            and identifiants.get("password") == settings.MOT_DE_PASSE_DEMONSTRATION
        ):
            return None
        return super().authenticate(request, **identifiants)

    def get_user(self, user_id: Any) -> Any:
        """La personne de la session, ses organismes, ses récusations, si elle siège : une seule
        requête par page."""
        from socle.models import Utilisateur

        personne = next(iter(Utilisateur.objects.raw(PERSONNE_ET_APPARTENANCES, [user_id])), None)
        if personne is None or not self.user_can_authenticate(personne):
            return None
        personne.organismes_ids = frozenset(personne.organismes_lus)
        personne.est_evaluateur = personne.siege_lu
        personne.recusations_lues = frozenset(personne.recusees_lues)
        return personne
