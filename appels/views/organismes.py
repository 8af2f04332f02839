"""L'organisme : le créer, tenir son dossier, inviter ses membres."""

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.forms.organismes import (
    DocumentDossierForm,
    DossierForm,
    InvitationForm,
    NouvelOrganismeForm,
)
from appels.models import GenreDossier, PieceOrganisme
from appels.services import dossier as dossier_services
from appels.services.dossier import documents_du_dossier
from socle.models import Invitation, Organisme
from socle.services import organismes as services
from socle.validateurs import avertissements_neq
from socle.vues import executer, exiger, trouver


def nouveau(request: HttpRequest) -> HttpResponse:
    """Créer un organisme ; si son NEQ est déjà inscrit, demander à le rejoindre."""
    form = NouvelOrganismeForm(request.POST or None)
    existant = None
    if request.method == "POST" and form.is_valid():
        neq = form.cleaned_data["neq"]
        organisme = executer(
            request,
            services.creer_organisme,
            formulaire=form,
            succes="Organisme inscrit. Complétez son dossier : il sert à chaque demande.",
            **form.cleaned_data,
        )
        if organisme:
            for avis in avertissements_neq(organisme.neq):
                messages.warning(request, avis)
            return redirect("organisme:dossier", pk=organisme.pk)
        existant = Organisme.objects.filter(neq=neq).first()
    return render(request, "appels/organisme/nouveau.html", {"form": form, "existant": existant})


@require_POST
def rejoindre(request: HttpRequest, pk: int) -> HttpResponse:
    """Demander à rejoindre un organisme inscrit ; ses responsables répondent."""
    organisme = Organisme.objects.filter(pk=pk).first()
    if organisme is None:
        raise Http404
    executer(
        request,
        services.demander_adhesion,
        organisme=organisme,
        succes="Votre demande est transmise aux responsables de l'organisme.",
    )
    return redirect("organisme:accueil")


def _sien(request: HttpRequest, pk: int, permission: str = "organisme.modifier") -> Organisme:
    siens = Organisme.objects.filter(pk__in=request.user.organismes_ids)
    return trouver(request, siens, permission, pk=pk)


def dossier(request: HttpRequest, pk: int) -> HttpResponse:
    organisme = _sien(request, pk)
    form = DossierForm(request.POST or None, instance=Organisme.objects.get(pk=organisme.pk))
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.modifier_organisme,
            formulaire=form,
            succes="Le dossier est enregistré.",
            organisme=organisme,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:dossier", pk=pk)
    return _page_dossier(request, organisme, form)


def _page_dossier(
    request: HttpRequest,
    organisme: Organisme,
    form: DossierForm,
    envoye: tuple[str, DocumentDossierForm] | None = None,
) -> HttpResponse:
    """Le dossier et ses documents ; ``envoye`` est celui qui vient d'être refusé."""
    ranges = documents_du_dossier(organisme)
    return render(
        request,
        "appels/organisme/dossier.html",
        {
            "organisme": organisme,
            "form": form,
            "avis_neq": avertissements_neq(organisme.neq),
            "est_responsable": request.user.peut("organisme.inviter", organisme),
            "envoye": envoye[1] if envoye else None,
            "documents": [
                {
                    "genre": genre,
                    "libelle": libelle,
                    "piece": ranges.get(genre),
                    "form": envoye[1]
                    if envoye and envoye[0] == genre
                    else DocumentDossierForm(auto_id=f"{genre}-%s"),
                }
                for genre, libelle in GenreDossier.choices
            ],
        },
    )


def ranger_document(request: HttpRequest, pk: int, genre: str) -> HttpResponse:
    """Ranger un document au dossier ; refusé, la page le dit près du champ."""
    organisme = _sien(request, pk)
    if genre not in GenreDossier.values:
        raise Http404
    if request.method != "POST":
        return redirect("organisme:dossier", pk=pk)
    form = DocumentDossierForm(request.POST, request.FILES, auto_id=f"{genre}-%s")
    if form.is_valid() and executer(
        request,
        dossier_services.ranger_document,
        formulaire=form,
        succes="Le document est rangé : il sera repris dans vos prochaines demandes.",
        organisme=organisme,
        genre=genre,
        **form.cleaned_data,
    ):
        return redirect("organisme:dossier", pk=pk)
    vierge = DossierForm(instance=Organisme.objects.get(pk=organisme.pk))
    return _page_dossier(request, organisme, vierge, (genre, form))


def document_dossier(request: HttpRequest, cle: UUID) -> FileResponse:
    """Le fichier d'un document du dossier, à l'organisme et à la Ville."""
    piece = get_object_or_404(PieceOrganisme.objects.select_related("organisme"), cle=cle)
    exiger(request, "organisme.voir", piece.organisme)
    if not piece.est_telechargeable:
        raise Http404
    reponse = FileResponse(
        piece.fichier.open("rb"),
        as_attachment=True,
        filename=piece.nom,
        content_type=piece.type_mime,
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse


def membres(request: HttpRequest, pk: int) -> HttpResponse:
    organisme = _sien(request, pk)
    peut_inviter = request.user.peut("organisme.inviter", organisme)
    form = InvitationForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.inviter,
            formulaire=form,
            succes="L'invitation est partie.",
            organisme=organisme,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:membres", pk=pk)
    return render(
        request,
        "appels/organisme/membres.html",
        {
            "organisme": organisme,
            "adhesions": organisme.adhesions.select_related("utilisateur"),
            "en_cours": [i for i in organisme.invitations.all() if i.est_en_cours],
            "form": form,
            "peut_inviter": peut_inviter,
        },
    )


@require_POST
def agir_sur_membre(request: HttpRequest, pk: int, adhesion: int, action: str) -> HttpResponse:
    organisme = _sien(request, pk)
    objet = organisme.adhesions.filter(pk=adhesion).select_related("utilisateur").first()
    if objet is None:
        raise Http404
    if action == "retirer":
        executer(
            request, services.retirer_membre, adhesion=objet, succes="La personne est retirée."
        )
    else:
        executer(
            request,
            services.changer_role,
            adhesion=objet,
            role="responsable" if action == "responsable" else "redacteur",
            succes="Le rôle est changé.",
        )
    if organisme.adhesions.filter(utilisateur=request.user).exists():
        return redirect("organisme:membres", pk=pk)
    return redirect("organisme:accueil")


@require_POST
def agir_sur_invitation(
    request: HttpRequest, pk: int, invitation: int, action: str
) -> HttpResponse:
    organisme = _sien(request, pk, "organisme.inviter")
    objet = organisme.invitations.filter(pk=invitation).first()
    if objet is None:
        raise Http404
    service = services.accepter_adhesion if action == "accepter" else services.annuler_invitation
    executer(request, service, invitation=objet, succes="C'est fait.")
    return redirect("organisme:membres", pk=pk)


def invitation(request: HttpRequest, jeton: str) -> HttpResponse:
    """Le lien du courriel : accepter, par un bouton."""
    if request.method == "POST":
        organisme = executer(
            request,
            services.accepter_invitation,
            jeton=jeton,
            succes="Bienvenue dans l'organisme.",
        )
        if organisme:
            return redirect("organisme:accueil")
    objet = (
        Invitation.objects.filter(jeton=jeton, nature=Invitation.Nature.INVITATION)
        .select_related("organisme", "creee_par")
        .first()
    )
    return render(
        request,
        "appels/organisme/invitation.html",
        {
            "invitation": objet if objet and objet.est_en_cours else None,
            "autre_adresse": objet is not None
            and objet.courriel.lower() != request.user.email.lower(),
        },
    )
