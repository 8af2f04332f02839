"""Les textes libres d'un compte rendu : où ils paraissent, ce qu'on y écrit. Avant la clôture."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from appels.models import Demande
from evaluations.models import Affectation, Seance
from evaluations.projets import ProjetLu, projets_lus
from socle.models import Document

GENERAUX = (
    (
        "ouverture",
        "Ouverture",
        "Qui ouvre la séance, ce que le comité rappelle avant de commencer.",
    ),
    (
        "suites",
        "Suites et divers",
        "Ce qui est à faire, par qui et pour quand ; les questions d'intérêt général.",
    ),
    ("annexe", "Annexe", "Un texte à joindre à la fin : méthode, position, précision."),
)
DISCUSSION = "Ce que le comité a dit du projet, sans nommer qui l'a dit ni qui a donné quelle note."


@dataclass(frozen=True)
class Bloc:
    """Un texte libre : sa clé, son titre, ce qu'on y écrit, et son texte d'aujourd'hui."""

    cle: str
    titre: str
    aide: str
    texte: str


def blocs(seance: Seance, *, au_comite: bool = False) -> list[Bloc]:
    """Les blocs d'une séance : les généraux, puis la discussion de chaque demande au comité.

    ``au_comite`` : les titres tels que le comité les lit, sans nom s'il le faut.
    """
    demandes: Iterable[Demande | ProjetLu] = (
        Demande.objects.filter(appel=seance.appel_id, etat__in=["evaluee", "recommandee"])
        .select_related("appel", "organisme", "volet")
        .order_by("volet__no", "code")
    )
    if au_comite:
        demandes = projets_lus(demandes)
    definis = [
        *GENERAUX,
        *((cle_discussion(d), f"{d.code} · {d.titre}", DISCUSSION) for d in demandes),
    ]
    return [Bloc(cle, titre, aide, texte_de(seance, cle)) for cle, titre, aide in definis]


def document_lisible(utilisateur: Any, seance: Seance) -> Document | None:
    """Le compte rendu figé que la personne peut lire : l'entier, ou sa copie si elle est récusée.

    Une récusation venue après la clôture, que la copie ne connaît pas, ferme aussi la copie.
    """
    if seance.compte_rendu is None:
        return None
    if utilisateur.peut("seance.compte_rendu", seance):
        return seance.compte_rendu
    copie = (
        seance.copies.filter(membres__utilisateur=utilisateur).select_related("document").first()
    )
    if copie is None:
        return None
    recusees = Affectation.objects.filter(
        membre__utilisateur=utilisateur, demande__appel=seance.appel_id, etat="recusee"
    )
    if recusees.exclude(demande__in=copie.sans.all()).exists():
        return None
    return copie.document


def cle_discussion(demande: Demande | ProjetLu) -> str:
    return f"discussion-{demande.pk}"


def texte_de(seance: Seance, cle: str) -> str:
    return seance.textes.get(cle, {}).get("texte", "")
