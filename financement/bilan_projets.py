"""Du chiffre aux projets : ceux qui sont derrière, et ce que chacun y apporte."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from financement.bilan import Bilan, Groupe, Projet
from financement.bilan_argent import ZERO
from financement.bilan_resultats import ecrire_somme
from financement.indicateurs import LIBELLES_VENTILATIONS, TITRES_VENTILATIONS, TOTAUX
from financement.masquage import sommer


@dataclass(frozen=True)
class Apport:
    """Un projet et ce qu'il apporte au chiffre : dollars, et les nombres tels qu'ils se publient.

    ``nombre`` est le réel, ``prevu`` ce que sa convention attend ; vides quand il n'en dit rien.
    """

    projet: Projet
    accorde: Decimal
    verse: Decimal
    nombre: str = ""
    prevu: str = ""

    @property
    def texte(self) -> str:
        return ecrire_somme(self.nombre or None)

    @property
    def prevu_lu(self) -> str:
        return ecrire_somme(self.prevu or None)


@dataclass(frozen=True)
class Derriere:
    """Ce qu'est le chiffre, ses projets, et le nom du nombre quand il en compte un."""

    axe: str
    libelle: str
    apports: list[Apport]
    nom_du_nombre: str = ""

    @property
    def accorde(self) -> Decimal:
        return sum((apport.accorde for apport in self.apports), ZERO)

    @property
    def verse(self) -> Decimal:
        return sum((apport.verse for apport in self.apports), ZERO)

    @property
    def total(self) -> str:
        """Le chiffre même, tel que le bilan l'écrit."""
        return _total([apport.nombre for apport in self.apports])

    @property
    def total_prevu(self) -> str:
        return _total([apport.prevu for apport in self.apports])


def _total(textes: list[str]) -> str:
    connus = [texte for texte in textes if texte]
    return ecrire_somme(sommer(connus) if connus else None)


Trouve = tuple[str, list[Apport]] | None


def _apports(projets: list[Projet]) -> list[Apport]:
    return [Apport(projet, projet.accorde, projet.verse) for projet in projets]


def _d_un_groupe(nom: str) -> Callable[[Bilan, str], Trouve]:
    def chercher(bilan: Bilan, code: str) -> Trouve:
        groupes: list[Groupe] = getattr(bilan, nom)
        return next(((g.libelle, _apports(g.membres)) for g in groupes if g.code == code), None)

    return chercher


def _du_volet(bilan: Bilan, code: str) -> Trouve:
    return next(((v.nom, _apports(v.membres)) for v in bilan.volets if str(v.cle) == code), None)


def _de_la_source(bilan: Bilan, code: str) -> Trouve:
    """``code`` : « bailleur|exercice » ; les dollars sont ceux de cette source."""
    for source in bilan.sources:
        if code == source.cle:
            return source.libelle, [
                Apport(projet, *source.parts[projet.demande.pk])
                for projet in bilan.projets
                if projet.demande.pk in source.parts
            ]
    return None


def _de_tous(bilan: Bilan, code: str) -> Trouve:
    return None if code else ("Tous les projets financés", _apports(bilan.projets))


def _du_verse(bilan: Bilan, code: str) -> Trouve:
    payes = [projet for projet in bilan.projets if projet.verse]
    return None if code else ("Les projets où de l'argent est versé", _apports(payes))


def _de_l_indicateur(bilan: Bilan, code: str) -> Trouve:
    if code not in TOTAUX:
        return None
    return TOTAUX[code].removeprefix("dont "), _comptes(bilan, code)


def _de_la_cellule(bilan: Bilan, code: str) -> Trouve:
    """``code`` : « par_genre|femmes »."""
    dimension, _, modalite = code.partition("|")
    libelle = LIBELLES_VENTILATIONS.get(dimension, {}).get(modalite)
    if libelle is None or dimension not in TITRES_VENTILATIONS:
        return None
    return f"{TITRES_VENTILATIONS[dimension]} : {libelle}", _comptes(bilan, dimension, modalite)


def _de_la_satisfaction(bilan: Bilan, code: str) -> Trouve:
    sondes = [p for p in bilan.projets if p.publie.satisfaction or p.prevu.satisfaction]
    return None if code else ("Satisfaction", _apports(sondes))


def _comptes(bilan: Bilan, code: str, modalite: str = "") -> list[Apport]:
    """Ce que chaque projet publie de cette case ; celui qui n'y dit que 0 n'y apporte rien."""
    apports = [
        Apport(p, p.accorde, p.verse, p.publie.texte(code, modalite), p.prevu.texte(code, modalite))
        for p in bilan.projets
    ]
    return [apport for apport in apports if {apport.nombre, apport.prevu} - {"", "0"}]


@dataclass(frozen=True)
class Axe:
    """Une sorte de chiffre : son nom, comment trouver ses projets, qui peut y aller.

    ``au_bailleur`` : l'argent par source, les indicateurs et les projets ; rien d'autre.
    """

    nom: str
    chercher: Callable[[Bilan, str], Trouve]
    au_bailleur: bool = False
    nom_du_nombre: str = ""


AXES = {
    "tous": Axe("Bilan", _de_tous, au_bailleur=True),
    "verse": Axe("Versé", _du_verse, au_bailleur=True),
    "source": Axe("Bailleur", _de_la_source, au_bailleur=True),
    "indicateur": Axe("Indicateur", _de_l_indicateur, au_bailleur=True, nom_du_nombre="Nombre"),
    "ventilation": Axe("Personnes", _de_la_cellule, au_bailleur=True, nom_du_nombre="Personnes"),
    "satisfaction": Axe("Indicateur", _de_la_satisfaction, au_bailleur=True),
    "volet": Axe("Volet", _du_volet),
    "objectif": Axe("Objectif", _d_un_groupe("objectifs")),
    "besoin": Axe("Besoin", _d_un_groupe("besoins")),
    "theme": Axe("Thème", _d_un_groupe("themes")),
    "secteur": Axe("Secteur", _d_un_groupe("secteurs")),
}


def projets_derriere(bilan: Bilan, axe: str, code: str, *, complet: bool) -> Derriere | None:
    """Les projets derrière le chiffre ``code`` de ``axe`` ; None s'il n'existe pas, ou si la
    personne ne lit pas le bilan ``complet``."""
    sorte = AXES.get(axe)
    if sorte is None or not (complet or sorte.au_bailleur):
        return None
    trouve = sorte.chercher(bilan, code)
    return trouve and Derriere(sorte.nom, *trouve, nom_du_nombre=sorte.nom_du_nombre)
