"""Les formats québécois que l'application vérifie (regles.md, 1 et 2)."""

import re

from django.core.exceptions import ValidationError

# ASCII : sans lui, « \d » prend aussi les chiffres d'autres écritures.
NEQ = re.compile(r"(11|22|33|88)\d{8}", re.ASCII)
CODE_POSTAL = re.compile(r"[GHJ]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d", re.ASCII)


def normaliser_neq(saisie: str) -> str:
    """Le NEQ sans espaces, comme il se range."""
    return re.sub(r"\s", "", saisie)


def valider_neq(valeur: str) -> None:
    if not NEQ.fullmatch(normaliser_neq(valeur)):
        raise ValidationError(
            "Le NEQ compte 10 chiffres et commence par 11, 22, 33 ou 88. "
            "Vous le trouverez sur votre avis d'immatriculation au Registraire des entreprises.",
            code="neq",
        )


def avertissements_neq(neq: str) -> list[str]:
    """Ce qui demande un coup d'œil sans rien bloquer : clé douteuse, préfixe inhabituel."""
    avis = []
    if not _cle_luhn_juste(neq[2:]):
        avis.append("La clé de ce NEQ semble inexacte : vérifiez chaque chiffre.")
    if not neq.startswith("11"):
        avis.append(
            "Ce NEQ n'est pas celui d'une personne morale (il ne commence pas par 11) : "
            "la Ville vérifiera l'admissibilité de l'organisme."
        )
    return avis


def _cle_luhn_juste(chiffres: str) -> bool:
    somme = 0
    for position, chiffre in enumerate(reversed(chiffres)):
        valeur = int(chiffre) * (2 if position % 2 else 1)
        somme += valeur - 9 if valeur > 9 else valeur
    return somme % 10 == 0


def normaliser_code_postal(saisie: str) -> str:
    """Le code postal comme il s'écrit : « G9A 5H3 »."""
    compact = re.sub(r"\s", "", saisie).upper()
    return f"{compact[:3]} {compact[3:]}" if len(compact) == 6 else saisie.strip().upper()


def valider_code_postal(valeur: str) -> None:
    if not CODE_POSTAL.fullmatch(valeur):
        raise ValidationError(
            "Écrivez un code postal du Québec, par exemple G9A 5H3.", code="code_postal"
        )
