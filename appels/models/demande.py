from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Prefetch, Q

from appels.autodiagnostic import Bilan, examiner
from appels.cycle_de_vie import CycleDeVieDemande
from appels.models.budget import Source
from appels.montants import Budget, budget_depuis
from socle import horloge


class Secteur(models.TextChoices):
    CENTRE_VILLE = "Centre-ville", "Centre-ville"
    CAP = "Cap-de-la-Madeleine", "Cap-de-la-Madeleine"
    OUEST = "Trois-Rivières-Ouest", "Trois-Rivières-Ouest"
    SAINT_LOUIS = "Saint-Louis-de-France", "Saint-Louis-de-France"
    SAINTE_MARTHE = "Sainte-Marthe-du-Cap", "Sainte-Marthe-du-Cap"
    POINTE_DU_LAC = "Pointe-du-Lac", "Pointe-du-Lac"
    VILLE_ENTIERE = "Toute la ville", "Toute la ville"


class DemandeQuerySet(models.QuerySet):
    def visibles_par(self, utilisateur: Any) -> "DemandeQuerySet":
        """Égal, ligne à ligne, à la permission « demande.voir » (un test le vérifie)."""
        if not utilisateur.is_authenticated:
            return self.none()
        visibles = Q(organisme_id__in=utilisateur.organismes_ids)
        lisibles = self.model._default_manager.lisibles_par(utilisateur)
        visibles |= Q(appel__lecture_anonyme=False, pk__in=lisibles.values("pk"))
        if utilisateur.est_employe:
            visibles |= Q(pk__in=self.sans_recusation(utilisateur).values("pk"))
        return self.filter(visibles)

    def lisibles_par(self, utilisateur: Any) -> "DemandeQuerySet":
        """Celles qu'un membre du comité lit et note (permission « demande.lire »)."""
        libres = self.model.affectations.rel.related_model.objects.filter(
            membre__utilisateur=utilisateur, etat="libre"
        )
        return self.filter(pk__in=libres.values("demande"))

    def sans_recusation(self, utilisateur: Any) -> "DemandeQuerySet":
        """Sans celles dont la personne est récusée au comité, ni celles de ses organismes : la
        Ville n'y travaille pas des deux côtés (regles.md, 8)."""
        recusees = utilisateur.recusations_lues
        if recusees is None:
            siennes = self.model.affectations.rel.related_model.objects.filter(
                membre__utilisateur=utilisateur, etat="recusee"
            )
            recusees = siennes.values("demande")
        return self.model._default_manager.exclude(pk__in=recusees).exclude(
            organisme_id__in=utilisateur.organismes_ids
        )

    def avec_budget(self) -> "DemandeQuerySet":
        """Précharge ce que ``Demande.budget`` lit : trois requêtes, quel que soit le nombre.

        Chaque demande range les siens ; les ranger entre demandes joindrait deux tables pour rien.
        """
        ordres = {"postes": "ordre", "revenus": "ordre", "aides_annoncees": "date"}
        return self.select_related("appel", "volet").prefetch_related(
            *(
                Prefetch(nom, self._siens(nom).order_by(ordre, "pk"))
                for nom, ordre in ordres.items()
            )
        )

    def _siens(self, nom: str) -> models.QuerySet:
        return getattr(self.model, nom).rel.related_model._default_manager.all()


