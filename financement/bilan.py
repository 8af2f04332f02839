"""Le bilan : l'argent et les résultats, par objectif, besoin, volet, bailleur, secteur.

Un projet qui répond à plusieurs besoins compte en entier sous chacun ; les totaux par volet, par
bailleur et par secteur, eux, s'additionnent. Rien n'y est une personne : des comptes masqués.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count

from appels.models import Appel, Besoin, Demande
from financement.bilan_argent import ZERO, LigneSource, LigneVolet, par_source_et_volet
from financement.bilan_resultats import (
    Resultats,
    resultats_de,
    somme_publique,
)
from financement.masquage import Publication, publier
from financement.models import Mouvement
from financement.retenus import prevus_des, valeurs_des

FINANCEES = frozenset({"acceptee", "conventionnee", "fermee"})


@dataclass
class Projet:
    """Un projet financé et annoncé, avec son argent (dollars) et ses résultats.

    ``publie`` : ce qui se dit des nombres du rapport ; ``prevu`` : de même, de ce que la
    convention attend.
    """

    demande: Demande
    accorde: Decimal
    engage: Decimal
    verse: Decimal
    recupere: Decimal
    publie: Publication
    prevu: Publication
    rendu: Decimal = ZERO

    @property
    def depense(self) -> Decimal:
        """L'aide finale d'un projet fermé : accordée, moins rendue à l'enveloppe ; 0 avant.

        Une somme réclamée puis radiée y reste : elle n'est pas revenue.
        """
        return self.accorde - self.rendu if self.demande.etat == "fermee" else ZERO


@dataclass(frozen=True)
class ThemeCouvert:
    """Combien des besoins d'un thème ont un projet, et combien n'en ont aucun."""

    code: str
    libelle: str
    repondus: int
    sans_reponse: int


@dataclass
class Groupe:
    """Ce qu'un objectif, un besoin, un thème ou un secteur a reçu, et à quel effet."""

    code: str
    libelle: str
    # Le code se dit quand la Ville le cite : celui d'un objectif ou d'un besoin.
    code_cite: bool = True
    accorde: Decimal = ZERO
    membres: list[Projet] = field(default_factory=list)

    @property
    def nom(self) -> str:
        return f"{self.code} {self.libelle}" if self.code_cite else self.libelle

    @property
    def projets(self) -> int:
        return len(self.membres)

    @property
    def reponse(self) -> str:
        """Les titres de ses projets, les plus aidés d'abord ; trois au plus."""
        titres = [
            projet.demande.titre
            for projet in sorted(self.membres, key=lambda p: (-p.accorde, p.demande.reference))
        ]
        suite = (
            f" et {reste} autre{'s' if reste > 1 else ''}" if (reste := len(titres) - 3) > 0 else ""
        )
        return f"{' ; '.join(titres[:3])}{suite}"

    @property
    def activites(self) -> str:
        """Réalisées, selon les rapports acceptés ; vide sans rapport."""
        return somme_publique(self.membres, "activites_realisees")

    @property
    def personnes(self) -> str:
        """Rejointes, non dédoublonnées d'un projet à l'autre ; vide sans rapport."""
        return somme_publique(self.membres, "personnes_distinctes")


@dataclass
class LigneAppel:
    """Ce qu'un appel compte dans un bilan qui en réunit plusieurs."""

    appel: Appel
    deposees: int
    accorde: Decimal = ZERO
    projets: int = 0


@dataclass
class Bilan:
    """Le bilan d'un ou de plusieurs appels, prêt à montrer."""

    par_appel: list[LigneAppel]
    projets: list[Projet]
    volets: list[LigneVolet]
    sources: list[LigneSource]
    objectifs: list[Groupe]
    besoins: list[Groupe]
    themes: list[Groupe]
    secteurs: list[Groupe]
    besoins_sans_reponse: list[Besoin]
    resultats: Resultats
    couverture: list[ThemeCouvert] = field(default_factory=list)

    @property
    def deposees(self) -> int:
        return sum(ligne.deposees for ligne in self.par_appel)

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
    def depense(self) -> Decimal:
        return sum((projet.depense for projet in self.projets), ZERO)

    @property
    def organismes(self) -> int:
        return len({projet.demande.organisme_id for projet in self.projets})


