"""Les documents d'une demande : joindre, remplacer, retirer, télécharger."""

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.forms.demande import PieceForm
from appels.models import Demande, PieceExigee, PieceJointe
from appels.services import pieces as services
from appels.views.suivi import siennes
from socle.vues import executer, exiger


def rediger_pieces(
    request: HttpRequest, demande: Demande, partie: str, contexte: Any
) -> HttpResponse:
    exigees = list(demande.appel.pieces_exigees.all())
    voulue = request.POST.get("piece_exigee", "")
    exigee = next((e for e in exigees if str(e.pk) == voulue), None)
    envoye = _formulaire(exigee, request.POST, request.FILES) if request.method == "POST" else None
    if (
        envoye is not None
        and envoye.is_valid()
        and executer(
            request,
            services.joindre_piece,
            formulaire=envoye,
            succes="Le document est joint.",
            demande=demande,
            fichier=envoye.cleaned_data["fichier"],
            piece_exigee=exigee,
        )
    ):
        return redirect("organisme:rediger", reference=demande.reference, partie=partie)
    jointes = list(demande.pieces.actives().filter(question=None))
    vue = contexte(demande, partie)
    complement = vue["complement"]
    ouvertes = set(exigees) if complement is None else set(complement.pieces.all())
    return render(
        request,
        "appels/organisme/rediger_pieces.html",
        {
            **vue,
            "lignes": [
                {
                    "exigee": autre,
                    "piece": next((p for p in jointes if p.piece_exigee_id == autre.pk), None),
                    "form": envoye if envoye and exigee == autre else _formulaire(autre),
                    "ouverte": vue["ecrivable"] and autre in ouvertes,
                }
                for autre in exigees
            ],
            "autres": [p for p in jointes if p.piece_exigee_id is None],
            "form_autre": envoye if envoye and exigee is None else _formulaire(None),
            "autres_ouverts": complement is None,
            "envoye": envoye,
        },
    )


def _formulaire(exigee: PieceExigee | None, *donnees: Any) -> PieceForm:
    """Un formulaire par document : chacun a ses identifiants, donc ses erreurs."""
    return PieceForm(*donnees, auto_id=f"piece-{exigee.pk if exigee else 'autre'}-%s")


def piece(request: HttpRequest, cle: UUID) -> FileResponse:
    """Le fichier, à qui peut voir la demande, et seulement une fois analysé."""
    objet = get_object_or_404(PieceJointe.objects.select_related("demande__appel"), cle=cle)
    exiger(request, "demande.voir", objet.demande)
    if not objet.est_telechargeable:
        raise Http404
    reponse = FileResponse(
        objet.fichier.open("rb"),
        as_attachment=True,
        filename=objet.nom,
        content_type=objet.type_mime,
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse


@require_POST
def retirer(request: HttpRequest, cle: UUID) -> HttpResponse:
    objet = get_object_or_404(
        PieceJointe.objects.filter(demande__in=siennes(request), retiree_le=None), cle=cle
    )
    executer(request, services.retirer_piece, piece=objet, succes="Le document est retiré.")
    return redirect("organisme:rediger", reference=objet.demande.reference, partie="pieces")
