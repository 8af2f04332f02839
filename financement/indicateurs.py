"""Les indicateurs d'un projet : prévus à la convention, réels aux rapports, l'argent calculé.

Le jeu, ses définitions et ses règles d'addition sont dans ``appels``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from appels.catalogue_indicateurs import Indicateur
from appels.formulaires import lire_formulaire
from appels.indicateurs import CASES, PAR_CODE, SAISIS, Valeurs, nom_de
from appels.montants import au_cent
from appels.questions import TypeQuestion, nombre

TOTAUX = {i.code: i.libelle for i in SAISIS if i.est_total}
LIBELLES_VENTILATIONS = {i.code: dict(i.modalites) for i in SAISIS if i.modalites}
TITRES_VENTILATIONS = {i.code: i.libelle for i in SAISIS if i.modalites}
VENTILATIONS: dict[str, tuple[str, ...]] = {
    code: tuple(modalites) for code, modalites in LIBELLES_VENTILATIONS.items()
}
DIMENSIONS = tuple(i.code for i in SAISIS if i.ventile)
# (indicateur, modalité ou vide) → « Personnes immigrantes par genre : Femmes », ou le total.
LIBELLES_DES_CASES = {
    (i.code, modalite): f"{i.libelle} : {libelle}" if modalite else i.libelle
    for i in SAISIS
    for modalite, libelle in (i.modalites or {"": ""}).items()
}
# Les deux parties des personnes rejointes : l'une se déduit de l'autre.
REVELATEURS = frozenset({"personnes_immigrantes", "societe_accueil"})


def indicateurs_demandes(appel: Any, valeurs: Iterable[tuple[str, str]] = ()) -> list[Indicateur]:
    """Ceux que l'appel demande, et ceux qui ont déjà une valeur, dans l'ordre du catalogue."""
    codes = {*appel.indicateurs, *(code for code, _ in valeurs)}
    return [indicateur for indicateur in SAISIS if indicateur.code in codes]


# --- Le prévu ---------------------------------------------------------------------------------
def resultats_vises(demande: Any) -> dict[str, int]:
    """Ce que la demande prévoit, par nom de case : la réponse à « Résultats visés »."""
    vises: dict[str, int] = {}
    for section in lire_formulaire(demande):
        for lue in section.questions:
            if lue.question.type == TypeQuestion.RESULTATS and lue.valeur:
                vises |= {
                    nom: int(compte)
                    for nom, saisi in lue.valeur.items()
                    if nom in CASES and (compte := nombre(str(saisi))) is not None
                }
    return vises


# --- Le prévu et le réel ------------------------------------------------------------------------
@dataclass(frozen=True)
class Resultat:
    """Une case : ce qui était prévu, ce qui s'est fait ; None quand on ne le sait pas."""

    code: str
    libelle: str
    unite: str
    prevu: Decimal | int | None
    valeur: Decimal | int | None

    @property
    def ecart(self) -> Decimal | int | None:
        """Le réel moins le prévu."""
        if self.prevu is None or self.valeur is None:
            return None
        return self.valeur - self.prevu


@dataclass(frozen=True)
class Ventile:
    """Un indicateur à cases, et ses cases prévues ou comptées."""

    libelle: str
    cases: list[Resultat]


@dataclass(frozen=True)
class Comparaison:
    """Le prévu et le réel d'un projet, dans l'ordre du catalogue ; fausse quand il n'y a rien."""

    totaux: list[Resultat]
    ventiles: list[Ventile]

    def __bool__(self) -> bool:
        return bool(self.totaux or self.ventiles)


def comparer(prevus: Valeurs, valeurs: Valeurs) -> Comparaison:
    """Le prévu et le réel de chaque case prévue ou comptée."""
    connues = prevus.keys() | valeurs.keys()

    def resultat(indicateur: Indicateur, modalite: str, libelle: str) -> Resultat:
        case = (indicateur.code, modalite)
        return Resultat(
            nom_de(*case), libelle, indicateur.unite, prevus.get(case), valeurs.get(case)
        )

    return Comparaison(
        totaux=[
            resultat(i, "", i.libelle) for i in SAISIS if i.est_total and (i.code, "") in connues
        ],
        ventiles=[
            Ventile(i.libelle, [resultat(i, m, libelle) for m, libelle in i.modalites.items()])
            for i in SAISIS
            if any((i.code, modalite) in connues for modalite in i.modalites)
        ],
    )


# --- L'argent, calculé ----------------------------------------------------------------------------
def levier(depenses: Decimal, aide: Decimal) -> Decimal | None:
    """Ce que chaque dollar de l'aide amène d'ailleurs, au cent ; None sans aide."""
    if not aide:
        return None
    return au_cent((depenses - aide) / aide)


def argent_de(demande: Any) -> list[Resultat]:
    """L'aide accordée, versée, les dépenses et l'effet de levier, prévus et réels, en dollars.

    Rien n'en est saisi : tout vient du budget déposé, du grand livre et du rapport final remis.
    """
    sommes: dict[str, Decimal] = {}
    for mouvement in demande.mouvements.all():
        sommes[mouvement.nature] = sommes.get(mouvement.nature, Decimal(0)) + mouvement.montant
    accordee = sommes.get("accord", Decimal(0))
    versee = sommes.get("versement", Decimal(0)) - sommes.get("recuperation", Decimal(0))
    budget = demande.budget()
    demandee = demande.montant_demande or Decimal(0)
    depenses = _depenses_finales(demande)
    reels = {
        "aide_accordee": (demandee, accordee),
        "aide_versee": (accordee, versee),
        "depenses_reelles": (budget.depenses, depenses),
        "effet_levier": (
            levier(budget.depenses, demandee),
            None if depenses is None else levier(depenses, versee),
        ),
    }
    return [
        Resultat(code, PAR_CODE[code].libelle, PAR_CODE[code].unite, *paire)
        for code, paire in reels.items()
    ]


def _depenses_finales(demande: Any) -> Decimal | None:
    for rapport in demande.rapports.all():
        if rapport.nature == "final" and rapport.etat in {"depose", "accepte"}:
            return sum((depense.montant for depense in rapport.depenses.all()), Decimal(0))
    return None