def calculer_bilan(appels: list[Appel]) -> Bilan:
    """Le bilan de ``appels``, en un nombre constant de requêtes."""
    projets = _projets(appels)
    volets, sources = par_source_et_volet(appels, projets)
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
    reponses = _reponses(projets, besoins)
    for projet in projets:
        siens = [besoins[cle] for cle in reponses.get(projet.demande.pk, ())]
        for besoin in siens:
            _compter(par_besoin, besoin.code, besoin.libelle, projet)
        for objectif in {besoin.objectif_id: besoin.objectif for besoin in siens}.values():
            _compter(par_objectif, objectif.code, objectif.libelle, projet)
        for theme in {besoin.theme_id: besoin.theme for besoin in siens}.values():
            _compter(par_theme, theme.code, theme.libelle, projet, code_cite=False)
        secteur = projet.demande.secteur or "Non précisé"
        _compter(par_secteur, secteur, secteur, projet, code_cite=False)
    return Bilan(
        par_appel=_par_appel(appels, projets),
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
        resultats=resultats_de(projets),
        couverture=_couverture(besoins.values(), set(par_besoin)),
    )


def _couverture(besoins: Iterable[Besoin], repondus: set[str]) -> list[ThemeCouvert]:
    """Les thèmes du plan, dans leur ordre, et leurs besoins répondus ou non."""
    par_theme: dict[Any, list[bool]] = {}
    for besoin in sorted(besoins, key=lambda b: (b.theme.ordre, b.theme.libelle)):
        par_theme.setdefault(besoin.theme, []).append(besoin.code in repondus)
    return [
        ThemeCouvert(theme.code, theme.libelle, sum(reponses), len(reponses) - sum(reponses))
        for theme, reponses in par_theme.items()
    ]


def _par_appel(appels: list[Appel], projets: list[Projet]) -> list[LigneAppel]:
    comptes = dict(
        deposees(appels)
        .order_by()
        .values("appel")
        .annotate(n=Count("pk"))
        .values_list("appel", "n")
    )
    lignes = {appel.pk: LigneAppel(appel, comptes.get(appel.pk, 0)) for appel in appels}
    for projet in projets:
        ligne = lignes[projet.demande.appel_id]
        ligne.projets += 1
        ligne.accorde += projet.accorde
    return list(lignes.values())


def _compter(
    groupes: dict[Any, Groupe], code: str, libelle: str, projet: Projet, *, code_cite: bool = True
) -> None:
    groupe = groupes.setdefault(code, Groupe(code, libelle, code_cite))
    groupe.accorde += projet.accorde
    groupe.membres.append(projet)


def _tries(groupes: dict[Any, Groupe]) -> list[Groupe]:
    return sorted(groupes.values(), key=lambda groupe: (-groupe.accorde, groupe.code))


def _reponses(projets: list[Projet], besoins: dict[int, Besoin]) -> dict[int, list[int]]:
    """Les besoins auxquels chaque projet répond, par la clé de sa demande."""
    reponses: dict[int, list[int]] = {}
    liens = Demande.besoins.through.objects.filter(
        demande__in=[projet.demande.pk for projet in projets], besoin__in=besoins
    )
    for demande, besoin in liens.values_list("demande", "besoin"):
        reponses.setdefault(demande, []).append(besoin)
    return reponses


def deposees(appels: list[Appel]) -> Any:
    """Les demandes déposées à ces appels ; un brouillon repris par l'organisme n'en est plus."""
    return Demande.objects.filter(appel__in=appels, deposee_le__isnull=False).exclude(
        etat="brouillon"
    )


def projets_annonces() -> Any:
    """Les demandes financées dont la lettre est émise : les seules que l'on montre."""
    return Demande.objects.filter(etat__in=FINANCEES, etat_annonce="acceptee")


def _projets(appels: list[Appel]) -> list[Projet]:
    demandes = list(
        projets_annonces()
        .filter(appel__in=appels)
        .select_related("organisme", "volet")
        .only(
            "reference", "titre", "secteur", "etat", "appel", "organisme__nom", "organisme__neq",
            "volet__no",
            "volet__nom",
        )
        .order_by("reference")
    )  # fmt: skip
    cles = [demande.pk for demande in demandes]
    argent = Mouvement.objects.sommes_par_demande(cles)
    valeurs = valeurs_des(cles)
    prevus = prevus_des(cles)
    return [
        Projet(
            demande=demande,
            accorde=(sommes := argent.get(demande.pk, {})).get("accord", ZERO),
            engage=sommes.get("engagement", ZERO),
            verse=sommes.get("versement", ZERO),
            recupere=sommes.get("recuperation", ZERO),
            publie=publier(valeurs.get(demande.pk, {})),
            prevu=publier(prevus.get(demande.pk, {})),
            rendu=sommes.get("liberation", ZERO),
        )
        for demande in demandes
    ]
