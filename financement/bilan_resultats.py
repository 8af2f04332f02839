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
)
from financement.masquage import AU_MOINS, Publication, au_moins, sommer
from socle.templatetags.affichage import ABSENT, nombre, pourcent

NOTES = dict.fromkeys(("personnes_distinctes", "personnes_immigrantes"), "non dédoublonné")


@dataclass(frozen=True)
class Cellule:
    """Le réel et le prévu : un nombre, ou le texte d'une somme en partie cachée.

    None : aucun projet n'en dit rien.
    """

    code: str
    libelle: str
    valeur: int | str | None
    prevu: int | str | None

    @property
    def texte(self) -> str:
        return ecrire_somme(self.valeur)

    @property
    def prevu_lu(self) -> str:
        return ecrire_somme(self.prevu)

    @property
    def est_dite(self) -> bool:
        return self.valeur is not None or self.prevu is not None


@dataclass(frozen=True)
class Indicateur(Cellule):
    """Un total."""

    @property
    def note(self) -> str:
        return NOTES.get(self.code, "")

    @property
    def en_partie_cache(self) -> bool:
        """Le nombre réalisé est un « au moins »."""
        return str(self.valeur).startswith(AU_MOINS)

    @property
    def atteint(self) -> Decimal | None:
        """La part de ce qui était prévu, en pour cent, de ce qui se publie.

        None sans prévu, et quand l'un des deux se cache : un prévu « au moins » n'a pas de part.
        """
        if not isinstance(self.prevu, int) or not self.prevu:
            return None
        if not isinstance(self.valeur, int) and not self.en_partie_cache:
            return None
        return pourcentage(Decimal(au_moins(str(self.valeur))), Decimal(self.prevu))

    @property
    def atteint_lu(self) -> str:
        """« 125 % », « au moins 80 % », ou « — »."""
        prefixe = AU_MOINS if self.en_partie_cache else ""
        return f"{prefixe}{pourcent(self.atteint, 0)}" if self.atteint is not None else ABSENT


@dataclass(frozen=True)
class Ventilation:
    code: str
    titre: str
    cellules: list[Cellule]

    @property
    def est_prevue(self) -> bool:
        return any(cellule.prevu is not None for cellule in self.cellules)


@dataclass
class Resultats:
    """Les totaux, les ventilations et la satisfaction (pour cent, une décimale)."""

    indicateurs: list[Indicateur] = field(default_factory=list)
    ventilations: list[Ventilation] = field(default_factory=list)
    satisfaction: Decimal | None = None
    satisfaction_prevue: Decimal | None = None


def somme_publique(projets: Iterable[Any], code: str) -> str:
    """La somme d'un total, prête à lire ; vide quand aucun projet ne le donne."""
    somme = somme_de([projet.publie for projet in projets], code)
    return "" if somme is None else ecrire_somme(somme)


def somme_de(
    publications: Iterable[Publication], code: str, modalite: str = ""
) -> int | str | None:
    """La somme d'une case ; None quand aucun projet ne la donne."""
    textes = [texte for p in publications if (texte := p.texte(code, modalite))]
    if not textes:
        return None
    somme = sommer(textes)
    return int(somme) if somme.isdecimal() else somme


def ecrire_somme(somme: int | str | None) -> str:
    """« 1234 » → « 1 234 » ; « au moins 1234 » → « au moins 1 234 » ; None → « — »."""
    if somme is None:
        return ABSENT
    texte = str(somme)
    prefixe = AU_MOINS if texte.startswith(AU_MOINS) else ""
    chiffres = texte.removeprefix(AU_MOINS)
    return f"{prefixe}{nombre(int(chiffres))}" if chiffres.isdecimal() else texte


def resultats_de(projets: list[Any]) -> Resultats:
    """Les sommes de ce que les projets publient, réel et prévu, masquées de même."""
    reels, prevus = [p.publie for p in projets], [p.prevu for p in projets]

    def sommes(code: str, modalite: str = "") -> tuple[int | str | None, int | str | None]:
        return somme_de(reels, code, modalite), somme_de(prevus, code, modalite)

    indicateurs = [Indicateur(code, libelle, *sommes(code)) for code, libelle in TOTAUX.items()]
    ventilations = {
        code: [Cellule(m, nom, *sommes(code, m)) for m, nom in LIBELLES_VENTILATIONS[code].items()]
        for code in DIMENSIONS
    }
    return Resultats(
        [indicateur for indicateur in indicateurs if indicateur.est_dite],
        [
            Ventilation(code, TITRES_VENTILATIONS[code], [c for c in cellules if c.est_dite])
            for code, cellules in ventilations.items()
            if any(cellule.est_dite for cellule in cellules)
        ],
        _satisfaction(reels),
        _satisfaction(prevus),
    )


def _satisfaction(publications: list[Publication]) -> Decimal | None:
    connues = [p.satisfaction for p in publications if p.satisfaction]
    if not connues:
        return None
    satisfaits, repondants = (sum(nombres) for nombres in zip(*connues, strict=True))
    return pourcentage(Decimal(satisfaits), Decimal(repondants))
