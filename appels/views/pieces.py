"""Les documents d'une demande : joindre, remplacer, retirer, télécharger."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.forms.demande import PieceForm
from appels.models import Demande, PieceExigee, PieceJointe
from appels.models.piece import FichierRecu
from appels.services import dossier as dossier_services
from appels.services import pieces as services
from appels.services.dossier import documents_du_dossier
from appels.views.suivi import siennes
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.vues import executer, exiger, trouver

# En garder un au hasard perdrait l'autre sans le dire.
UN_SEUL_FICHIER = (
    "Ce document tient en un seul fichier : réunissez les pages, ou joignez le reste sous "
    "« Autres documents »."
)


def rediger_pieces(
    request: HttpRequest, demande: Demande, partie: str, contexte: Any
) -> HttpResponse:
    exigees = list(demande.appel.pieces_exigees.all())
    voulue = request.POST.get("piece_exigee", "")
    exigee = next((e for e in exigees if str(e.pk) == voulue), None)
    envoye = _formulaire(exigee, request.POST, request.FILES) if request.method == "POST" else None
    if envoye is not None and envoye.is_valid() and _joindre(request, demande, exigee, envoye):
        if _veut_json(request):
            return JsonResponse({"message": "Joint"})
        return redirect("organisme:rediger", reference=demande.reference, partie=partie)
    if envoye is not None and _veut_json(request):
        return JsonResponse({"message": " ".join(envoye.errors.get("fichier", []))}, status=400)
    toutes = list(
        demande.pieces.filter(question=None, poste_cle=None)
        .select_related("piece_exigee", "ajoutee_par")
        .order_by("-ajoutee_le")
    )
    jointes = [piece for piece in toutes if piece.retiree_le is None]
    vue = contexte(demande, partie)
    dossier = documents_du_dossier(demande.organisme)
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
                    "anciennes": [
                        p for p in toutes if p.retiree_le and p.piece_exigee_id == autre.pk
                    ],
                    "du_dossier": dossier.get(autre.genre_dossier),
                    "form": envoye if envoye and exigee == autre else _formulaire(autre),
                    "ouverte": vue["ecrivable"] and autre in ouvertes,
                }
                for autre in exigees
            ],
            "autres": [p for p in reversed(jointes) if p.piece_exigee_id is None],
            "form_autre": envoye if envoye and exigee is None else _formulaire(None),
            "autres_ouverts": complement is None,
            "envoye": envoye,
        },
    )


def _veut_json(request: HttpRequest) -> bool:
    """L'envoi vient du glisser-déposer de la page, qui montre la progression."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _joindre(
    request: HttpRequest, demande: Demande, exigee: PieceExigee | None, envoye: PieceForm
) -> bool:
    """Joint chaque fichier ; un refus nomme le sien et n'arrête pas les autres."""
    fichiers = envoye.cleaned_data["fichier"]
    if exigee is not None and len(fichiers) > 1:
        envoye.add_error("fichier", UN_SEUL_FICHIER)
        return False
    joints = 0
    for fichier in fichiers:
        try:
            services.joindre_piece(
                acteur=request.user, demande=demande, fichier=fichier, piece_exigee=exigee
            )
            joints += 1
        except PermissionRefusee as refus:
            raise Http404 from refus
        except RegleViolee as refus:
            nom = f"« {fichier.name} » : " if len(fichiers) > 1 else ""
            envoye.add_error("fichier", f"{nom}{refus.message}")
    if joints and not _veut_json(request):
        messages.success(
            request,
            "Le document est joint." if joints == 1 else f"{joints} documents sont joints.",
        )
    return not envoye.errors


def _formulaire(exigee: PieceExigee | None, *donnees: Any) -> PieceForm:
    """Un formulaire par document : chacun a ses identifiants, donc ses erreurs."""
    formulaire = PieceForm(*donnees, auto_id=f"piece-{exigee.pk if exigee else 'autre'}-%s")
    if exigee is not None:
        del formulaire.fields["fichier"].widget.attrs["multiple"]
    return formulaire


def piece(request: HttpRequest, cle: UUID) -> FileResponse:
    """Le fichier, à qui peut voir la demande, et seulement une fois analysé."""
    objet = get_object_or_404(PieceJointe.objects.select_related("demande__appel"), cle=cle)
    exiger(request, "demande.voir", objet.demande)
    return servir(request, objet)


def servir(request: HttpRequest, objet: FichierRecu) -> FileResponse:
    """Le fichier, une fois analysé ; ``?apercu`` le montre dans le navigateur."""
    if not objet.est_telechargeable:
        raise Http404
    apercu = "apercu" in request.GET and objet.se_montre
    reponse = FileResponse(
        objet.fichier.open("rb"),
        as_attachment=not apercu,
        filename=objet.nom,
        content_type=objet.type_mime,
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    if apercu and objet.est_une_image:
        # Montrée dans le navigateur, une image reçue n'exécute rien.
        reponse["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return reponse


@require_POST
def retirer(request: HttpRequest, cle: UUID) -> HttpResponse:
    objet = get_object_or_404(
        PieceJointe.objects.filter(demande__in=siennes(request), retiree_le=None), cle=cle
    )
    executer(request, services.retirer_piece, piece=objet, succes="Le document est retiré.")
    return redirect("organisme:rediger", reference=objet.demande.reference, partie="pieces")


@require_POST
def reprendre_du_dossier(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Joindre le document que le dossier de l'organisme a déjà."""
    demande = trouver(request, siennes(request), "demande.rediger", reference=reference)
    exigee = get_object_or_404(demande.appel.pieces_exigees, pk=pk)
    executer(
        request,
        dossier_services.reprendre_du_dossier,
        demande=demande,
        piece_exigee=exigee,
        succes="Le document du dossier est joint.",
    )
    return redirect("organisme:rediger", reference=reference, partie="pieces")