class Demande(CycleDeVieDemande):
    """Une demande de soutien d'un organisme à un appel."""

    appel = models.ForeignKey("appels.Appel", on_delete=models.PROTECT, related_name="demandes")
    organisme = models.ForeignKey(
        "socle.Organisme", on_delete=models.PROTECT, related_name="demandes"
    )
    volet = models.ForeignKey(
        "appels.Volet",
        on_delete=models.PROTECT,
        related_name="demandes",
        null=True,
        blank=True,
    )
    formulaire = models.ForeignKey(
        "appels.Formulaire",
        on_delete=models.PROTECT,
        related_name="demandes",
        null=True,
    )
    # La dernière révision du formulaire que l'organisme a vue : un changement se dit une fois.
    formulaire_vu = models.ForeignKey(
        "appels.Formulaire",
        on_delete=models.PROTECT,
        related_name="vu_par",
        null=True,
        editable=False,
    )
    code = models.CharField("code", max_length=20)
    reference = models.SlugField("numéro de la demande", max_length=60, unique=True)
    titre = models.CharField("titre du projet", max_length=200, blank=True)
    resume = models.TextField("résumé du projet", blank=True)
    secteur = models.CharField("secteur", max_length=60, blank=True)
    besoins = models.ManyToManyField(
        "appels.Besoin",
        verbose_name="besoins visés",
        related_name="demandes",
        blank=True,
    )
    montant_demande = models.DecimalField(
        "montant demandé", max_digits=12, decimal_places=2, null=True, blank=True
    )
    contribution_nature = models.DecimalField(
        "contribution en nature", max_digits=12, decimal_places=2, default=0, blank=True
    )
    copiee_de = models.ForeignKey(
        "self",
        verbose_name="ancienne demande reprise",
        null=True,
        on_delete=models.SET_NULL,
        related_name="copies",
        editable=False,
    )
    creee_le = models.DateTimeField("création", default=horloge.maintenant, editable=False)
    creee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    papier_recu_le = models.DateTimeField(
        "arrivée sur papier", null=True, blank=True, editable=False
    )
    # Ses textes, ses fichiers et ses lettres sont détruits ; le squelette reste (regles.md, 18).
    anonymisee_le = models.DateTimeField(null=True, blank=True, editable=False)
    modifiee_le = models.DateTimeField("dernière modification", default=horloge.maintenant)
    deposee_le = models.DateTimeField("dépôt", null=True, blank=True, editable=False)
    deposee_par = models.ForeignKey(
        "socle.Utilisateur",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    depot_refuse_le = models.DateTimeField(
        "dépôt refusé (hors délai)", null=True, blank=True, editable=False
    )
    recevable_le = models.DateTimeField(null=True, blank=True, editable=False)
    irrecevable_le = models.DateTimeField(null=True, blank=True, editable=False)
    motif_irrecevabilite = models.TextField("motif d'irrecevabilité", blank=True)
    # Le dernier état annoncé par une lettre émise : l'organisme ne voit rien d'autre.
    etat_annonce = models.CharField("décision annoncée", max_length=20, blank=True, editable=False)

    objects = DemandeQuerySet.as_manager()

    class Meta:
        verbose_name = "demande"
        ordering = ("appel", "code")
        constraints = (
            models.UniqueConstraint(fields=["appel", "code"], name="demande_code_unique"),
            models.CheckConstraint(
                name="demande_deposee_complete",
                condition=Q(etat__in=["brouillon", "retiree"])
                | Q(
                    deposee_le__isnull=False,
                    volet__isnull=False,
                    montant_demande__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="demande_montants_positifs",
                condition=Q(montant_demande__gte=0, contribution_nature__gte=0),
            ),
            models.CheckConstraint(
                name="demande_irrecevable_motivee",
                condition=~Q(etat="irrecevable") | ~Q(motif_irrecevabilite=""),
            ),
        )
        indexes = (
            models.Index(fields=["appel", "etat"], name="demande_appel_etat"),
            # Chercher un texte voisin (appels/doutes.py) sans lire toutes les demandes.
            GinIndex(fields=["titre"], opclasses=["gin_trgm_ops"], name="demande_titre_trigrammes"),
            GinIndex(
                fields=["resume"], opclasses=["gin_trgm_ops"], name="demande_resume_trigrammes"
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} — {self.titre or 'Sans titre'}"

    @property
    def demande(self) -> "Demande":
        return self

    @property
    def est_modifiable(self) -> bool:
        """L'organisme peut écrire : brouillon d'un appel encore ouvert (ou avec dérogation)."""
        return self.etat == self.Etat.BROUILLON and self.peut_etre_deposee_maintenant

    @property
    def peut_etre_deposee_maintenant(self) -> bool:
        if self.appel.etat != "publie":
            return False
        # Sur papier, c'est l'heure de l'arrivée au comptoir qui fait foi.
        moment = self.papier_recu_le or horloge.a_la_seconde()
        if self.appel.ouverture <= moment <= self.appel.cloture:
            return True
        return self.derogations.filter(jusqu_a__gte=moment).exists()

    @property
    def depot_refuse(self) -> str | None:
        """``hors_delai`` quand un dépôt a été tenté après la clôture et refusé."""
        return "hors_delai" if self.depot_refuse_le and not self.deposee_le else None

    @property
    def etat_visible(self) -> str:
        """L'état que l'organisme voit : rien d'une décision avant sa lettre."""
        if self.etat in {"en_evaluation", "evaluee", "recommandee"}:
            return self.etat_annonce or "en_traitement"
        if self.etat in {"acceptee", "refusee", "liste_attente"}:
            return self.etat_annonce or "en_traitement"
        return self.etat

    @property
    def autodiagnostic(self) -> Bilan | None:
        """Ce que l'organisme a répondu à « Est-ce pour nous ? », ou None s'il ne l'a pas fait."""
        reponses = list(
            self.reponses_admissibilite.select_related("condition__appel").prefetch_related(
                "condition__appel__volets"
            )
        )
        if not reponses:
            return None
        return examiner(
            [reponse.condition for reponse in reponses],
            {reponse.condition_id: reponse.reponse for reponse in reponses},
        )

    def budget(self, *, au_depot: bool = False) -> Budget:
        """Le budget de la demande, avec les aides annoncées depuis (sauf ``au_depot``)."""
        budget = budget_depuis(
            postes=[(p.categorie, p.montant, p.admissible) for p in self.postes.all()],
            revenus=[(r.source, r.montant) for r in self.revenus.all()],
            montant_demande=self.montant_demande or 0,
            contribution_nature=self.contribution_nature or 0,
        )
        if not au_depot:
            for aide in self.aides_annoncees.all():
                budget = budget.avec_aide(
                    source=Source(aide.source).value,
                    montant=aide.montant,
                    milieu=aide.contribution_milieu,
                )
        return budget


class Depot(models.Model):
    """Ce qui a été déposé, figé : contenu, SHA-256, numéro d'accusé de réception."""

    demande = models.ForeignKey(Demande, on_delete=models.PROTECT, related_name="depots")
    numero = models.CharField("numéro d'accusé de réception", max_length=70, unique=True)
    depose_le = models.DateTimeField("dépôt")
    depose_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )
    signataire = models.CharField("signataire", max_length=160, blank=True)
    contenu = models.JSONField("contenu déposé")
    empreinte = models.CharField("SHA-256 du contenu", max_length=64)
    document = models.ForeignKey(
        "socle.Document", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "dépôt"
        ordering = ("demande", "-depose_le")

    def __str__(self) -> str:
        return self.numero


class Derogation(models.Model):
    """Une permission, motivée, de déposer après la clôture (regles.md, 4)."""

    demande = models.ForeignKey(Demande, on_delete=models.CASCADE, related_name="derogations")
    jusqu_a = models.DateTimeField("jusqu'au")
    motif = models.TextField("motif")
    accordee_le = models.DateTimeField(default=horloge.maintenant, editable=False)
    accordee_par = models.ForeignKey(
        "socle.Utilisateur", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "dérogation"
        ordering = ("demande", "-accordee_le")
        constraints = (models.CheckConstraint(name="derogation_motivee", condition=~Q(motif="")),)

    def __str__(self) -> str:
        return f"Dérogation — {self.demande}"
