"""Les résultats du bilan : des sommes de ce que chaque projet publie (regles.md, 15).

Une somme où un projet cache la sienne se lit « au moins N » : le bilan n'en dit jamais plus que
les projets, à aucune date.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from appels.montants import pourcentage
from financement.indicateurs import (
    DIMENSIONS,
    LIBELLES_VENTILATIONS,
    TITRES_VENTILATIONS,
    TOTAUX,
    additionner_prevus,
)
from financement.masquage import AU_MOINS, CACHEES, additionner, au_moins
from financement.models import Convention, ValeurIndicateur
from socle.templatetags.affichage import ABSENT, nombre, pourcent

NOTES = dict.fromkeys(("personnes_distinctes", "personnes_immigrantes"), "non dédoublonné")


@dataclass(frozen=True)
class Indicateur:
    """Un total : un nombre, ou le texte d'une somme en partie cachée."""

    code: str
    libelle: str
    valeur: int | str
    prevu: int | None
    note: str

    @property
    def texte(self) -> str:
        return ecrire_somme(str(self.valeur))

    @property
    def en_partie_cache(self) -> bool:
        """Le nombre est un « au moins »."""
        return str(self.valeur).startswith(AU_MOINS)

    @property
    def atteint(self) -> Decimal | None:
        """La part de ce qui était prévu, en pour cent, de ce qui se publie ; None s'il se cache."""
        if not self.prevu or self.valeur in CACHEES:
            return None
        return pourcentage(Decimal(au_moins(str(self.valeur))), Decimal(self.prevu))

    @property
    def atteint_lu(self) -> str:
        """« 125 % », « au moins 80 % », ou « — »."""
        prefixe = AU_MOINS if self.en_partie_cache else ""
        return f"{prefixe}{pourcent(self.atteint, 0)}" if self.atteint is not None else ABSENT


@dataclass(frozen=True)
class Cellule:
    code: str
    libelle: str
    valeur: str

    @property
    def texte(self) -> str:
        return ecrire_somme(self.valeur)


@dataclass(frozen=True)
class Ventilation:
    code: str
    titre: str
    cellules: list[Cellule]


@dataclass
class Resultats:
    """Les totaux, les ventilations et la satisfaction (pour cent, une décimale)."""

    indicateurs: list[Indicateur] = field(default_factory=list)
    ventilations: list[Ventilation] = field(default_factory=list)
    satisfaction: Decimal | None = None


def valeurs_des(demandes: list[int]) -> dict[int, dict[tuple[str, str], int]]:
    """Les nombres retenus de chaque demande : ceux du rapport final accepté, sinon de l'étape."""
    par_nature: dict[int, dict[str, dict[tuple[str, str], int]]] = {}
    for demande, nature, indicateur, modalite, valeur in (
        ValeurIndicateur.objects.filter(rapport__demande__in=demandes, rapport__etat="accepte")
        .order_by()
        .values_list("rapport__demande", "rapport__nature", "indicateur", "modalite", "valeur")
    ):
        siennes = par_nature.setdefault(demande, {}).setdefault(nature, {})
        siennes[indicateur, modalite] = valeur
    return {
        demande: natures.get("final") or natures["etape"] for demande, natures in par_nature.items()
    }


def prevus_des(demandes: list[int]) -> dict[int, dict[str, int]]:
    """Ce que la convention de chaque demande attend, par indicateur."""
    return dict(
        Convention.objects.filter(demande__in=demandes)
        .exclude(etat="resiliee")
        .values_list("demande", "resultats_attendus")
    )


def somme_publique(projets: Iterable[Any], code: str) -> str:
    """La somme d'un total, prête à lire ; vide quand aucun projet ne le donne."""
    return ecrire_somme(_somme(projets, code))


def _somme(projets: Iterable[Any], code: str) -> str:
    connus = [
        {code: projet.publie.totaux[code]} for projet in projets if code in projet.publie.totaux
    ]
    return additionner(connus).get(code, "")


def ecrire_somme(texte: str) -> str:
    """« 1234 » → « 1 234 » ; « au moins 1234 » → « au moins 1 234 » ; le reste, tel quel."""
    prefixe = AU_MOINS if texte.startswith(AU_MOINS) else ""
    chiffres = texte.removeprefix(AU_MOINS)
    return f"{prefixe}{nombre(int(chiffres))}" if chiffres.isdecimal() else texte


def resultats_de(projets: list[Any]) -> Resultats:
    """Les sommes des indicateurs et des ventilations de ``projets``, masquées."""
    prevus = additionner_prevus(projet.prevus for projet in projets)
    indicateurs = [
        Indicateur(
            code=code,
            libelle=libelle,
            valeur=int(texte) if texte.isdecimal() else texte,
            prevu=prevus.get(code),
            note=NOTES.get(code, ""),
        )
        for code, libelle in TOTAUX.items()
        if (texte := _somme(projets, code))
    ]
    return Resultats(indicateurs, _ventilations(projets), _satisfaction(projets))


def _ventilations(projets: list[Any]) -> list[Ventilation]:
    ventilations = []
    for dimension in DIMENSIONS:
        donnees = [
            publiee for projet in projets if (publiee := projet.publie.ventilations.get(dimension))
        ]
        if donnees:
            libelles = LIBELLES_VENTILATIONS[dimension]
            cellules = [
                Cellule(modalite, libelles[modalite], texte)
                for modalite, texte in additionner(donnees).items()
            ]
            ventilations.append(Ventilation(dimension, TITRES_VENTILATIONS[dimension], cellules))
    return ventilations


def _satisfaction(projets: list[Any]) -> Decimal | None:
    connues = [projet.publie.satisfaction for projet in projets if projet.publie.satisfaction]
    if not connues:
        return None
    satisfaits, repondants = (sum(nombres) for nombres in zip(*connues, strict=True))
    return pourcentage(Decimal(satisfaits), Decimal(repondants))
