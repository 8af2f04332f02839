"""La boîte d'envoi : un courriel s'écrit avec la décision et part après elle."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from post_office import mail
from post_office.models import Email
from post_office.utils import create_attachments

_silence: ContextVar[bool] = ContextVar("courriels_silencieux", default=False)


@contextmanager
def silencieux() -> Iterator[None]:
    """Rejoue un appel passé sans écrire à personne."""
    jeton = _silence.set(True)
    try:
        yield
    finally:
        _silence.reset(jeton)


def est_silencieux() -> bool:
    return _silence.get()


def envoyer(
    *,
    gabarit: str,
    destinataires: Iterable[str],
    objet: str,
    contexte: dict[str, Any] | None = None,
    pieces: Iterable[tuple[str, bytes, str]] = (),
) -> list[Email]:
    """Range un courriel dans la boîte d'envoi, dans la transaction en cours, et rend ceux rangés.

    ``gabarit`` nomme ``templates/courriels/<gabarit>.txt`` ; ``pieces`` sont des (nom, octets,
    type MIME). Un courriel par personne : personne ne voit l'adresse d'une autre.
    """
    if _silence.get():
        return []
    # Un nom ou un titre envoyé avec un saut de ligne ferait refuser l'objet à chaque envoi.
    objet = " ".join(objet.split())
    texte = render_to_string(
        f"courriels/{gabarit}.txt",
        {"ville": settings.VILLE, "site": settings.SITE_URL, **(contexte or {})},
    )
    adresses = dict.fromkeys(
        adresse.strip().lower() for adresse in destinataires if adresse and adresse.strip()
    )
    reelles = [adresse for adresse in adresses if not adresse.endswith(".invalid")]
    if not reelles:
        return []
    # Rangées une fois, jointes à chaque courriel.
    jointes = create_attachments(
        {nom: {"file": ContentFile(octets), "mimetype": mime} for nom, octets, mime in pieces}
    )
    ranges = []
    for adresse in reelles:
        # post_office rend l'objet et le texte comme des gabarits : le titre d'un projet, qui y
        # paraît, ne doit ni s'exécuter ni empêcher l'envoi.
        courriel = mail.send(
            adresse,
            settings.DEFAULT_FROM_EMAIL,
            subject="{{ objet|safe }}",
            message="{{ texte|safe }}",
            context={"objet": objet, "texte": texte},
        )
        courriel.attachments.add(*jointes)
        ranges.append(courriel)
    return ranges


def adresses_organisme(organisme: Any, *, responsables: bool = False) -> list[str]:
    """Les adresses des membres actifs d'un organisme (ou de ses seuls responsables)."""
    adhesions = organisme.adhesions.filter(utilisateur__is_active=True)
    if responsables:
        adhesions = adhesions.filter(role="responsable")
    return list(adhesions.values_list("utilisateur__email", flat=True))
