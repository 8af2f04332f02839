"""Lire un JSON en notant chaque refus avec sa place : « demandes[3].budget.postes[0].montant »."""

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

from django.db.models import Model

ABSENT = object()
ANNEES = range(1990, 2101)
# Ce que la base garde d'un petit entier, et d'un entier.
PETIT_ENTIER, ENTIER = 2**15 - 1, 2**31 - 1
# Le code d'un appel et celui d'une demande font partie de leur adresse.
CODE = re.compile(r"[A-Za-z0-9_-]+")


class Objet(dict):
    """Un objet JSON qui sait quelles clés sont écrites deux fois ; la dernière y efface l'autre."""

    def __init__(self, paires: list[tuple[str, Any]]) -> None:
        super().__init__(paires)
        fois = Counter(cle for cle, _ in paires)
        self.doubles = [cle for cle, nombre in fois.items() if nombre > 1]


class Lecteur:
    """Un endroit du fichier. Les lectures rendent une valeur, ou None en notant un refus."""

    def __init__(
        self, valeur: Any, place: str, refus: list[str], *, fuseau: ZoneInfo | None = None
    ) -> None:
        self.valeur = valeur
        self.place = place
        self.refus = refus
        self.fuseau = fuseau or ZoneInfo("America/Toronto")
        self.connues: set[str] = set()
        self.enfants: list[Lecteur] = []
        for cle in getattr(valeur, "doubles", ()):
            self.refuser(f"la clé « {citer(cle)} » est écrite deux fois.")

    def refuser(self, phrase: str, place: str = "") -> None:
        endroit = f"{self.place}.{place}" if place and self.place else place or self.place
        self.refus.append(f"{endroit} : {phrase}" if endroit else phrase)

    def _descendre(self, valeur: Any, place: str) -> "Lecteur":
        enfant = Lecteur(valeur, place, self.refus, fuseau=self.fuseau)
        self.enfants.append(enfant)
        return enfant

    def refuser_les_fautes_de_frappe(self) -> None:
        """Refuse une clé jamais lue qui ressemble à une absente : « recusation » se perdrait."""
        if isinstance(self.valeur, dict):
            absentes = self.connues - self.valeur.keys()
            for cle in sorted(self.valeur.keys() - self.connues):
                if proches := get_close_matches(cle, absentes, n=1, cutoff=0.8):
                    self.refuser(f"la clé « {citer(cle)} » : est-ce « {proches[0]} » ?")
        for enfant in self.enfants:
            enfant.refuser_les_fautes_de_frappe()

    def _brut(self, cle: str, defaut: Any) -> Any:
        if not isinstance(self.valeur, dict):
            phrase = f"{self.place} : un objet est attendu."
            if phrase not in self.refus:
                self.refus.append(phrase)
            return None
        self.connues.add(cle)
        if self.valeur.get(cle) is not None:
            return self.valeur[cle]
        if defaut is not ABSENT:
            return defaut
        if cle in self.valeur:
            self.refuser("une valeur est attendue, pas null.", cle)
        else:
            self.refuser(f"la clé « {cle} » manque.")
        return None

    def ecrit(self, cle: str) -> bool:
        """Vrai si la clé a une valeur."""
        return self._brut(cle, None) is not None

    def _place(self, cle: str) -> str:
        return f"{self.place}.{cle}" if self.place else cle

    # --- Formes
    def objet(self, cle: str, defaut: Any = ABSENT) -> "Lecteur | None":
        """L'objet sous ``cle``, ou None s'il manque ou n'est pas un objet."""
        brut = self._brut(cle, defaut)
        if brut is None:
            return None
        if not isinstance(brut, dict):
            self.refuser("un objet est attendu.", cle)
            return None
        return self._descendre(brut, self._place(cle))

    def liste(self, cle: str, defaut: Any = ABSENT) -> list["Lecteur"]:
        """Les éléments de la liste sous ``cle`` (vide si elle manque)."""
        brut = self._brut(cle, defaut)
        if brut is None:
            return []
        if not isinstance(brut, list):
            self.refuser("une liste est attendue.", cle)
            return []
        return [
            self._descendre(element, f"{self._place(cle)}[{rang}]")
            for rang, element in enumerate(brut)
        ]

    def textes(self, cle: str) -> list[str]:
        """La liste de textes courts sous ``cle`` (vide si elle manque)."""
        lus = []
        for element in self.liste(cle, []):
            if isinstance(element.valeur, str):
                lus.append(element.valeur)
            else:
                element.refuser("un texte est attendu.")
        return lus

    # --- Valeurs
    def texte(
        self,
        cle: str,
        defaut: Any = ABSENT,
        *,
        maximum: int | None = None,
        en_paragraphes: bool = False,
    ) -> str:
        """Un texte d'au plus ``maximum`` caractères, sur une ligne sauf ``en_paragraphes``."""
        brut = self._brut(cle, defaut)
        if brut is None:
            return ""
        if not isinstance(brut, str):
            self.refuser("un texte est attendu.", cle)
            return ""
        if _est_brise(brut, permis="\n\r\t" if en_paragraphes else ""):
            self.refuser("le texte contient un caractère interdit.", cle)
            return ""
        if maximum and len(brut.strip()) > maximum:
            self.refuser(f"le texte dépasse {maximum} caractères.", cle)
            return ""
        if defaut is ABSENT and not brut.strip():
            self.refuser("le texte est vide.", cle)
        return brut.strip()

    def code(self, cle: str, *, maximum: int | None = None) -> str:
        code = self.texte(cle, maximum=maximum)
        if code and not CODE.fullmatch(code):
            self.refuser(f"« {citer(code)} » : lettres sans accent, chiffres et tirets.", cle)
        return code

    def choix(self, cle: str, permis: Iterable[str], defaut: Any = ABSENT) -> str:
        valeur = self.texte(cle, defaut)
        permis = list(permis)
        if valeur and valeur not in permis:
            self.refuser(f"« {citer(valeur)} » n'est pas connu ({', '.join(permis)}).", cle)
        return valeur

    def booleen(self, cle: str, defaut: Any = ABSENT) -> bool:
        brut = self._brut(cle, defaut)
        if not isinstance(brut, bool) and brut is not None:
            self.refuser("true ou false est attendu.", cle)
        return bool(brut)

    def entier(
        self, cle: str, defaut: Any = ABSENT, *, minimum: int = 0, maximum: int = PETIT_ENTIER
    ) -> int:
        brut = self._brut(cle, defaut)
        if brut is None:
            return minimum
        if isinstance(brut, bool) or not isinstance(brut, int):
            self.refuser("un nombre entier est attendu.", cle)
            return minimum
        if not minimum <= brut <= maximum:
            self.refuser(f"« {citer(brut)} » doit être entre {minimum} et {maximum}.", cle)
            return minimum
        return brut

    def decimal(
        self, cle: str, defaut: Any = ABSENT, *, decimales: int = 2, maximum: str = "999999999.99"
    ) -> Decimal:
        """Un nombre ou un texte, positif, d'au plus ``decimales`` décimales."""
        brut = self._brut(cle, defaut)
        if brut is None:
            return Decimal(0)
        if isinstance(brut, bool) or not isinstance(brut, int | float | str | Decimal):
            self.refuser("un montant est attendu.", cle)
            return Decimal(0)
        try:
            valeur = Decimal(str(brut).replace("\xa0", "").replace(" ", "").replace(",", "."))
        except InvalidOperation:
            self.refuser(f"« {citer(brut)} » n'est pas un nombre.", cle)
            return Decimal(0)
        if not valeur.is_finite() or valeur < 0 or valeur > Decimal(maximum):
            self.refuser(f"« {citer(brut)} » doit être entre 0 et {maximum}.", cle)
            return Decimal(0)
        if valeur != valeur.quantize(Decimal(1).scaleb(-decimales)):
            self.refuser(f"« {citer(brut)} » a plus de {decimales} décimales.", cle)
            return Decimal(0)
        return valeur.quantize(Decimal(1).scaleb(-decimales))

    def taux(self, cle: str, defaut: Any = ABSENT) -> Decimal:
        return self.decimal(cle, defaut, decimales=4, maximum="1")

    def date(self, cle: str, defaut: Any = ABSENT) -> dt.date | None:
        brut = self._brut(cle, defaut)
        if brut is None:
            return None
        try:
            date = dt.date.fromisoformat(brut)
        except (TypeError, ValueError):
            self.refuser(f"« {citer(brut)} » n'est pas une date (AAAA-MM-JJ).", cle)
            return None
        return date if self._est_de_notre_temps(date, cle) else None

    def moment(self, cle: str, defaut: Any = ABSENT) -> dt.datetime | None:
        """Une date et une heure ; sans décalage, à l'heure du fuseau du fichier."""
        brut = self._brut(cle, defaut)
        if brut is None:
            return None
        try:
            moment = dt.datetime.fromisoformat(brut)
        except (TypeError, ValueError):
            self.refuser(f"« {citer(brut)} » n'est pas une date et une heure (ISO 8601).", cle)
            return None
        if not self._est_de_notre_temps(moment, cle):
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.fuseau)

    def _est_de_notre_temps(self, date: dt.date, cle: str) -> bool:
        """Le rejeu compte des jours avant et après : les bouts du calendrier n'en ont pas."""
        if date.year in ANNEES:
            return True
        self.refuser(
            f"« {date.isoformat()} » : l'année doit être entre {ANNEES[0]} et {ANNEES[-1]}.", cle
        )
        return False

    def uniques(self, elements: Iterable[tuple["Lecteur", Any]], quoi: str) -> None:
        """Refuse une valeur qui revient."""
        vus: dict[Any, str] = {}
        for lecteur, valeur in elements:
            if valeur in vus:
                lecteur.refuser(f"{quoi} « {citer(valeur)} » est déjà à {vus[valeur]}.")
            elif valeur not in ("", None):
                vus[valeur] = lecteur.place


def longueur(modele: type[Model], champ: str) -> int | None:
    """Ce que la base garde au plus de ce texte, en caractères."""
    return modele._meta.get_field(champ).max_length


def citer(valeur: Any) -> str:
    """Ce que le fichier dit, comme il l'écrit, sans déborder de la phrase."""
    texte = (
        valeur if isinstance(valeur, str) else json.dumps(valeur, ensure_ascii=False, default=str)
    )
    return texte if len(texte) <= 60 else f"{texte[:60]}…"


def _est_brise(texte: str, *, permis: str) -> bool:
    """Un caractère de commande, ou une moitié de caractère (« \\ud800 ») : JSON les laisse écrire,
    mais ni la base, ni un tableur, ni un calendrier ne les gardent tous."""
    return any(category(lettre) in {"Cc", "Cs"} for lettre in texte if lettre not in permis)
