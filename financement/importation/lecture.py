"""Lire un JSON en notant chaque refus avec sa place : « demandes[3].budget.postes[0].montant »."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model

ABSENT = object()


class Lecteur:
    """Un endroit du fichier. Les lectures rendent une valeur, ou None en notant un refus."""

    def __init__(
        self, valeur: Any, place: str, refus: list[str], *, fuseau: ZoneInfo | None = None
    ) -> None:
        self.valeur = valeur
        self.place = place
        self.refus = refus
        self.fuseau = fuseau or ZoneInfo("America/Toronto")

    def refuser(self, phrase: str, place: str = "") -> None:
        endroit = f"{self.place}.{place}" if place and self.place else place or self.place
        self.refus.append(f"{endroit} : {phrase}" if endroit else phrase)

    def _descendre(self, valeur: Any, place: str) -> "Lecteur":
        return Lecteur(valeur, place, self.refus, fuseau=self.fuseau)

    def _brut(self, cle: str, defaut: Any) -> Any:
        if not isinstance(self.valeur, dict):
            phrase = f"{self.place} : un objet est attendu."
            if phrase not in self.refus:
                self.refus.append(phrase)
            return None
        if cle in self.valeur:
            return self.valeur[cle]
        if defaut is ABSENT:
            self.refuser(f"la clé « {cle} » manque.")
            return None
        return defaut

    def _place(self, cle: str) -> str:
        return f"{self.place}.{cle}" if self.place else cle

    # --- Formes
    def objet(self, cle: str, defaut: Any = ABSENT) -> "Lecteur | None":
        """L'objet sous ``cle``, ou None s'il manque ou n'est pas un objet."""
        brut = self._brut(cle, defaut)
        nul_ecrit = isinstance(self.valeur, dict) and cle in self.valeur and defaut is ABSENT
        if brut is None and not nul_ecrit:
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
    def texte(self, cle: str, defaut: Any = ABSENT, *, maximum: int | None = None) -> str:
        """Un texte d'au plus ``maximum`` caractères."""
        brut = self._brut(cle, defaut)
        if brut is None:
            return ""
        if not isinstance(brut, str):
            self.refuser("un texte est attendu.", cle)
            return ""
        if "\x00" in brut or _est_brise(brut):
            self.refuser("le texte contient un caractère interdit.", cle)
            return ""
        if maximum and len(brut.strip()) > maximum:
            self.refuser(f"le texte dépasse {maximum} caractères.", cle)
            return ""
        if defaut is ABSENT and not brut.strip():
            self.refuser("le texte est vide.", cle)
        return brut.strip()

    def choix(self, cle: str, permis: Iterable[str], defaut: Any = ABSENT) -> str:
        valeur = self.texte(cle, defaut)
        permis = list(permis)
        if valeur and valeur not in permis:
            self.refuser(f"« {valeur} » n'est pas connu ({', '.join(permis)}).", cle)
        return valeur

    def booleen(self, cle: str, defaut: Any = ABSENT) -> bool:
        brut = self._brut(cle, defaut)
        if not isinstance(brut, bool) and brut is not None:
            self.refuser("true ou false est attendu.", cle)
        return bool(brut)

    def entier(self, cle: str, defaut: Any = ABSENT, *, minimum: int = 0) -> int:
        brut = self._brut(cle, defaut)
        if brut is None:
            return minimum
        if isinstance(brut, bool) or not isinstance(brut, int):
            self.refuser("un nombre entier est attendu.", cle)
            return minimum
        if not minimum <= brut <= 2_000_000_000:
            self.refuser(f"le nombre doit être d'au moins {minimum}.", cle)
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
            self.refuser(f"« {brut} » n'est pas un nombre.", cle)
            return Decimal(0)
        if not valeur.is_finite() or valeur < 0 or valeur > Decimal(maximum):
            self.refuser(f"« {brut} » doit être entre 0 et {maximum}.", cle)
            return Decimal(0)
        if valeur != valeur.quantize(Decimal(1).scaleb(-decimales)):
            self.refuser(f"« {brut} » a plus de {decimales} décimales.", cle)
            return Decimal(0)
        return valeur.quantize(Decimal(1).scaleb(-decimales))

    def taux(self, cle: str, defaut: Any = ABSENT) -> Decimal:
        return self.decimal(cle, defaut, decimales=4, maximum="1")

    def date(self, cle: str, defaut: Any = ABSENT) -> dt.date | None:
        brut = self._brut(cle, defaut)
        if brut is None:
            return None
        try:
            return dt.date.fromisoformat(brut)
        except (TypeError, ValueError):
            self.refuser(f"« {brut} » n'est pas une date (AAAA-MM-JJ).", cle)
            return None

    def moment(self, cle: str, defaut: Any = ABSENT) -> dt.datetime | None:
        """Une date et une heure ; sans décalage, à l'heure du fuseau du fichier."""
        brut = self._brut(cle, defaut)
        if brut is None:
            return None
        try:
            moment = dt.datetime.fromisoformat(brut)
        except (TypeError, ValueError):
            self.refuser(f"« {brut} » n'est pas une date et une heure (ISO 8601).", cle)
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.fuseau)

    def uniques(self, elements: Iterable[tuple["Lecteur", Any]], quoi: str) -> None:
        """Refuse une valeur qui revient."""
        vus: dict[Any, str] = {}
        for lecteur, valeur in elements:
            if valeur in vus:
                lecteur.refuser(f"{quoi} « {valeur} » est déjà à {vus[valeur]}.")
            elif valeur not in ("", None):
                vus[valeur] = lecteur.place


def longueur(modele: type[Model], champ: str) -> int | None:
    """Ce que la base garde au plus de ce texte, en caractères."""
    return modele._meta.get_field(champ).max_length


def _est_brise(texte: str) -> bool:
    """Une moitié de caractère (« \\ud800 »), que JSON laisse écrire et que la base refuse."""
    return any("\ud800" <= lettre <= "\udfff" for lettre in texte)
