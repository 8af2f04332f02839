"""Les documents du dossier d'un organisme : écrits une fois, repris dans chaque demande."""

import datetime as dt
from typing import Any

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from appels.models import Demande, GenreDossier, PieceExigee, PieceJointe, PieceOrganisme
from appels.services.demandes import exiger_modifiable
from appels.services.pieces import faire_analyser, fichier_recu
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Organisme


@transaction.atomic
def ranger_document(
    *,
    acteur: Any,
    organisme: Organisme,
    genre: str,
    date_document: dt.date,
    fichier: UploadedFile,
) -> PieceOrganisme:
    """Range un document au dossier ; celui d'avant reste dans l'histoire."""
    exiger_permission(acteur, "organisme.modifier", organisme)
    Organisme.objects.select_for_update(no_key=True).get(pk=organisme.pk)
    if genre not in GenreDossier.values:
        raise RegleViolee("Choisissez un document de la liste.", champ="genre")
    if date_document > horloge.aujourdhui():
        raise RegleViolee(
            "La date du document ne peut pas être à venir.", champ="date_document", code="date"
        )
    recu = fichier_recu(fichier)
    organisme.pieces_dossier.filter(genre=genre, retiree_le=None).update(
        retiree_le=horloge.maintenant()
    )
    piece = PieceOrganisme.objects.create(
        organisme=organisme,
        genre=genre,
        date_document=date_document,
        ajoutee_par=acteur,
        **recu,
    )
    journaliser(
        acteur=acteur,
        verbe="organisme.ranger_document",
        objet=organisme,
        details={"genre": genre, "nom": piece.nom, "empreinte": piece.empreinte},
    )
    faire_analyser(piece)
    return piece


def documents_du_dossier(organisme: Organisme) -> dict[str, PieceOrganisme]:
    """Genre → document en vigueur."""
    return {piece.genre: piece for piece in organisme.pieces_dossier.filter(retiree_le=None)}


@transaction.atomic
def reprendre_du_dossier(
    *, acteur: Any, demande: Demande, piece_exigee: PieceExigee
) -> PieceJointe:
    """Joint à la demande le document du dossier qui répond à ``piece_exigee``.

    C'est une copie : changer le dossier ensuite ne change pas la demande.
    """
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    exiger_modifiable(acteur, demande, partie=piece_exigee)
    if piece_exigee.appel_id != demande.appel_id or not piece_exigee.genre_dossier:
        raise RegleViolee("Ce document ne se reprend pas du dossier.", code="dossier")
    source = documents_du_dossier(demande.organisme).get(piece_exigee.genre_dossier)
    if source is None or not source.est_telechargeable:
        raise RegleViolee("Le dossier de l'organisme n'a pas ce document.", code="dossier")
    demande.pieces.filter(piece_exigee=piece_exigee, retiree_le=None).update(
        retiree_le=horloge.maintenant()
    )
    with source.fichier.open("rb") as fichier:
        piece = PieceJointe.objects.create(
            demande=demande,
            piece_exigee=piece_exigee,
            nom=source.nom,
            fichier=File(fichier, name=source.nom),
            taille=source.taille,
            type_mime=source.type_mime,
            empreinte=source.empreinte,
            analyse=source.analyse,
            ajoutee_par=acteur,
        )
    journaliser(
        acteur=acteur,
        verbe="demande.joindre_piece",
        objet=demande,
        details={"nom": piece.nom, "empreinte": piece.empreinte, "du_dossier": True},
    )
    return piece


def reprendre_tout(*, acteur: Any, demande: Demande) -> int:
    """Joint à un brouillon neuf chaque document demandé que le dossier a, à jour."""
    dossier = documents_du_dossier(demande.organisme)
    repris = 0
    for exigee in demande.appel.pieces_exigees.exclude(genre_dossier=""):
        source = dossier.get(exigee.genre_dossier)
        if source is not None and source.est_telechargeable and not source.est_perimee:
            reprendre_du_dossier(acteur=acteur, demande=demande, piece_exigee=exigee)
            repris += 1
    return repris
