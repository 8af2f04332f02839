"""Le bilan : l'argent et les résultats, par objectif, besoin, volet, bailleur, secteur.

Un projet qui répond à plusieurs besoins compte en entier sous chacun ; les totaux par volet, par
bailleur et par secteur, eux, s'additionnent. Rien n'y est une personne : des comptes masqués.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from appels.models import Appel, Besoin, Demande
from appels.montants import pourcentage
from financement.indicateurs import (
    DIMENSIONS,
    LIBELLES_VENTILATIONS,
    REVELATEURS,
    TITRES_VENTILATIONS,
    TOTAUX,
    additionner_prevus,
)
from financement.masquage import (
    additionner,
    satisfaction_publiable,
    total_publiable,
    valeurs_de,
    ventilations_de,
    ventilations_publiques,
)
from financement.models import Mouvement
from financement.services.grand_livre import soldes_de

ZERO = Decimal("0.00")
FINANCEES = frozenset({"acceptee", "conventionnee", "fermee"})


@dataclass
class Projet:
    """Un projet financé et annoncé, avec son argent (dollars) et ses résultats."""

    demande: Demande
    accorde: Decimal
    engage: Decimal
    verse: Decimal
    recupere: Decimal
    valeurs: dict[tuple[str, str], int]


@dataclass
class Groupe:
    """Ce qu'un objectif, un besoin, un thème ou un secteur a reçu."""

    code: str
    libelle: str
    projets: int = 0
    accorde: Decimal = ZERO
    membres: list[Projet] = field(default_factory=list)


@dataclass
class LigneVolet:
    cle: int
    nom: str
    enveloppe: Decimal
    accorde: Decimal = ZERO
    engage: Decimal = ZERO
    paye: Decimal = ZERO
    projets: int = 0
    membres: list[Projet] = field(default_factory=list)


@dataclass
class LigneSource:
    bailleur: str
    exercice: int
    enveloppe: Decimal = ZERO
    accorde: Decimal = ZERO
    verse: Decimal = ZERO
    demandes: set[int] = field(default_factory=set)

    @property
    def solde(self) -> Decimal:
        return self.enveloppe - self.accorde

    @property
    def cle(self) -> str:
        return f"{self.bailleur}|{self.exercice}"

    @property
    def libelle(self) -> str:
        return f"{self.bailleur}, {self.exercice}" if self.exercice else self.bailleur


@dataclass
class Bilan:
    """Le bilan d'un ou de plusieurs appels, prêt à montrer."""

    appels: list[Appel]
    projets: list[Projet]
    volets: list[LigneVolet]
    sources: list[LigneSource]
    objectifs: list[Groupe]
    besoins: list[Groupe]
    themes: list[Groupe]
    secteurs: list[Groupe]
    besoins_sans_reponse: list[Besoin]
    deposees: int
    indicateurs: list[dict[str, Any]] = field(default_factory=list)
    ventilations: list[dict[str, Any]] = field(default_factory=list)
    satisfaction: Decimal | None = None

    @property
    def enveloppe(self) -> Decimal:
        return sum((volet.enveloppe for volet in self.volets), ZERO)

    @property
    def accorde(self) -> Decimal:
        return sum((projet.accorde for projet in self.projets), ZERO)

    @property
    def verse(self) -> Decimal:
        return sum((projet.verse for projet in self.projets), ZERO)

    @property
    def recupere(self) -> Decimal:
        return sum((projet.recupere for projet in self.projets), ZERO)

    @property
    def solde(self) -> Decimal:
        return self.enveloppe - self.accorde

    @property
    def organismes(self) -> int:
        return len({projet.demande.organisme_id for projet in self.projets})


def calculer_bilan(appels: list[Appel]) -> Bilan:
    """Le bilan de ``appels``, en un nombre constant de requêtes."""
    projets = _projets(appels)
    volets, sources = _argent(appels, projets)
    besoins = {
        besoin.pk: besoin
        for besoin in Besoin.objects.filter(plan__appels__in=appels)
        .distinct()
        .select_related("theme", "objectif")
    }
    par_besoin: dict[Any, Groupe] = {}
    par_objectif: dict[Any, Groupe] = {}
    par_theme: dict[Any, Groupe] = {}
    par_secteur: dict[Any, Groupe] = {}
    for projet in projets:
        reponses = [besoins[b.pk] for b in projet.demande.besoins.all() if b.pk in besoins]
        for besoin in reponses:
            _compter(par_besoin, besoin.code, besoin.libelle, projet)
        for objectif in {besoin.objectif for besoin in reponses}:
            _compter(par_objectif, objectif.code, objectif.libelle, projet)
        for theme in {besoin.theme for besoin in reponses}:
            _compter(par_theme, theme.code, theme.libelle, projet)
        secteur = projet.demande.secteur or "Non précisé"
        _compter(par_secteur, secteur, secteur, projet)
    indicateurs, ventilations, satisfaction = _resultats(projets)
    return Bilan(
        appels=appels,
        projets=projets,
        volets=volets,
        sources=sources,
        objectifs=_tries(par_objectif),
        besoins=_tries(par_besoin),
        themes=_tries(par_theme),
        secteurs=_tries(par_secteur),
        besoins_sans_reponse=sorted(
            (b for b in besoins.values() if b.code not in par_besoin), key=lambda b: b.code
        ),
        deposees=Demande.objects.filter(appel__in=appels, deposee_le__isnull=False).count(),
        indicateurs=indicateurs,
        ventilations=ventilations,
        satisfaction=satisfaction,
    )


