import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from appels.cycle_de_vie import CycleDeVieAppel
from appels.indicateurs import indicateurs_par_defaut, valider_choix
from appels.models.piece import GenreDossier
from socle import horloge

ZERO, UN = Decimal(0), Decimal(1)
BORNES_TAUX = (MinValueValidator(ZERO), MaxValueValidator(UN))


def versements_par_defaut() -> list[dict[str, Any]]:
    """regles.md, 11 : jusqu'à 10 000 $ en deux versements, au-delà en trois."""
    return [
        {"jusqu_a": 10000, "tranches": [80, 20]},
        {"jusqu_a": None, "tranches": [50, 40, 10]},
    ]


def echelle_par_defaut() -> dict[str, str]:
    return {
        "0": "Absent : rien dans la demande ne permet d'en juger.",
        "1": "Insuffisant : des lacunes majeures.",
        "2": "Faible : des éléments, mais incomplets ou peu crédibles.",
        "3": "Adéquat : répond à l'essentiel.",
        "4": "Bon : répond bien, avec peu de réserves.",
        "5": "Excellent : répond pleinement, avec des preuves.",
    }


class AppelQuerySet(models.QuerySet):
    def publics(self) -> "AppelQuerySet":
        """Ceux que tout le monde peut lire : publiés, jamais un brouillon."""
        return self.exclude(etat__in=[Appel.Etat.BROUILLON, Appel.Etat.ANNULE])

    def ouverts(self) -> "AppelQuerySet":
        maintenant = horloge.a_la_seconde()
        return self.filter(
            etat=Appel.Etat.PUBLIE, ouverture__lte=maintenant, cloture__gte=maintenant
        )

    def visibles_par(self, utilisateur: Any) -> "AppelQuerySet":
        if utilisateur.is_authenticated and utilisateur.est_employe:
            return self
        return self.publics()

    def sans_en_etre_partie(self, utilisateur: Any) -> "AppelQuerySet":
        """Comme ``est_partie_a_l_appel`` : ni récusé d'une demande, ni d'un organisme déposant."""
        demandes = self.model.demandes.rel.related_model.objects.exclude(etat="brouillon")
        siennes = demandes.filter(organisme_id__in=utilisateur.organismes_ids)
        recuse = utilisateur.sieges.filter(affectations__etat="recusee")
        return self.exclude(pk__in=recuse.values("appel")).exclude(pk__in=siennes.values("appel"))


