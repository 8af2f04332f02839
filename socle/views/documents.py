"""Servir un document figé, à qui peut voir ce dont il parle."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from socle.models import Document

Regle = Callable[[Any, Any], bool]
_regles: dict[str, Regle] = {}


def declarer_acces(type_objet: str, regle: Regle) -> None:
    """``regle(personne, objet)`` dit qui voit les documents d'un type d'objet."""
    _regles[type_objet] = regle


def document(request: HttpRequest, cle: UUID) -> HttpResponse:
    """Le PDF figé ; fermé à qui n'a pas la règle de son objet."""
    trouve = get_object_or_404(Document, cle=cle)
    regle = _regles.get(trouve.objet_type)
    objet = apps.get_model(trouve.objet_type)._base_manager.filter(pk=trouve.objet_id).first()
    if regle is None or objet is None or not regle(request.user, objet):
        raise Http404
    if trouve.detruit_le:
        raise Http404("Ce document a été détruit selon le calendrier de conservation.")
    nom = trouve.pdf.name.rsplit("/", 1)[-1]
    with trouve.pdf.open("rb") as fichier:
        reponse = HttpResponse(fichier.read(), content_type="application/pdf")
    reponse["Content-Disposition"] = f'inline; filename="{nom}"'
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse
