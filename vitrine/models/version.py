import datetime as dt
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from phonenumber_field.modelfields import PhoneNumberField

from appels.models.demande import Secteur
from financement.bilan import projets_annonces
from socle import horloge
from vitrine.choix import Jour, Langue, StatutMigratoire, Sujet
from vitrine.cycle_de_vie import CycleDeVieVersion
from vitrine.recherche import CONFIGURATION

# Ce que l'organisme ou la Ville écrit ; publié, cela ne change plus.
CONTENU = (
    "titre", "texte", "pour_qui", "statuts", "langues", "sujets", "secteur", "lieu", "adresse",
    "latitude", "longitude", "gratuit", "cout", "debut", "fin", "jours", "heure_debut",
    "heure_fin", "horaire", "inscription", "lien", "temps_fort",
)  # fmt: skip
CONTACT = ("contact_nom", "contact_telephone", "contact_courriel", "contact_consenti")
SANS_CONTACT = dict.fromkeys(CONTACT[:3], "") | {"contact_consenti": False}
_COLONNES = ("activite_id", *(f"{c}_id" if c == "temps_fort" else c for c in CONTENU))


class VersionActiviteQuerySet(models.QuerySet):
    def publiques(self) -> "VersionActiviteQuerySet":
        """Ce que tout le monde lit : publié, et d'un projet annoncé s'il vient d'un projet."""
        return (
            self.filter(etat="publiee")
            .filter(
                Q(activite__demande=None) | Q(activite__demande__in=projets_annonces().values("pk"))
            )
            .select_related("activite__demande__organisme", "temps_fort")
        )

    def services(self) -> "VersionActiviteQuerySet":
        """De celles que tout le monde lit, celles de la Ville et de ses partenaires."""
        return self.filter(etat="publiee", activite__demande=None).select_related(
            "activite", "temps_fort"
        )

    def en_cours(self, jour: dt.date) -> "VersionActiviteQuerySet":
        """Commencées, ou sans date de début, et pas finies à la fin de ``jour``."""
        return self.filter(Q(debut=None) | Q(debut__lte=jour), Q(fin=None) | Q(fin__gte=jour))

    def pas_finies(self, jour: dt.date) -> "VersionActiviteQuerySet":
        return self.filter(Q(fin=None) | Q(fin__gte=jour))

    def pour_statut(self, statut: str) -> "VersionActiviteQuerySet":
        """Celles que le statut permet ; sans statut coché, elles sont pour tout le monde."""
        return self.filter(Q(statuts=[]) | Q(statuts__contains=[statut])) if statut else self


