"""Les fiches d'un calibrage dévoilé, côte à côte : de quoi s'accorder sur l'échelle."""

from dataclasses import dataclass
from decimal import Decimal

from appels.models import Critere
from evaluations.models import Calibrage, FicheCalibrage, NoteCalibrage


@dataclass(frozen=True)
class Regard:
    """La fiche d'un membre : qui, et son total sur 100 pour ce dossier fictif seulement."""

    nom: str
    code: str
    total: Decimal


@dataclass(frozen=True)
class LigneComparee:
    """Un critère : la note de chacun, dans l'ordre des regards, et l'étendue des notes."""

    critere: Critere
    notes: list[NoteCalibrage]

    @property
    def etendue(self) -> int:
        valeurs = [note.note for note in self.notes]
        return max(valeurs) - min(valeurs)

    @property
    def a_discuter(self) -> bool:
        """Deux niveaux d'écart ou plus : les mots de l'échelle n'ont pas le même sens pour tous."""
        return self.etendue >= 2

    @property
    def commentaires(self) -> list[NoteCalibrage]:
        return [note for note in self.notes if note.commentaire]


@dataclass(frozen=True)
class Comparaison:
    regards: list[Regard]
    lignes: list[LigneComparee]


def comparer(calibrage: Calibrage) -> Comparaison | None:
    """Les fiches soumises d'un calibrage dévoilé ; None tant qu'il ne l'est pas."""
    if calibrage.etat != Calibrage.Etat.DEVOILE:
        return None
    fiches = list(
        FicheCalibrage.objects.filter(calibrage=calibrage, soumise_le__isnull=False)
        .select_related("membre__utilisateur")
        .prefetch_related("notes__critere", "notes__fiche__membre__utilisateur")
        .order_by("membre__code")
    )
    par_critere: dict[int, list[NoteCalibrage]] = {}
    for fiche in fiches:
        for note in fiche.notes.all():
            par_critere.setdefault(note.critere_id, []).append(note)
    return Comparaison(
        regards=[
            Regard(str(f.membre), f.membre.code, f.calculer_score().quantize(Decimal("0.1")))
            for f in fiches
        ],
        lignes=[
            LigneComparee(critere, par_critere[critere.pk])
            for critere in calibrage.appel.criteres.all()
            if critere.pk in par_critere
        ],
    )
