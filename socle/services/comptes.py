"""Les comptes de la Ville : leurs rôles, leur accès."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Organisme, RoleVille, Utilisateur


@transaction.atomic
def regler_compte(
    *, acteur: Any, compte: Utilisateur, roles: Iterable[str], actif: bool
) -> Utilisateur:
    """Pose les rôles et l'accès d'un compte ; personne ne se retire l'administration."""
    exiger_permission(acteur, "ville.comptes")
    roles = sorted(set(roles))
    inconnus = set(roles) - set(RoleVille.values)
    if inconnus:
        raise RegleViolee("Ce rôle n'existe pas.", champ="roles")
    if compte == acteur and (RoleVille.ADMINISTRATION not in roles or not actif):
        raise RegleViolee(
            "Vous ne pouvez pas vous retirer l'administration : demandez-le à une autre personne.",
            champ="roles",
        )
    avant = sorted(compte.roles)
    compte.roles, compte.is_active = roles, actif
    compte.save(update_fields=["roles", "is_active"])
    journaliser(
        acteur=acteur,
        verbe="compte.regler",
        objet=compte,
        details={"de": avant, "vers": roles, "actif": actif},
    )
    return compte


@transaction.atomic
def verifier_organisme(*, acteur: Any, organisme: Organisme, statut: str) -> Organisme:
    """Note l'admissibilité d'un organisme, après vérification."""
    exiger_permission(acteur, "organisme.verifier", organisme)
    if statut not in Organisme.Statut.values:
        raise RegleViolee("Choisissez un statut.", champ="statut")
    organisme.statut = statut
    organisme.save(update_fields=["statut"])
    journaliser(
        acteur=acteur, verbe="organisme.verifier", objet=organisme, details={"statut": statut}
    )
    return organisme


@transaction.atomic
def nommer_administration(*, courriel: str) -> Utilisateur:
    """Donne l'administration à un compte, de la machine : la première personne n'a qui le demander.

    Le journal l'inscrit au nom du système. Lève ``RegleViolee`` quand aucun compte n'a ce courriel.
    """
    compte = Utilisateur.objects.filter(email__iexact=courriel, is_active=True).first()
    if compte is None:
        raise RegleViolee(f"Aucun compte actif n'a le courriel {courriel} : inscrivez-le d'abord.")
    avant = sorted(compte.roles)
    compte.roles = sorted({*avant, RoleVille.ADMINISTRATION})
    compte.save(update_fields=["roles"])
    journaliser(
        acteur=None,
        verbe="compte.regler",
        objet=compte,
        details={"de": avant, "vers": compte.roles, "actif": True},
    )
    return compte
