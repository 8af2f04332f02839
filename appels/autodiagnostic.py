"""« Est-ce pour nous ? » : ce que disent les réponses d'un organisme aux conditions d'un appel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OUI, NON, INCONNU = "oui", "non", "inconnu"
A_VERIFIER = "a_verifier"
LIBELLES = {OUI: "Oui", NON: "Non", INCONNU: "Je ne sais pas"}
ETIQUETTES = {
    OUI: ("Condition remplie", "fait"),
    NON: ("Condition non remplie", "refus"),
    A_VERIFIER: ("À vérifier", "avertissement"),
}


@dataclass(frozen=True)
class Ligne:
    """Une condition, la réponse donnée et ce qu'elle veut dire : oui, non ou à vérifier."""

    question: str
    explication: str
    reponse: str
    verdict: str

    @property
    def reponse_lisible(self) -> str:
        return LIBELLES[self.reponse]

    @property
    def etiquette(self) -> str:
        return ETIQUETTES[self.verdict][0]

    @property
    def role(self) -> str:
        return ETIQUETTES[self.verdict][1]


@dataclass(frozen=True)
class Bilan:
    """Toutes les conditions : « non » dès qu'une l'est, « oui » quand toutes le sont."""

    lignes: list[Ligne]

    @property
    def verdict(self) -> str:
        verdicts = {ligne.verdict for ligne in self.lignes}
        if NON in verdicts:
            return NON
        return OUI if verdicts <= {OUI} else A_VERIFIER


def examiner(conditions: Iterable[Any], reponses: Mapping[int, str]) -> Bilan:
    """Le bilan des ``reponses`` (par clé de condition) ; sans réponse, on ne sait pas."""
    lignes = []
    for condition in conditions:
        reponse = reponses.get(condition.pk, INCONNU)
        if reponse == condition.reponse_attendue:
            verdict = OUI
        elif reponse == INCONNU or not condition.eliminatoire:
            verdict = A_VERIFIER
        else:
            verdict = NON
        lignes.append(
            Ligne(condition.question_lisible, condition.explication_lisible, reponse, verdict)
        )
    return Bilan(lignes)
