"""Écrire en toutes lettres, à la manière du Québec : nombres, montants, énumérations."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_PETITS = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    *("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize"),
    *("dix-sept", "dix-huit", "dix-neuf"),
)
_DIZAINES = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante"}
_CENT = Decimal("0.01")
NOMBRE_MAX = 999_999_999


def _moins_de_cent(n: int) -> str:
    if n < 20:
        return _PETITS[n]
    dizaine, unite = divmod(n, 10)
    if dizaine in (7, 9):  # soixante-dix, quatre-vingt-dix
        dizaine, unite = dizaine - 1, unite + 10
    if dizaine == 8:
        return f"quatre-vingt-{_PETITS[unite]}" if unite else "quatre-vingts"
    base = _DIZAINES[dizaine]
    if not unite:
        return base
    return f"{base} et {_PETITS[unite]}" if unite in (1, 11) else f"{base}-{_PETITS[unite]}"


def _moins_de_mille(n: int) -> str:
    centaines, reste = divmod(n, 100)
    if not centaines:
        return _moins_de_cent(reste)
    cent = "cent" if centaines == 1 else f"{_PETITS[centaines]} cent"
    if reste:
        return f"{cent} {_moins_de_cent(reste)}"
    return cent if centaines == 1 else f"{cent}s"


def en_lettres(n: int) -> str:
    """Un entier de 0 à 999 999 999 : 80 → « quatre-vingts », 80 000 → « quatre-vingt mille »."""
    if not 0 <= n <= NOMBRE_MAX:
        raise ValueError(f"Nombre hors de ce qui s'écrit en lettres : {n}")
    millions, reste = divmod(n, 1_000_000)
    milliers, unites = divmod(reste, 1000)
    morceaux = []
    if millions:
        morceaux.append(f"{_moins_de_mille(millions)} million{'s' if millions > 1 else ''}")
    if milliers == 1:
        morceaux.append("mille")
    elif milliers:
        # Devant « mille », un adjectif, « cent » et « vingt » restent au singulier.
        texte = _moins_de_mille(milliers)
        if texte.endswith(("cents", "vingts")):
            texte = texte[:-1]
        morceaux.append(f"{texte} mille")
    if unites or not morceaux:
        morceaux.append(_moins_de_mille(unites))
    return " ".join(morceaux)


def montant_en_lettres(montant: Decimal | int | float | str) -> str:
    """« dix-neuf mille cinq cents dollars » ; les cents ne s'écrivent que s'il y en a."""
    exact = Decimal(str(montant)).quantize(_CENT, ROUND_HALF_UP)
    dollars, cents = divmod(int(exact * 100), 100)
    de = "de " if dollars >= 1_000_000 and dollars % 1_000_000 == 0 else ""
    texte = f"{en_lettres(dollars)} {de}dollar{'s' if dollars > 1 else ''}"
    if not cents:
        return texte
    texte_cents = f"{en_lettres(cents)} cent{'s' if cents > 1 else ''}"
    return texte_cents if not dollars else f"{texte} et {texte_cents}"


def ordinal(n: int) -> str:
    """« 1er », « 2e »."""
    return "1er" if n == 1 else f"{n}e"


def joindre(elements: Iterable[object], conjonction: str = "et") -> str:
    """« a », « a et b », « a, b et c »."""
    textes = [str(element) for element in elements]
    if len(textes) < 2:
        return "".join(textes)
    return f"{', '.join(textes[:-1])} {conjonction} {textes[-1]}"


def lignes(texte: str) -> list[str]:
    """Les lignes d'un texte, sans les vides ni les tirets de liste qui les commencent."""
    propres = (ligne.strip().lstrip("-•*").strip() for ligne in (texte or "").splitlines())
    return [ligne for ligne in propres if ligne]


def lire_entier(texte: str) -> int | None:
    """Le nombre qu'écrit ``texte`` en chiffres seulement ; None s'il n'en est pas un.

    Au-delà de neuf chiffres, ce n'est le numéro de rien : PostgreSQL ne le prendrait pas.
    """
    return int(texte) if texte.isdecimal() and len(texte) <= 9 else None
