"""Les pièces jointes : reçues, vérifiées, remplacées (regles.md, 17)."""

import re
import unicodedata
import zipfile
import zlib
from pathlib import PurePath
from typing import Any

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from appels.antivirus import signature_trouvee
from appels.models import Demande, PieceExigee, PieceJointe, PosteDepense, Question
from appels.models.piece import FichierRecu
from appels.services.demandes import exiger_modifiable
from socle import authenticite, horloge
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services import courriels

OPENXML = "application/vnd.openxmlformats-officedocument"
OPENDOCUMENT = "application/vnd.oasis.opendocument"
TYPES = {
    "pdf": "application/pdf",
    "docx": f"{OPENXML}.wordprocessingml.document",
    "xlsx": f"{OPENXML}.spreadsheetml.sheet",
    "odt": f"{OPENDOCUMENT}.text",
    "ods": f"{OPENDOCUMENT}.spreadsheet",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
}
# Ce qu'une archive doit contenir pour être ce que son extension annonce.
MIMETYPE_MAX = 100
DANS_L_ARCHIVE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


@transaction.atomic
def joindre_piece(
    *,
    acteur: Any,
    demande: Demande,
    fichier: UploadedFile,
    piece_exigee: PieceExigee | None = None,
    question: Question | None = None,
    poste: PosteDepense | None = None,
) -> PieceJointe:
    """Joint ``fichier`` à un document demandé, à une question, à une ligne du budget (une
    soumission), ou à rien de précis.

    Celui qui y répondait déjà reste dans l'histoire. Le même fichier, envoyé deux fois au même
    endroit parce que le réseau a flanché, n'y est qu'une fois.
    """
    demande = Demande.objects.select_for_update(no_key=True).get(pk=demande.pk)
    partie = question.section if question else "budget" if poste else piece_exigee
    exiger_modifiable(acteur, demande, partie=partie)
    if poste is not None and poste.demande_id != demande.pk:
        raise RegleViolee("Cette dépense n'est pas dans le budget de la demande.")
    if piece_exigee is not None and piece_exigee.appel_id != demande.appel_id:
        raise RegleViolee("Ce document n'est pas demandé par cet appel.", champ="fichier")
    if question is not None and question.section.formulaire_id != demande.formulaire_id:
        raise RegleViolee("Cette question n'est pas dans le formulaire de la demande.")
    recu = fichier_recu(fichier)
    au_meme_endroit = demande.pieces.filter(
        piece_exigee=piece_exigee,
        question=question,
        poste_cle=poste.cle if poste else None,
        retiree_le=None,
    )
    deja = au_meme_endroit.filter(empreinte=recu["empreinte"], nom=recu["nom"]).first()
    if deja is not None and not _redemande(demande, deja):
        return deja
    if piece_exigee or question or poste:
        au_meme_endroit.update(retiree_le=horloge.maintenant())
    piece = PieceJointe.objects.create(
        demande=demande,
        piece_exigee=piece_exigee,
        question=question,
        poste_cle=poste.cle if poste else None,
        ajoutee_par=acteur,
        **recu,
    )
    journaliser(
        acteur=acteur,
        verbe="demande.joindre_piece",
        objet=demande,
        details={"nom": piece.nom, "empreinte": piece.empreinte},
    )
    faire_analyser(piece)
    return piece


def fichier_recu(fichier: UploadedFile) -> dict[str, Any]:
    """Les champs d'un ``FichierRecu``, après avoir vérifié ``fichier`` (regles.md, 17)."""
    nom = nom_sur(fichier.name)
    extension = verifier_fichier(fichier, nom)
    return {
        "nom": nom,
        "fichier": fichier,
        "taille": fichier.size,
        "type_mime": TYPES[extension],
        "empreinte": empreinte_de(fichier),
        "analyse": analyse_initiale(),
    }


def analyse_initiale() -> str:
    """Un fichier attend son analyse quand clamd est configuré."""
    attente, sans = FichierRecu.Analyse.EN_ATTENTE, FichierRecu.Analyse.SANS_OBJET
    return (attente if settings.CLAMD_URL else sans).value


def faire_analyser(piece: FichierRecu) -> None:
    """Confie le fichier à l'antivirus, après le commit."""
    if piece.analyse == FichierRecu.Analyse.EN_ATTENTE:
        modele = piece._meta.label_lower
        transaction.on_commit(lambda: _confier_analyse(piece.pk, modele))


def _redemande(demande: Demande, piece: PieceJointe) -> bool:
    """La Ville a redemandé ce document depuis : le même fichier, renvoyé, est une réponse."""
    return demande.complements.filter(
        complete_le=None, demande_le__gt=piece.ajoutee_le, pieces=piece.piece_exigee_id
    ).exists()


def _confier_analyse(piece_id: int, modele: str) -> None:
    from appels.tasks import analyser_piece

    analyser_piece.delay(piece_id, modele)