class Appel(CycleDeVieAppel):
    """Un appel à projets et toutes ses règles (regles.md : chaque chiffre est un réglage)."""

    code = models.SlugField("code", max_length=30, unique=True, help_text="Ex. : AP-2026-01")
    titre = models.CharField("titre", max_length=200)
    plan = models.ForeignKey(
        "appels.PlanAction",
        verbose_name="plan d'action",
        on_delete=models.PROTECT,
        related_name="appels",
    )
    objectifs = models.ManyToManyField(
        "appels.Objectif",
        verbose_name="objectifs servis",
        related_name="appels",
        blank=True,
    )
    besoins = models.ManyToManyField(
        "appels.Besoin", verbose_name="besoins visés", related_name="appels", blank=True
    )
    presentation = models.TextField("présentation", blank=True)
    admissibilite = models.TextField("qui peut déposer", blank=True)
    depenses_admissibles = models.TextField("dépenses admissibles", blank=True)
    contact = models.TextField("personne-ressource", blank=True)

    ouverture = models.DateTimeField("ouverture")
    cloture = models.DateTimeField("clôture")
    seance_information = models.DateField("séance d'information", null=True, blank=True)
    delai_complement_jours = models.PositiveSmallIntegerField(
        "délai pour compléter (jours ouvrables)", default=5
    )
    seance_comite = models.DateField("séance du comité", null=True, blank=True)
    seance_conseil = models.DateField("séance du conseil", null=True, blank=True)
    projet_debut = models.DateField("début des projets", null=True, blank=True)
    projet_fin = models.DateField("fin des projets", null=True, blank=True)
    rapport_etape_le = models.DateField("rapport d'étape attendu le", null=True, blank=True)
    rapport_final_le = models.DateField("rapport final attendu le", null=True, blank=True)

    taux_aide_max = models.DecimalField(
        "aide maximale (part des dépenses admissibles)",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.80"),
        validators=BORNES_TAUX,
    )
    cumul_public_max = models.DecimalField(
        "cumul des aides publiques maximal",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.90"),
        validators=BORNES_TAUX,
    )
    contribution_milieu_min = models.DecimalField(
        "contribution du milieu minimale",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.10"),
        validators=BORNES_TAUX,
    )
    frais_administration_max = models.DecimalField(
        "frais d'administration maximaux",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.10"),
        validators=BORNES_TAUX,
    )
    seuil_passage = models.DecimalField(
        "seuil de passage (points sur 100)", max_digits=4, decimal_places=1, default=60
    )
    seuil_alerte_ecart = models.DecimalField(
        "écart signalé entre fiches (points)",
        max_digits=4,
        decimal_places=1,
        default=20,
    )
    quorum = models.PositiveSmallIntegerField("quorum du comité", default=4)
    evaluations_min = models.PositiveSmallIntegerField("fiches minimales par demande", default=3)
    lecture_anonyme = models.BooleanField(
        "lecture anonyme",
        default=False,
        help_text="Le comité lit et note sans le nom de l'organisme ni des personnes ; les pièces "
        "jointes ne lui sont pas montrées. Le nom ne paraît qu'à la déclaration d'intérêts.",
    )
    ecart_poste_sans_avenant = models.DecimalField(
        "écart entre postes permis sans avenant",
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.15"),
        validators=BORNES_TAUX,
    )
    reexamen_jours = models.PositiveSmallIntegerField("délai de réexamen (jours)", default=30)
    plan_versements = models.JSONField("plan de versements", default=versements_par_defaut)
    # Les codes du jeu livré (appels/catalogue_indicateurs.py), gelés à la publication.
    indicateurs = models.JSONField(
        "indicateurs demandés",
        default=indicateurs_par_defaut,
        validators=[valider_choix],
        blank=True,
    )

    publie_le = models.DateTimeField("publication", null=True, blank=True, editable=False)
    decide_le = models.DateTimeField("décisions arrêtées", null=True, blank=True, editable=False)
    cree_le = models.DateTimeField("création", default=horloge.maintenant, editable=False)
    cree_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    objects = AppelQuerySet.as_manager()

    class Meta:
        verbose_name = "appel à projets"
        verbose_name_plural = "appels à projets"
        ordering = ("-cloture", "code")
        constraints = (
            models.CheckConstraint(
                name="appel_cloture_apres_ouverture",
                condition=Q(cloture__gt=F("ouverture")),
                violation_error_message="La clôture doit suivre l'ouverture.",
            ),
            models.CheckConstraint(
                name="appel_projet_fin_apres_debut",
                condition=Q(projet_fin__gte=F("projet_debut")),
                violation_error_message="La fin des projets doit suivre leur début.",
            ),
            models.CheckConstraint(
                name="appel_taux_entre_0_et_1",
                condition=Q(
                    taux_aide_max__range=(0, 1),
                    cumul_public_max__range=(0, 1),
                    contribution_milieu_min__range=(0, 1),
                    frais_administration_max__range=(0, 1),
                    ecart_poste_sans_avenant__range=(0, 1),
                ),
            ),
            models.CheckConstraint(
                name="appel_publie_date",
                condition=Q(etat="brouillon") | Q(etat="annule") | Q(publie_le__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} — {self.titre}"

    @property
    def est_ouvert(self) -> bool:
        """Calculé, jamais rangé : publié, et la clôture incluse à la seconde (regles.md, 4)."""
        return (
            self.etat == self.Etat.PUBLIE
            and self.ouverture <= horloge.a_la_seconde() <= self.cloture
        )

    @property
    def enveloppe_totale(self) -> Decimal:
        return sum((volet.enveloppe for volet in self.volets.all()), ZERO)

    @property
    def est_clos(self) -> bool:
        return horloge.a_la_seconde() > self.cloture

    def fin_du_reexamen(self, depart: dt.datetime) -> dt.date:
        """Le dernier jour pour demander un réexamen de ce qui est annoncé à ``depart``."""
        return timezone.localdate(depart) + dt.timedelta(days=self.reexamen_jours)

    @property
    def est_a_venir(self) -> bool:
        return self.etat == self.Etat.PUBLIE and horloge.maintenant() < self.ouverture


class Volet(models.Model):
    """Une enveloppe et un plafond par projet. ``enveloppe`` est la somme de ses sources."""

    appel = models.ForeignKey(Appel, on_delete=models.CASCADE, related_name="volets")
    no = models.PositiveSmallIntegerField("numéro")
    nom = models.CharField("nom", max_length=120)
    description = models.TextField("description", blank=True)
    plafond = models.DecimalField("plafond par projet", max_digits=12, decimal_places=2)
    enveloppe = models.DecimalField("enveloppe", max_digits=12, decimal_places=2, default=ZERO)

    class Meta:
        verbose_name = "volet"
        ordering = ("appel", "no")
        constraints = (
            models.UniqueConstraint(
                fields=["appel", "no"],
                name="volet_numero_unique",
                violation_error_message="Deux volets ne peuvent pas porter le même numéro.",
            ),
            models.CheckConstraint(
                name="volet_montants_positifs",
                condition=Q(plafond__gte=0, enveloppe__gte=0),
            ),
        )

    def __str__(self) -> str:
        return f"Volet {self.no} — {self.nom}"

    @property
    def enveloppe_actuelle(self) -> Decimal:
        """L'enveloppe au grand livre, transferts compris ; avant la publication, la prévue."""
        credits = list(self.credits.all())
        return sum((c.enveloppe for c in credits), ZERO) if credits else self.enveloppe


class SourceVolet(models.Model):
    """D'où vient l'argent d'un volet, et à quel exercice (il finit le 31 mars)."""

    volet = models.ForeignKey(Volet, on_delete=models.CASCADE, related_name="sources")
    bailleur = models.CharField("bailleur", max_length=60)
    montant = models.DecimalField("montant", max_digits=12, decimal_places=2)
    exercice = models.PositiveSmallIntegerField(
        "exercice finissant le 31 mars", null=True, blank=True
    )

    class Meta:
        verbose_name = "source de l'enveloppe"
        ordering = ("volet", "pk")
        constraints = (
            models.CheckConstraint(name="source_volet_positive", condition=Q(montant__gte=0)),
            models.UniqueConstraint(
                fields=["volet", "bailleur", "exercice"],
                nulls_distinct=False,
                name="source_volet_unique",
            ),
        )

    def __str__(self) -> str:
        return f"{self.bailleur} — {self.montant}"


class Critere(models.Model):
    """Un critère de la grille : son poids et son échelle décrite en mots."""

    appel = models.ForeignKey(Appel, on_delete=models.CASCADE, related_name="criteres")
    code = models.CharField("code", max_length=10)
    libelle = models.CharField("critère", max_length=200)
    description = models.TextField("ce qu'il faut regarder", blank=True)
    poids = models.DecimalField("poids", max_digits=5, decimal_places=2)
    note_min = models.SmallIntegerField("note minimale", default=0)
    note_max = models.SmallIntegerField("note maximale", default=5)
    echelle = models.JSONField("échelle décrite", default=echelle_par_defaut, blank=True)
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "critère"
        ordering = ("appel", "ordre", "code")
        constraints = (
            models.UniqueConstraint(
                fields=["appel", "code"],
                name="critere_code_unique",
                violation_error_message="Deux critères ne peuvent pas porter le même code.",
            ),
            models.CheckConstraint(name="critere_poids_positif", condition=Q(poids__gt=0)),
            models.CheckConstraint(
                name="critere_echelle_ordonnee",
                condition=Q(note_max__gt=F("note_min")),
                violation_error_message="La note maximale doit dépasser la note minimale.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} — {self.libelle}"

    @property
    def notes_possibles(self) -> list[tuple[int, str]]:
        """Chaque note de l'échelle avec ses mots."""
        return [
            (note, self.echelle.get(str(note), ""))
            for note in range(self.note_min, self.note_max + 1)
        ]


class PieceExigee(models.Model):
    """Un document demandé à chaque organisme."""

    appel = models.ForeignKey(Appel, on_delete=models.CASCADE, related_name="pieces_exigees")
    code = models.SlugField("code", max_length=40)
    libelle = models.CharField("document", max_length=200)
    description = models.CharField("précision", max_length=300, blank=True)
    obligatoire = models.BooleanField("obligatoire", default=True)
    genre_dossier = models.CharField(
        "repris du dossier de l'organisme", max_length=20, choices=GenreDossier, blank=True
    )
    ordre = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "document demandé"
        ordering = ("appel", "ordre")
        constraints = (
            models.UniqueConstraint(fields=["appel", "code"], name="piece_exigee_code_unique"),
        )

    def __str__(self) -> str:
        return self.libelle
