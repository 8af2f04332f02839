"""La convention d'une demande, des deux côtés."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.models import Demande
from financement.forms import MotifForm, SignatureForm, SignaturePapierForm
from financement.models import Convention
from financement.services import conventions as services
from socle.vues import executer, exiger, trouver


@dataclass(frozen=True)
class Action:
    """Une action sur la convention ; ``place`` est le formulaire de la page qu'elle lit."""

    service: Callable
    permission: str
    succes: str
    formulaire: type[Form] = Form
    place: str = ""


ACTIONS = {
    "transmettre": Action(
        services.transmettre_convention,
        "convention.preparer",
        "La convention est transmise à l'organisme.",
    ),
    "papier": Action(
        services.inscrire_signature_papier,
        "convention.preparer",
        "La signature est inscrite.",
        SignaturePapierForm,
        "form_papier",
    ),
    "contresigner": Action(
        services.contresigner_convention,
        "convention.contresigner",
        "La convention est en vigueur.",
    ),
    "resilier": Action(
        services.resilier_convention,
        "convention.resilier",
        "La convention est résiliée.",
        MotifForm,
        "form_motif",
    ),
}


def _demande(request: HttpRequest, reference: str) -> Demande:
    return trouver(
        request,
        Demande.objects.sans_recusation(request.user).select_related("appel", "organisme"),
        "demande.suivre",
        reference=reference,
    )


def _convention(demande: Demande) -> Convention | None:
    return (
        demande.conventions.exclude(etat="resiliee").select_related("document").first()
        or demande.conventions.select_related("document").last()
    )


def convention(request: HttpRequest, reference: str) -> HttpResponse:
    """L'état de la convention et l'action qui suit."""
    demande = _demande(request, reference)
    return _montrer(request, demande, _convention(demande))


def _montrer(
    request: HttpRequest, demande: Demande, objet: Convention | None, **formulaires: Form
) -> HttpResponse:
    contexte = {
        "demande": demande,
        "convention": objet,
        "versements": objet.versements.all() if objet else [],
        "rapports": demande.rapports.all(),
        "avenants": objet.avenants.all() if objet else [],
        "peut_demander_un_avenant": objet is not None
        and objet.etat == "en_vigueur"
        and request.user.peut("avenant.demander", objet),
        "form_papier": SignaturePapierForm(),
        "form_motif": MotifForm(),
        "peut_preparer": request.user.peut("convention.preparer", demande),
        "peut_voir_retours": request.user.peut("retour.voir", demande),
        "peut_contresigner": request.user.peut("convention.contresigner", demande),
        "peut_resilier": request.user.peut("convention.resilier", demande),
    }
    return render(request, "financement/ville/convention.html", contexte | formulaires)


@require_POST
def agir(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Une action de la Ville sur la convention."""
    demande = _demande(request, reference)
    objet = _convention(demande)
    if action == "preparer":
        executer(
            request,
            services.preparer_convention,
            demande=demande,
            succes="La convention est préparée.",
        )
    elif objet is None or action not in ACTIONS:
        raise Http404
    else:
        voulue = ACTIONS[action]
        exiger(request, voulue.permission, objet)
        form = voulue.formulaire(request.POST)
        if not form.is_valid():
            return _montrer(request, demande, objet, **{voulue.place: form})
        executer(
            request, voulue.service, convention=objet, succes=voulue.succes, **form.cleaned_data
        )
    return redirect("ville:convention", reference=reference)


def convention_organisme(request: HttpRequest, reference: str) -> HttpResponse:
    """Lire et signer, pour l'organisme."""
    objet = (
        Convention.objects.filter(
            demande__organisme_id__in=request.user.organismes_ids, demande__reference=reference
        )
        .exclude(etat="brouillon")
        .select_related("demande__appel", "demande__organisme", "document")
        .order_by("-pk")
        .first()
    )
    if objet is None:
        raise Http404
    peut_signer = objet.etat == "transmise" and request.user.peut("convention.signer", objet)
    organisme = objet.demande.organisme
    form = SignatureForm(
        request.POST or None,
        initial={"nom": request.user.nom, "titre": organisme.signataire_titre},
    )
    if request.method == "POST":
        exiger(request, "convention.signer", objet)
        if not peut_signer:
            etat = objet.get_etat_display()
            messages.info(request, f"Cette convention n'est plus à signer : « {etat} ».")
            return redirect("organisme:convention", reference=reference)
        if form.is_valid() and executer(
            request,
            services.signer_convention,
            formulaire=form,
            succes="Merci : la convention est signée. La Ville la signe à son tour.",
            convention=objet,
            **form.arguments(),
        ):
            return redirect("organisme:convention", reference=reference)
    return render(
        request,
        "financement/organisme/convention.html",
        {
            "convention": objet,
            "demande": objet.demande,
            "versements": objet.versements.all(),
            "rapports": objet.demande.rapports.all(),
            "form": form,
            "peut_signer": peut_signer,
            "avenants": objet.avenants.all(),
            "peut_demander_un_avenant": objet.etat == "en_vigueur"
            and request.user.peut("avenant.demander", objet),
        },
    )
