import secrets
from datetime import timedelta

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from socle import horloge
from socle.validateurs import valider_code_postal, valider_neq


class OrganismeQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur) -> "OrganismeQuerySet":
        """Les employés de la Ville les voient tous ; une personne, ceux dont elle est membre."""
        if not utilisateur.is_authenticated:
            return self.none()
        if utilisateur.est_employe:
            return self
        return self.filter(adhesions__utilisateur=utilisateur)


class Organisme(models.Model):
    """Un organisme qui demande un soutien ; son dossier sert à toutes ses demandes."""

    class Statut(models.TextChoices):
        A_VERIFIER = "a_verifier", "À vérifier"
        ADMISSIBLE = "admissible", "Admissible"
        NON_ADMISSIBLE = "non_admissible", "Non admissible"

    nom = models.CharField("nom de l'organisme", max_length=160)
    neq = models.CharField(
        "numéro d'entreprise du Québec (NEQ)",
        max_length=10,
        unique=True,
        validators=[valider_neq],
        error_messages={"unique": "Un organisme est déjà inscrit avec ce NEQ."},
    )
    mission = models.TextField("mission", blank=True)
    adresse = models.CharField("adresse", max_length=160, blank=True)
    ville = models.CharField("ville", max_length=80, blank=True, default="Trois-Rivières")
    code_postal = models.CharField(
        "code postal", max_length=7, blank=True, validators=[valider_code_postal]
    )
    telephone = PhoneNumberField("téléphone", blank=True)
    courriel = models.EmailField("adresse courriel", blank=True)
    site_web = models.URLField("site Web", blank=True)
    signataire_nom = models.CharField("personne autorisée à signer", max_length=120, blank=True)
    signataire_titre = models.CharField("titre de cette personne", max_length=120, blank=True)
    administrateurs = models.TextField(
        "personnes du conseil d'administration",
        blank=True,
        help_text="Un nom par ligne. Sert à éviter qu'un proche évalue vos demandes.",
    )
    statut = models.CharField(
        "admissibilité", max_length=20, choices=Statut, default=Statut.A_VERIFIER
    )
    fictif = models.BooleanField("organisme fictif (démonstration)", default=False)
    cree_le = models.DateTimeField("création", default=horloge.maintenant, editable=False)

    objects = OrganismeQuerySet.as_manager()

    class Meta:
        verbose_name = "organisme"
        ordering = ("nom",)
        constraints = (
            models.CheckConstraint(
                name="organisme_neq_valide",
                condition=models.Q(neq__regex=r"^(11|22|33|88)\d{8}$"),
                violation_error_message=(
                    "Le NEQ compte 10 chiffres et commence par 11, 22, 33 ou 88."
                ),
            ),
        )

    def __str__(self) -> str:
        return self.nom


class Adhesion(models.Model):
    """Une personne membre d'un organisme, avec ce qu'elle peut y faire."""

    class Role(models.TextChoices):
        RESPONSABLE = "responsable", "Responsable (rédige, dépose, invite)"
        REDACTEUR = "redacteur", "Rédaction (rédige, sans déposer)"

    organisme = models.ForeignKey(Organisme, on_delete=models.CASCADE, related_name="adhesions")
    utilisateur = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.CASCADE, related_name="adhesions"
    )
    role = models.CharField("rôle", max_length=20, choices=Role)
    depuis = models.DateTimeField("membre depuis", default=horloge.maintenant, editable=False)

    class Meta:
        verbose_name = "adhésion"
        ordering = ("organisme", "utilisateur")
        constraints = (
            models.UniqueConstraint(fields=["organisme", "utilisateur"], name="adhesion_unique"),
        )

    def __str__(self) -> str:
        return f"{self.utilisateur} — {self.organisme}"


def jeton_invitation() -> str:
    return secrets.token_urlsafe(32)


def echeance_invitation():
    return horloge.maintenant() + timedelta(days=14)


class Invitation(models.Model):
    """Une invitation ou une demande de se joindre à un organisme.

    Une invitation part d'un responsable et s'accepte par le lien du courriel ; une demande part
    d'une personne dont l'organisme est déjà inscrit, et un responsable l'accepte.
    """

    class Nature(models.TextChoices):
        INVITATION = "invitation", "Invitation"
        DEMANDE = "demande", "Demande de se joindre"

    organisme = models.ForeignKey(Organisme, on_delete=models.CASCADE, related_name="invitations")
    nature = models.CharField(max_length=20, choices=Nature, default=Nature.INVITATION)
    courriel = models.EmailField("adresse courriel")
    role = models.CharField("rôle", max_length=20, choices=Adhesion.Role)
    jeton = models.CharField(max_length=64, unique=True, default=jeton_invitation, editable=False)
    creee_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    creee_par = models.ForeignKey(
        "socle.Utilisateur", on_delete=models.PROTECT, related_name="invitations"
    )
    expire_le = models.DateTimeField("expiration", default=echeance_invitation)
    acceptee_le = models.DateTimeField("acceptée", null=True, blank=True)
    annulee_le = models.DateTimeField("annulée", null=True, blank=True)

    class Meta:
        verbose_name = "invitation"
        ordering = ("-creee_le",)
        constraints = (
            models.UniqueConstraint(
                fields=["organisme", "courriel"],
                condition=models.Q(acceptee_le=None, annulee_le=None),
                name="invitation_en_cours_unique",
                violation_error_message="Une invitation est déjà en cours pour cette adresse.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.courriel} — {self.organisme}"

    @property
    def est_en_cours(self) -> bool:
        return (
            self.acceptee_le is None
            and self.annulee_le is None
            and horloge.maintenant() < self.expire_le
        )