def analyser(*, piece: FichierRecu) -> FichierRecu:
    """Fait analyser la pièce par clamd et garde le verdict ; infectée, on l'écrit à l'organisme.

    Sans effet si elle est déjà analysée. Lève OSError quand clamd ne répond pas : la pièce reste
    en attente, et ne se télécharge pas.
    """
    if piece.analyse != FichierRecu.Analyse.EN_ATTENTE:
        return piece
    with piece.fichier.open("rb") as fichier:
        trouve = signature_trouvee(fichier, settings.CLAMD_URL)
    with transaction.atomic():
        verrous = type(piece)._default_manager.select_for_update(no_key=True)
        piece = verrous.get(pk=piece.pk)
        if piece.analyse != FichierRecu.Analyse.EN_ATTENTE:
            return piece
        piece.analyse = FichierRecu.Analyse.INFECTEE if trouve else FichierRecu.Analyse.SAINE
        piece.save(update_fields=["analyse"])
        if trouve:
            _signaler(piece, trouve)
    return piece


def _signaler(piece: FichierRecu, trouve: str) -> None:
    """Le journal et l'organisme l'apprennent ; le lien mène où remplacer le fichier."""
    objet = piece.jointe_a
    journaliser(
        acteur=None,
        verbe="demande.refuser_piece",
        objet=objet,
        details={"nom": piece.nom, "trouve": trouve},
    )
    courriels.envoyer(
        gabarit="piece_infectee",
        destinataires=courriels.adresses_organisme(getattr(objet, "organisme", objet)),
        objet=f"Document à remplacer — {piece.nom}",
        contexte={
            "piece": piece,
            "objet": objet,
            "lien": settings.SITE_URL + piece.adresse_ou_remplacer,
        },
    )


@transaction.atomic
def retirer_piece(*, acteur: Any, piece: PieceJointe) -> None:
    """Retire une pièce de la demande ; le fichier reste dans l'histoire."""
    demande = Demande.objects.select_for_update(no_key=True).get(pk=piece.demande_id)
    partie = piece.question.section if piece.question else piece.piece_exigee
    if piece.poste_cle:
        partie = "budget"
    exiger_modifiable(acteur, demande, partie=partie)
    piece.retiree_le = horloge.maintenant()
    piece.save(update_fields=["retiree_le"])
    journaliser(
        acteur=acteur,
        verbe="demande.retirer_piece",
        objet=demande,
        details={"nom": piece.nom},
    )


def verifier_fichier(fichier: UploadedFile, nom: str) -> str:
    """L'extension du fichier, après avoir vérifié sa taille et que son contenu la vaut."""
    extension = PurePath(nom).suffix.lower().lstrip(".")
    if extension not in TYPES:
        raise RegleViolee(
            "Ce type de fichier n'est pas accepté : joignez un PDF, DOCX, XLSX, ODT, ODS, JPG "
            "ou PNG.",
            champ="fichier",
            code="type",
        )
    if not fichier.size:
        raise RegleViolee(
            "Ce fichier est vide. Choisissez-en un autre.", champ="fichier", code="vide"
        )
    if fichier.size > settings.TAILLE_MAX_PIECE:
        raise RegleViolee(
            "Ce fichier dépasse 15 Mo : réduisez-le ou partagez-le en deux.",
            champ="fichier",
            code="taille",
        )
    if not _contenu_conforme(fichier, extension):
        raise RegleViolee(
            f"Le contenu de ce fichier n'est pas celui d'un fichier .{extension} : "
            "enregistrez-le à nouveau dans ce format.",
            champ="fichier",
            code="contenu",
        )
    return extension


def _contenu_conforme(fichier: UploadedFile, extension: str) -> bool:
    fichier.seek(0)
    try:
        if extension in {"docx", "xlsx", "odt", "ods"}:
            return _archive_conforme(fichier, extension)
        trouves = puremagic.magic_string(fichier.read(8192))
        return any(trouve.mime_type == TYPES[extension] for trouve in trouves)
    except (
        puremagic.PureError,
        ValueError,
        KeyError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        # Une archive chiffrée, ou d'une compression inconnue.
        RuntimeError,
    ):
        return False
    finally:
        fichier.seek(0)


def _archive_conforme(fichier: UploadedFile, extension: str) -> bool:
    with zipfile.ZipFile(fichier) as archive:
        if extension in DANS_L_ARCHIVE:
            return DANS_L_ARCHIVE[extension] in archive.namelist()
        # La taille annoncée borne la lecture : une archive piégée ne se déploie pas.
        if archive.getinfo("mimetype").file_size > MIMETYPE_MAX:
            return False
        return archive.read("mimetype").decode("ascii", "replace").strip() == TYPES[extension]


def nom_sur(nom: str) -> str:
    """Le nom sans chemin ni caractère de contrôle, d'au plus 150 caractères."""
    simple = unicodedata.normalize("NFC", PurePath(nom.replace("\\", "/")).name)
    simple = re.sub(r"[^\w .,()'’-]", "_", simple).strip(". ") or "document"
    chemin = PurePath(simple)
    return f"{chemin.stem[: 150 - len(chemin.suffix)]}{chemin.suffix}"


def empreinte_de(fichier: UploadedFile) -> str:
    """Le SHA-256 du fichier reçu, remis à son début."""
    empreinte = authenticite.empreinte_de(fichier.chunks())
    fichier.seek(0)
    return empreinte