class VersionActivite(CycleDeVieVersion):
    """Une activité telle qu'elle a été écrite une fois, et où en est son examen."""

    activite = models.ForeignKey(
        "vitrine.Activite", on_delete=models.CASCADE, related_name="versions"
    )
    # Monte à chaque retouche : on ne publie que ce qu'on a lu.
    retouche = models.PositiveIntegerField(default=1, editable=False)
    titre = models.CharField("titre", max_length=100)
    texte = models.TextField("ce qu'on y fait", max_length=1200)
    pour_qui = models.CharField("pour qui", max_length=200, blank=True)
    statuts = ArrayField(
        models.CharField(max_length=24, choices=StatutMigratoire), default=list, blank=True
    )
    langues = ArrayField(models.CharField(max_length=12, choices=Langue), default=list, blank=True)
    sujets = ArrayField(models.CharField(max_length=12, choices=Sujet), default=list)
    besoins = models.ManyToManyField(
        "appels.Besoin", verbose_name="besoins du plan", related_name="+", blank=True
    )
    secteur = models.CharField("secteur", max_length=60, choices=Secteur)
    lieu = models.CharField("lieu", max_length=160, blank=True)
    adresse = models.CharField("adresse", max_length=200, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    gratuit = models.BooleanField("gratuit", default=True)
    cout = models.CharField("coût", max_length=120, blank=True)
    debut = models.DateField("premier jour", null=True, blank=True)
    fin = models.DateField("dernier jour", null=True, blank=True)
    jours = ArrayField(models.SmallIntegerField(choices=Jour), default=list, blank=True)
    heure_debut = models.TimeField("de", null=True, blank=True)
    heure_fin = models.TimeField("à", null=True, blank=True)
    horaire = models.CharField("précisions sur l'horaire", max_length=200, blank=True)
    inscription = models.TextField("comment participer", max_length=400, blank=True)
    lien = models.URLField("page Web", blank=True)
    temps_fort = models.ForeignKey(
        "vitrine.TempsFort",
        verbose_name="temps fort",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="versions",
    )
    contact_nom = models.CharField("nom de la personne", max_length=120, blank=True)
    contact_telephone = PhoneNumberField("téléphone", blank=True)
    contact_courriel = models.EmailField("courriel", blank=True)
    contact_consenti = models.BooleanField("la personne y consent", default=False)
    motif = models.TextField("motif", blank=True)
    proposee_le = models.DateTimeField("proposée", default=horloge.maintenant, editable=False)
    proposee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    publiee_le = models.DateTimeField("publiée", null=True, blank=True, editable=False)
    publiee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    recherche = models.GeneratedField(
        expression=SearchVector(
            "titre", "texte", "pour_qui", "lieu", "adresse", config=CONFIGURATION
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = VersionActiviteQuerySet.as_manager()

    class Meta:
        verbose_name = "page d'activité"
        verbose_name_plural = "pages d'activité"
        ordering = ("activite", "pk")
        constraints = (
            *(
                models.UniqueConstraint(
                    fields=["activite"], condition=Q(etat=etat), name=f"version_une_{etat}"
                )
                for etat in ("proposee", "publiee")
            ),
            models.CheckConstraint(
                name="version_publiee_datee",
                condition=~Q(etat="publiee") | Q(publiee_le__isnull=False),
            ),
            models.CheckConstraint(
                name="version_ecartee_motivee",
                condition=~Q(etat__in=["renvoyee", "retiree"]) | ~Q(motif=""),
            ),
            models.CheckConstraint(
                name="version_contact_consenti",
                condition=Q(contact_consenti=True)
                | Q(contact_nom="", contact_telephone="", contact_courriel=""),
            ),
            models.CheckConstraint(
                name="version_contact_tu",
                condition=Q(etat__in=["proposee", "publiee", "renvoyee"])
                | Q(contact_consenti=False),
            ),
            models.CheckConstraint(name="version_a_un_sujet", condition=~Q(sujets=[])),
            models.CheckConstraint(
                name="version_dates",
                condition=Q(debut=None) | Q(fin=None) | Q(fin__gte=F("debut")),
            ),
            models.CheckConstraint(
                name="version_heures",
                condition=Q(heure_debut=None, heure_fin=None)
                | Q(heure_debut__isnull=False, heure_fin=None)
                | Q(heure_fin__gt=F("heure_debut")),
            ),
            models.CheckConstraint(
                name="version_point_entier",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__isnull=False, longitude__isnull=False),
            ),
        )
        indexes = (
            GinIndex(fields=["recherche"], name="version_recherche"),
            models.Index(fields=["etat", "fin"], name="version_etat_fin"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="version_publiee_figee",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__etat__in=["publiee", "remplacee", "retiree"]),
                func=(
                    f"IF ({', '.join(f'NEW.{c}' for c in _COLONNES)}) IS DISTINCT FROM "
                    f"({', '.join(f'OLD.{c}' for c in _COLONNES)}) THEN RAISE EXCEPTION "
                    "'Une page publiée ne se modifie pas : proposez-en une autre.'; END IF; "
                    "RETURN NEW;"
                ),
            ),
        )

    def __str__(self) -> str:
        return self.titre

    @property
    def demande(self) -> Any:
        """Le projet dont elle vient, ou None : la matrice des permissions le lit."""
        return self.activite.demande

    @property
    def a_un_contact(self) -> bool:
        return bool(self.contact_nom or self.contact_telephone or self.contact_courriel)

    @property
    def est_finie(self) -> bool:
        return self.fin is not None and self.fin < horloge.aujourdhui()

    @property
    def est_a_venir(self) -> bool:
        return self.debut is not None and self.debut > horloge.aujourdhui()

    @property
    def noms_statuts(self) -> list[str]:
        return [StatutMigratoire(code).label for code in self.statuts]

    @property
    def noms_langues(self) -> list[str]:
        return [langue.label for langue in Langue if langue.value in self.langues]

    @property
    def noms_sujets(self) -> list[str]:
        return [Sujet(code).label for code in self.sujets]
