"""Les liens possibles entre un membre du comité et un organisme : des indices, jamais un verdict.

Le membre les lit au moment de déclarer, la Ville avant de confier. Fonctions pures ; ce qui les
nourrit se lit dans ``evaluations/indices.py``.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

# Une adresse y appartient à n'importe qui : le domaine n'y dit rien.
DOMAINES_DE_TOUS = frozenset(
    {
        "gmail.com", "googlemail.com", "hotmail.com", "hotmail.ca", "hotmail.fr", "outlook.com",
        "outlook.fr", "live.com", "live.ca", "live.fr", "msn.com", "yahoo.com", "yahoo.ca",
        "yahoo.fr", "icloud.com", "me.com", "mac.com", "aol.com", "protonmail.com", "proton.me",
        "videotron.ca", "videotron.qc.ca", "cgocable.ca", "cogeco.ca", "cogeco.net", "bell.net",
        "sympatico.ca", "globetrotter.net", "telus.net", "exemple.test",
    }
)  # fmt: skip
PARTICULES = frozenset({"de", "du", "des", "la", "le", "les", "van", "von", "ben", "el", "al"})
MOTS_COMMUNS = frozenset(
    {
        "le", "la", "les", "de", "du", "des", "et", "en", "au", "aux", "inc", "obnl", "osbl",
        "coop", "organisme", "association", "centre", "cafe", "maison", "groupe", "trois",
        "rivieres", "mauricie", "quebec",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Personne:
    """Ce qu'on sait d'un membre ; ``declares`` : organisme → le lien qu'il a déjà déclaré."""

    nom: str
    courriel: str = ""
    employeur: str = ""
    declares: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entourage:
    """Ce qu'on sait d'un organisme : ses adresses, qui y signe, siège et rédige."""

    cle: int
    nom: str
    domaines: frozenset[str] = frozenset()
    signataire: str = ""
    administrateurs: tuple[str, ...] = ()
    membres: tuple[str, ...] = ()


# Le même nom se compare à celui de chaque membre, puis de chaque organisme.
@lru_cache(maxsize=4096)
def mots(texte: str) -> tuple[str, ...]:
    """Les mots d'un nom, sans accents ni majuscules : « Gélinas-Roy » → gelinas, roy."""
    simple = unicodedata.normalize("NFKD", texte).encode("ascii", "ignore").decode().lower()
    return tuple(re.findall(r"[a-z0-9]+", simple))


def domaine(adresse: str) -> str:
    """Le domaine d'un courriel ou d'un site ; vide s'il est à tout le monde."""
    hote = adresse.rpartition("@")[2] if "@" in adresse else (urlsplit(adresse).hostname or "")
    hote = hote.strip().lower().removeprefix("www.")
    return "" if hote in DOMAINES_DE_TOUS else hote


def liens(personne: Personne, organisme: Entourage) -> tuple[str, ...]:
    """Chaque indice, en une phrase que le membre comme l'agent peuvent lire ; vide sans indice."""
    trouves = []
    if lien := personne.declares.get(organisme.cle):
        trouves.append(f"lien déjà déclaré avec cet organisme : {lien.lower()}")
    if _meme_domaine(domaine(personne.courriel), organisme.domaines):
        trouves.append(f"même domaine de courriel : {domaine(personne.courriel)}")
    if _meme_organisme(personne.employeur, organisme.nom):
        trouves.append(f"employeur inscrit au profil : {personne.employeur}")
    trouves += _noms(personne.nom, organisme)
    return tuple(trouves)


def _meme_domaine(sien: str, domaines: frozenset[str]) -> bool:
    return bool(sien) and any(
        sien == autre or sien.endswith(f".{autre}") or autre.endswith(f".{sien}")
        for autre in domaines
    )


def _meme_organisme(employeur: str, nom: str) -> bool:
    """Les mots qui comptent de l'un sont tous dans l'autre."""
    siens, autres = (frozenset(mots(texte)) - MOTS_COMMUNS for texte in (employeur, nom))
    return bool(siens and autres) and (siens <= autres or autres <= siens)


def _noms(nom: str, organisme: Entourage) -> Iterable[str]:
    groupes = (
        ("de la personne autorisée à signer", (organisme.signataire,)),
        ("d'une personne du conseil d'administration", organisme.administrateurs),
        ("d'une personne qui rédige pour l'organisme", organisme.membres),
    )
    for qui, noms in groupes:
        if any(_meme_nom(nom, autre) for autre in noms):
            yield f"porte le nom {qui}"
        elif any(_famille(nom) & _famille(autre) for autre in noms):
            yield f"même nom de famille que celui {qui}"


def _meme_nom(nom: str, autre: str) -> bool:
    siens = mots(nom)
    return len(siens) > 1 and sorted(siens) == sorted(mots(autre))


def _famille(nom: str) -> frozenset[str]:
    """Les mots après le prénom, assez longs pour être un nom."""
    return frozenset(mot for mot in mots(nom)[1:] if len(mot) > 2 and mot not in PARTICULES)
