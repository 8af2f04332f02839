"""Les témoignages et les photos d'un rapport, et ce à quoi les personnes consentent."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from financement.models import Rapport, Temoignage
from financement.photos import PhotoIllisible, sans_metadonnees
from financement.services.pieces_rapport import joindre_photo, retirer_piece
from financement.services.rapports import verrouiller
from socle import horloge
from socle.cache_public import perimer
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

AUCUN = Temoignage.Consentement.AUCUN


@transaction.atomic
def ajouter_temoignage(
    *, acteur: Any, rapport: Rapport, photo: UploadedFile | None = None, **champs: Any
) -> Temoignage:
    """Ajoute un témoignage, avec ou sans photo ; la photo est gardée sans ses métadonnées.

    ``champs`` : texte, signature, consentement, consenti_par, consenti_le, moyen. Lève
    ``RegleViolee`` : ``consenti_par``, ``consenti_le``, ``moyen``, ``photo``, ``texte``.
    """
    rapport = verrouiller(acteur, rapport)
    if not champs["texte"].strip():
        raise RegleViolee(
            "Écrivez ce que la personne a dit, ou ce que montre la photo.", champ="texte"
        )
    if champs.get("consentement", AUCUN) == AUCUN:
        champs |= {"consenti_par": "", "consenti_le": None, "moyen": ""}
    else:
        _exiger_consentement(champs)
    piece = None
    if photo is not None:
        try:
            propre = sans_metadonnees(photo)
        except PhotoIllisible:
            raise RegleViolee(
                "Cette photo ne s'ouvre pas : joignez un JPG ou un PNG d'au plus 64 mégapixels.",
                champ="photo",
            ) from None
        piece = joindre_photo(acteur=acteur, rapport=rapport, fichier=propre)
    temoignage = Temoignage.objects.create(
        rapport=rapport,
        photo=piece,
        cree_par=acteur,
        cree_le=horloge.maintenant(),
        **champs,
    )
    journaliser(
        acteur=acteur,
        verbe="rapport.ajouter_temoignage",
        objet=rapport,
        details={"consentement": temoignage.consentement, "photo": piece is not None},
    )
    return temoignage


def _exiger_consentement(champs: dict[str, Any]) -> None:
    if not champs.get("consenti_par", "").strip():
        raise RegleViolee("Écrivez le nom de la personne qui consent.", champ="consenti_par")
    if champs.get("consenti_le") is None:
        raise RegleViolee("Écrivez la date du consentement.", champ="consenti_le")
    if champs["consenti_le"] > horloge.aujourdhui():
        raise RegleViolee("Cette date est à venir.", champ="consenti_le")
    if not champs.get("moyen"):
        raise RegleViolee("Dites comment la personne a consenti.", champ="moyen")


@transaction.atomic
def retirer_temoignage(*, acteur: Any, temoignage: Temoignage) -> None:
    """Ôte un témoignage d'un rapport qui s'écrit encore."""
    verrouiller(acteur, temoignage.rapport)
    if temoignage.publie_le:
        raise RegleViolee("Il est publié : retirez d'abord le consentement.", code="publie")
    piece, rapport = temoignage.photo, temoignage.rapport
    temoignage.delete()
    if piece is not None:
        retirer_piece(acteur=acteur, piece=piece)
    journaliser(acteur=acteur, verbe="rapport.retirer_temoignage", objet=rapport)


@transaction.atomic
def retirer_consentement(*, acteur: Any, temoignage: Temoignage) -> Temoignage:
    """La personne ne consent plus : dès maintenant, rien d'elle n'est public. Toujours possible."""
    exiger_permission(acteur, "temoignage.retirer_consentement", temoignage)
    temoignage = Temoignage.objects.select_for_update(no_key=True).get(pk=temoignage.pk)
    if temoignage.retire_le is None:
        temoignage.retire_le = horloge.maintenant()
        temoignage.publie_le = temoignage.publie_par = None
        temoignage.save(update_fields=["retire_le", "publie_le", "publie_par"])
        journaliser(acteur=acteur, verbe="rapport.retirer_consentement", objet=temoignage.rapport)
        perimer()
    return temoignage


@transaction.atomic
def publier_temoignage(*, acteur: Any, temoignage: Temoignage) -> Temoignage:
    """Le montre sur la page publique du projet ; sans consentement à cela, c'est refusé."""
    exiger_permission(acteur, "rapport.examiner", temoignage)
    temoignage = Temoignage.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=temoignage.pk
    )
    if temoignage.retire_le:
        raise RegleViolee("La personne a retiré son consentement.", code="consentement")
    if not temoignage.peut_se_publier:
        raise RegleViolee("La personne n'a pas consenti à la publication.", code="consentement")
    if temoignage.rapport.est_modifiable:
        raise RegleViolee("Le rapport n'est pas déposé.", code="depose")
    if temoignage.photo and not temoignage.photo.est_telechargeable:
        raise RegleViolee(
            "La photo attend l'antivirus, ou il l'a refusée. Réessayez dans quelques minutes.",
            code="analyse",
        )
    temoignage.publie_le, temoignage.publie_par = horloge.maintenant(), acteur
    temoignage.save(update_fields=["publie_le", "publie_par"])
    journaliser(acteur=acteur, verbe="rapport.publier_temoignage", objet=temoignage.rapport)
    perimer()
    return temoignage


@transaction.atomic
def depublier_temoignage(*, acteur: Any, temoignage: Temoignage) -> Temoignage:
    """L'ôte de la page publique du projet."""
    exiger_permission(acteur, "rapport.examiner", temoignage)
    temoignage.publie_le = temoignage.publie_par = None
    temoignage.save(update_fields=["publie_le", "publie_par"])
    journaliser(acteur=acteur, verbe="rapport.depublier_temoignage", objet=temoignage.rapport)
    perimer()
    return temoignage
