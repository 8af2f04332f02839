"""Ce qu'un code ou un fichier dit d'un document, sans rien de personnel.

Ni nom, ni titre, ni montant : le genre du document, sa date, s'il est remplacé ou détruit. Qui
tient le papier lit le reste dessus.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from socle.codes import ecrire_code, normaliser_code
from socle.models import Document

Remplacement = Callable[[Any], dt.datetime | None]
_remplacements: dict[str, Remplacement] = {}
_EMPREINTE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Constat:
    """Ce que la Ville peut dire à quiconque d'un document qu'elle a émis."""

    code: str
    genre: str
    emis_le: dt.datetime
    scelle: bool
    remplace_le: dt.datetime | None
    detruit_le: dt.datetime | None

    @property
    def code_lisible(self) -> str:
        return ecrire_code(self.code)


def declarer_remplacement(type_objet: str, regle: Remplacement) -> None:
    """``regle(objet)`` dit quand les documents de l'objet ont cessé de valoir, ou None.

    Un type sans règle suit la règle commune : un document plus récent du même genre remplace.
    """
    _remplacements[type_objet] = regle


def trouver_par_code(saisie: str) -> Document | None:
    code = normaliser_code(saisie)
    return Document.objects.filter(code=code).first() if code else None


def trouver_par_empreinte(empreinte: str) -> Document | None:
    """Le document dont le PDF a ce SHA-256, ou None."""
    if not _EMPREINTE.fullmatch(empreinte):
        return None
    return Document.objects.filter(empreinte=empreinte).order_by("-cree_le").first()


def empreinte_de(morceaux: Iterable[bytes]) -> str:
    """Le SHA-256 d'un fichier lu par morceaux : un gros fichier ne remplit pas la mémoire."""
    condense = hashlib.sha256()
    for morceau in morceaux:
        condense.update(morceau)
    return condense.hexdigest()


def constater(document: Document) -> Constat:
    return Constat(
        code=document.code,
        genre=document.get_nature_display(),
        emis_le=document.cree_le,
        scelle=document.scelle,
        remplace_le=_remplace_le(document),
        detruit_le=document.detruit_le,
    )


def _remplace_le(document: Document) -> dt.datetime | None:
    if regle := _remplacements.get(document.objet_type):
        modele = apps.get_model(document.objet_type)
        objet = modele._base_manager.filter(pk=document.objet_id).first()
        return regle(objet) if objet is not None else None
    return (
        Document.objects.filter(
            nature=document.nature,
            objet_type=document.objet_type,
            objet_id=document.objet_id,
            cree_le__gt=document.cree_le,
        )
        .order_by("cree_le")
        .values_list("cree_le", flat=True)
        .first()
    )