def _compter(groupes: dict[Any, Groupe], code: str, libelle: str, projet: Projet) -> None:
    groupe = groupes.setdefault(code, Groupe(code, libelle))
    groupe.projets += 1
    groupe.accorde += projet.accorde
    groupe.membres.append(projet)


def _tries(groupes: dict[Any, Groupe]) -> list[Groupe]:
    return sorted(groupes.values(), key=lambda groupe: (-groupe.accorde, groupe.code))


def projets_annonces() -> Any:
    """Les demandes financées dont la lettre est émise : les seules que l'on montre."""
    return Demande.objects.filter(etat__in=FINANCEES, etat_annonce="acceptee")


def _projets(appels: list[Appel]) -> list[Projet]:
    demandes = list(
        projets_annonces()
        .filter(appel__in=appels)
        .select_related("organisme", "appel", "volet")
        .prefetch_related("besoins", "rapports__valeurs", "conventions")
        .order_by("reference")
    )
    argent = Mouvement.objects.sommes_par_demande(demandes)
    return [
        Projet(
            demande=demande,
            accorde=(sommes := argent.get(demande.pk, {})).get("accord", ZERO),
            engage=sommes.get("engagement", ZERO),
            verse=sommes.get("versement", ZERO),
            recupere=sommes.get("recuperation", ZERO),
            valeurs=valeurs_de(demande),
        )
        for demande in demandes
    ]


def _argent(
    appels: list[Appel], projets: list[Projet]
) -> tuple[list[LigneVolet], list[LigneSource]]:
    """Par volet, puis par bailleur et exercice, tel que le grand livre le porte."""
    lignes: list[LigneVolet] = []
    sources: dict[tuple[str, int], LigneSource] = {}
    par_volet: dict[int, list[Projet]] = defaultdict(list)
    for projet in projets:
        par_volet[projet.demande.volet_id].append(projet)
    par_credit, demandes_du_credit = _par_credit(projets)
    soldes = soldes_de(appels)
    for appel in appels:
        for solde in soldes[appel.pk]:
            siens = par_volet[solde.volet.pk]
            nom = str(solde.volet) if len(appels) == 1 else f"{appel.code}, {solde.volet}"
            lignes.append(
                LigneVolet(
                    cle=solde.volet.pk,
                    nom=nom,
                    enveloppe=solde.enveloppe,
                    accorde=sum((p.accorde for p in siens), ZERO),
                    engage=sum((p.engage for p in siens), ZERO),
                    paye=sum((p.verse for p in siens), ZERO),
                    projets=len(siens),
                    membres=siens,
                )
            )
            for credit in solde.credits:
                cle = (credit.bailleur, credit.exercice)
                ligne = sources.setdefault(cle, LigneSource(*cle))
                ligne.enveloppe += credit.enveloppe
                ligne.accorde += par_credit[credit.pk, "accord"]
                ligne.verse += par_credit[credit.pk, "versement"]
                ligne.demandes |= demandes_du_credit[credit.pk]
    return lignes, sorted(sources.values(), key=lambda s: (s.bailleur, s.exercice))


def _par_credit(
    projets: list[Projet],
) -> tuple[dict[tuple[int, str], Decimal], dict[int, set[int]]]:
    """Ce que chaque crédit porte des seuls projets annoncés, par nature, et leurs demandes."""
    sommes: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    demandes: dict[int, set[int]] = defaultdict(set)
    for credit, nature, demande, total in (
        Mouvement.objects.filter(demande__in=[projet.demande for projet in projets])
        .order_by()
        .values_list("credit", "nature", "demande")
        .annotate(total=Sum("montant"))
    ):
        sommes[credit, nature] += total
        demandes[credit].add(demande)
    return sommes, demandes


def _resultats(
    projets: list[Projet],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Decimal | None]:
    """Les sommes des indicateurs et les ventilations, masquées."""
    sommes: dict[tuple[str, str], int] = defaultdict(int)
    petits = 0
    for projet in projets:
        tait = not total_publiable(ventilations_de(projet.valeurs))
        petits += tait
        for cle, valeur in projet.valeurs.items():
            if not (tait and cle[0] in REVELATEURS):
                sommes[cle] += valeur
    notes = {
        "personnes_distinctes": "non dédoublonné",
        "personnes_immigrantes": "non dédoublonné"
        + (", sans les projets de moins de cinq personnes" if petits else ""),
    }
    prevus = additionner_prevus(projet.demande for projet in projets)
    indicateurs = [
        {
            "code": code,
            "libelle": TOTAUX[code],
            "valeur": sommes[code, ""],
            "prevu": prevus.get(code),
            "note": notes.get(code, ""),
        }
        for code in TOTAUX
        if (code, "") in sommes
    ]
    publies = [ventilations_publiques(projet.valeurs) for projet in projets]
    ventilations = []
    for dimension in DIMENSIONS:
        if donnees := [publie[dimension] for publie in publies if dimension in publie]:
            libelles = LIBELLES_VENTILATIONS[dimension]
            ventilations.append(
                {
                    "titre": TITRES_VENTILATIONS[dimension],
                    "cellules": [
                        {"libelle": libelles[modalite], "valeur": texte}
                        for modalite, texte in additionner(donnees).items()
                    ],
                }
            )
    connues = [paire for p in projets if (paire := satisfaction_publiable(p.valeurs))]
    satisfaction = None
    if connues:
        satisfaits, repondants = (sum(nombres) for nombres in zip(*connues, strict=True))
        satisfaction = pourcentage(Decimal(satisfaits), Decimal(repondants))
    return indicateurs, ventilations, satisfaction
