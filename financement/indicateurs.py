"""Les indicateurs d'un projet : prévus à la convention, réels aux rapports, l'argent calculé.

Le jeu, ses définitions et ses règles d'addition sont dans ``appels``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from appels.catalogue_indicateurs import Indicateur
from appels.formulaires import lire_formulaire
from appels.indicateurs import PAR_CODE, SAISIS
from appels.montants import au_cent
from appels.questions import TypeQuestion, nombre

TOTAUX = {i.code: i.libelle for i in SAISIS if i.est_total}
LIBELLES_VENTILATIONS = {i.code: dict(i.modalites) for i in SAISIS if i.modalites}
TITRES_VENTILATIONS = {i.code: i.libelle for i in SAISIS if i.modalites}
VENTILATIONS: dict[str, tuple[str, ...]] = {
    code: tuple(modalites) for code, modalites in LIBELLES_VENTILATIONS.items()
}
DIMENSIONS = tuple(i.code for i in SAISIS if i.ventile)
# Publiés à côté du total, ils redonneraient un nombre de personnes immigrantes qui se tait.
REVELATEURS = frozenset({"personnes_immigrantes", "societe_accueil"})


def indicateurs_demandes(appel: Any, valeurs: Iterable[tuple[str, str]] = ()) -> list[Indicateur]:
    """Ceux que l'appel demande, et ceux qui ont déjà une valeur, dans l'ordre du catalogue."""
    codes = {*appel.indicateurs, *(code for code, _ in valeurs)}
    return [indicateur for indicateur in SAISIS if indicateur.code in codes]


# --- Le prévu ---------------------------------------------------------------------------------
def resultats_vises(demande: Any) -> dict[str, int]:
    """Ce que la demande prévoit, par indicateur : la réponse à « Résultats visés »."""
    vises: dict[str, int] = {}
    for section in lire_formulaire(demande):
        for lue in section.questions:
            if lue.question.type == TypeQuestion.RESULTATS and lue.valeur:
                vises |= {
                    code: int(compte)
                    for code, saisi in lue.valeur.items()
                    if code in TOTAUX and (compte := nombre(str(saisi))) is not None
                }
    return vises


def prevus_de(demande: Any) -> dict[str, int]:
    """Ce que la convention attend, par indicateur. Une liste précharge ``conventions``."""
    return next(
        (c.resultats_attendus for c in demande.conventions.all() if c.etat != "resiliee"), {}
    )


def additionner_prevus(prevus: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Ce que les conventions de plusieurs projets attendent ensemble."""
    sommes: dict[str, int] = {}
    for un_projet in prevus:
        for code, compte in un_projet.items():
            sommes[code] = sommes.get(code, 0) + compte
    return sommes


# --- Le prévu et le réel ------------------------------------------------------------------------
@dataclass(frozen=True)
class Resultat:
    """Un indicateur : ce qui était prévu, ce qui s'est fait ; None quand on ne le sait pas."""

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


def comparer(prevus: Mapping[str, int], valeurs: Mapping[tuple[str, str], int]) -> list[Resultat]:
    """Le prévu et le réel de chaque total prévu ou compté, dans l'ordre du catalogue."""
    return [
        Resultat(i.code, i.libelle, i.unite, prevus.get(i.code), valeurs.get((i.code, "")))
        for i in SAISIS
        if i.est_total and (i.code in prevus or (i.code, "") in valeurs)
    ]


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
