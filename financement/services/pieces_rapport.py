"""Les fichiers d'un rapport : preuves de dépenses, documents, photos (regles.md, 17)."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from appels.models import Question
from appels.services.pieces import faire_analyser, fichier_recu
from financement.models import DepenseReelle, PieceRapport, Rapport
from financement.services.rapports import verrouiller
from socle import horloge
from socle.exceptions import RegleViolee
from socle.journal import journaliser


@transaction.atomic
def joindre_preuve(
    *, acteur: Any, rapport: Rapport, depense: DepenseReelle, fichier: UploadedFile
) -> PieceRapport:
    """Joint une preuve de plus à une ligne de dépense ; le même fichier n'y est qu'une fois."""
    rapport = verrouiller(acteur, rapport)
    if depense.rapport_id != rapport.pk:
        raise RegleViolee("Cette dépense n'est pas dans le rapport.")
    return _joindre(acteur, rapport, fichier, depense_cle=depense.cle)


@transaction.atomic
def joindre_document(
    *, acteur: Any, rapport: Rapport, question: Question, fichier: UploadedFile
) -> PieceRapport:
    """Répond par un document à une question du formulaire ; celui d'avant reste dans l'histoire."""
    rapport = verrouiller(acteur, rapport)
    if question.section.formulaire_id != rapport.formulaire_id:
        raise RegleViolee("Cette question n'est pas dans le formulaire.")
    anciens = list(rapport.pieces.actives().filter(question=question))
    piece = _joindre(acteur, rapport, fichier, question=question)
    for ancien in anciens:
        if ancien != piece:
            ancien.retiree_le = horloge.maintenant()
            ancien.save(update_fields=["retiree_le"])
    return piece


def joindre_photo(*, acteur: Any, rapport: Rapport, fichier: UploadedFile) -> PieceRapport:
    """Joint la photo d'un témoignage ; l'appelant l'a verrouillé et en a ôté les métadonnées."""
    return _joindre(acteur, rapport, fichier)


def _joindre(acteur: Any, rapport: Rapport, fichier: UploadedFile, **place: Any) -> PieceRapport:
    recu = fichier_recu(fichier)
    if place:
        deja = rapport.pieces.actives().filter(
            empreinte=recu["empreinte"], nom=recu["nom"], **place
        )
        if (meme := deja.first()) is not None:
            return meme
    piece = PieceRapport.objects.create(rapport=rapport, ajoutee_par=acteur, **place, **recu)
    journaliser(
        acteur=acteur,
        verbe="rapport.joindre_piece",
        objet=rapport,
        details={"nom": piece.nom, "empreinte": piece.empreinte},
    )
    faire_analyser(piece)
    return piece


@transaction.atomic
def retirer_piece(*, acteur: Any, piece: PieceRapport) -> None:
    """Retire un fichier du rapport ; il reste dans l'histoire."""
    verrouiller(acteur, piece.rapport)
    piece.retiree_le = horloge.maintenant()
    piece.save(update_fields=["retiree_le"])
    journaliser(
        acteur=acteur,
        verbe="rapport.retirer_piece",
        objet=piece.rapport,
        details={"nom": piece.nom},
    )
