from functools import cached_property
from typing import Any

import rules
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from socle import horloge


class RoleVille(models.TextChoices):
    """Ce qu'un compte fait pour la Ville ou pour le bailleur. Un compte peut en avoir plusieurs."""

    AGENT = "agent", "Agent de programme"
    APPROBATION = "approbation", "Approbation"
    TRESORERIE = "tresorerie", "Trésorerie"
    ADMINISTRATION = "administration", "Administration"
    MIFI = "mifi", "MIFI (lecture de la reddition de comptes)"


ROLES_EMPLOYE = frozenset(
    {
        RoleVille.AGENT,
        RoleVille.APPROBATION,
        RoleVille.TRESORERIE,
        RoleVille.ADMINISTRATION,
    }
)


class UtilisateurManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **champs: Any) -> "Utilisateur":
        utilisateur = self.model(email=self.normalize_email(email).lower(), **champs)
        utilisateur.set_password(password)
        utilisateur.save(using=self._db)
        return utilisateur

    def get_by_natural_key(self, email: str) -> "Utilisateur":
        return self.get(email__iexact=email)


class Utilisateur(AbstractBaseUser):
    """Une personne. Ses droits viennent de ``socle.permissions``, jamais d'un drapeau global."""

    email = models.EmailField("adresse courriel", unique=True)
    nom = models.CharField("nom", max_length=120)
    telephone = models.CharField("téléphone", max_length=40, blank=True)
    employeur = models.CharField(
        "employeur",
        max_length=160,
        blank=True,
        help_text="Sert à vous proposer les conflits d'intérêts possibles.",
    )
    roles = ArrayField(
        models.CharField(max_length=20, choices=RoleVille),
        verbose_name="rôles",
        default=list,
        blank=True,
    )
    is_active = models.BooleanField("actif", default=True)
    inscrit_le = models.DateTimeField("inscription", default=horloge.maintenant, editable=False)

    # Les demandes dont elle est récusée, lues avec la session pour montrer une page ; None ailleurs
    # (services, tâches) : la base est alors questionnée chaque fois.
    recusations_lues: frozenset[int] | None = None

    objects = UtilisateurManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ("nom",)

    class Meta:
        verbose_name = "compte"
        ordering = ("nom", "email")
        constraints = (
            models.UniqueConstraint(Lower("email"), name="compte_courriel_sans_casse"),
            models.CheckConstraint(
                name="compte_roles_connus",
                condition=models.Q(roles__contained_by=RoleVille.values),
            ),
        )

    def __str__(self) -> str:
        return self.nom or self.email

    def peut(self, permission: str, objet: Any = None) -> bool:
        """Vrai si la matrice de ``socle.permissions`` accorde ``permission`` sur ``objet``."""
        return self.is_active and rules.has_perm(permission, self, objet)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.peut(perm, obj)

    @property
    def est_employe(self) -> bool:
        return bool(ROLES_EMPLOYE.intersection(self.roles))

    @property
    def est_bailleur(self) -> bool:
        return RoleVille.MIFI in self.roles

    @cached_property
    def organismes_ids(self) -> frozenset[int]:
        return frozenset(self.adhesions.values_list("organisme_id", flat=True))

    @cached_property
    def est_membre_organisme(self) -> bool:
        return bool(self.organismes_ids)

    @cached_property
    def est_evaluateur(self) -> bool:
        return self.sieges.exists()
