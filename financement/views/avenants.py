"""Les avenants d'une convention, des deux côtés."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from financement.documents_fusionnes import texte_fige
from financement.forms import MotifForm, SignatureForm, SignaturePapierForm
from financement.forms_avenant import (
    ApprobationAvenantForm,
    AvenantForm,
    PostesAvenantFormSet,
)
from financement.formulaires_indicateurs import ResultatsAttendusForm
from financement.models import Avenant, Convention
from financement.services import avenants as services
from financement.views.signatures import preuve_de
from socle.lignes import ajoute_une_ligne, avec_une_ligne
from socle.vues import executer, exiger, trouver

PREFIXE = "postes"


def _convention(request: HttpRequest, reference: str) -> Convention:
    return trouver(
        request,
        Convention.objects.visibles_par(request.user)
        .filter(etat="en_vigueur")
        .select_related("demande__appel", "demande__organisme"),
        "avenant.demander",
        demande__reference=reference,
    )


def demander_organisme(request: HttpRequest, reference: str) -> HttpResponse:
    """L'organisme demande un avenant."""
    return _demander(request, reference, salle="organisme")


def demander_ville(request: HttpRequest, reference: str) -> HttpResponse:
    """L'agent propose un avenant, à la demande de l'organisme ou non."""
    exiger(request, "ville.voir")
    return _demander(request, reference, salle="ville")


def _demander(request: HttpRequest, reference: str, *, salle: str) -> HttpResponse:
    convention = _convention(request, reference)
    est_membre = convention.demande.organisme_id in request.user.organismes_ids
    if est_membre != (salle == "organisme"):
        raise Http404
    donnees = avec_une_ligne(request.POST, PREFIXE) if request.method == "POST" else None
    form = AvenantForm(donnees, initial=AvenantForm.depart(convention))
    postes = PostesAvenantFormSet(
        donnees, initial=services.postes_retenus(convention), prefix=PREFIXE
    )
    attendus = ResultatsAttendusForm(
        donnees,
        appel=convention.demande.appel,
        attendus=convention.resultats_attendus,
        prefix="attendus",
    )
    if donnees is not None and not ajoute_une_ligne(donnees, PREFIXE):
        justes = [form.is_valid(), postes.is_valid(), attendus.is_valid()]
        if all(justes) and (
            avenant := executer(
                request,
                services.demander_avenant,
                formulaire=form,
                succes="L'avenant est demandé. La Ville l'étudie.",
                convention=convention,
                postes=[ligne.cleaned_data for ligne in postes.gardees],
                resultats=attendus.comptes(),
                **form.cleaned_data,
            )
        ):
            return redirect(f"{salle}:avenant", reference=reference, no=avenant.no)
    seuil = convention.demande.appel.ecart_poste_sans_avenant
    return render(
        request,
        "financement/avenant_demander.html",
        {
            "convention": convention,
            "demande": convention.demande,
            "form": form,
            "postes": postes,
            "attendus": attendus,
            "seuil": seuil,
            "salle": salle,
        },
    )


def _avenant(request: HttpRequest, reference: str, no: int) -> Avenant:
    return trouver(
        request,
        Avenant.objects.visibles_par(request.user).select_related(
            "convention__demande__appel",
            "convention__demande__organisme",
            "convention__decision__volet",
            "document",
            "document_signe",
            "demande_par",
            "resolution",
        ),
        convention__demande__reference=reference,
        no=no,
    )


def avenant_organisme(request: HttpRequest, reference: str, no: int) -> HttpResponse:
    """Lire un avenant, et le signer quand il est approuvé."""
    avenant = _avenant(request, reference, no)
    if avenant.demande.organisme_id not in request.user.organismes_ids:
        raise Http404
    peut_signer = avenant.etat == "approuve" and request.user.peut("avenant.signer", avenant)
    form = SignatureForm(
        request.POST or None,
        initial={
            "nom": request.user.nom,
            "titre": avenant.demande.organisme.signataire_titre,
        },
        sujet="l'avenant",
    )
    if request.method == "POST":
        exiger(request, "avenant.signer", avenant)
        if form.is_valid() and executer(
            request,
            services.signer_avenant,
            formulaire=form,
            succes="Merci : l'avenant est signé, il vaut dès maintenant.",
            avenant=avenant,
            preuve=preuve_de(request, form),
            **form.arguments(),
        ):
            return redirect("organisme:avenant", reference=reference, no=no)
    return _montrer(request, avenant, salle="organisme", form=form, peut_signer=peut_signer)


def avenant_ville(request: HttpRequest, reference: str, no: int) -> HttpResponse:
    """Lire un avenant, l'approuver ou le refuser, inscrire la signature reçue sur papier."""
    exiger(request, "ville.voir")
    avenant = _avenant(request, reference, no)
    if request.method != "POST":
        return _montrer_a_la_ville(request, avenant)
    if "papier" in request.POST:
        return _inscrire_le_papier(request, avenant)
    exiger(request, "avenant.decider", avenant)
    if "refuser" in request.POST:
        form = MotifForm(request.POST)
        fait = form.is_valid() and executer(
            request,
            services.refuser_avenant,
            formulaire=form,
            succes="L'avenant est refusé ; l'organisme est prévenu.",
            avenant=avenant,
            **form.cleaned_data,
        )
        return _suite(request, avenant, fait, form_refus=form)
    form = ApprobationAvenantForm(request.POST, avenant=avenant)
    fait = form.is_valid() and executer(
        request,
        services.approuver_avenant,
        formulaire=form,
        succes="L'avenant est approuvé et signé par la Ville ; l'organisme est invité à signer.",
        avenant=avenant,
        preuve=preuve_de(request, form),
        resolution=form.cleaned_data.get("resolution"),
    )
    return _suite(request, avenant, fait, form=form)


def _inscrire_le_papier(request: HttpRequest, avenant: Avenant) -> HttpResponse:
    exiger(request, "convention.preparer", avenant)
    form = SignaturePapierForm(request.POST)
    fait = form.is_valid() and executer(
        request,
        services.inscrire_signature_papier,
        formulaire=form,
        succes="La signature est inscrite ; l'avenant vaut dès maintenant.",
        avenant=avenant,
        **form.cleaned_data,
    )
    return _suite(request, avenant, fait, form_papier=form)


def _suite(request: HttpRequest, avenant: Avenant, fait: Any, **formulaires: Any) -> HttpResponse:
    if fait:
        return redirect("ville:avenant", reference=avenant.demande.reference, no=avenant.no)
    return _montrer_a_la_ville(request, avenant, **formulaires)


def _montrer_a_la_ville(request: HttpRequest, avenant: Avenant, **formulaires: Any) -> HttpResponse:
    contexte = {
        "salle": "ville",
        "form": ApprobationAvenantForm(avenant=avenant),
        "form_refus": MotifForm(),
        "form_papier": SignaturePapierForm(),
        "peut_decider": avenant.etat == "demande" and request.user.peut("avenant.decider", avenant),
        "peut_inscrire": avenant.etat == "approuve"
        and request.user.peut("convention.preparer", avenant),
    }
    return _montrer(request, avenant, **contexte | formulaires)


def _montrer(request: HttpRequest, avenant: Avenant, **contexte: Any) -> HttpResponse:
    return render(
        request,
        "financement/avenant.html",
        {
            "avenant": avenant,
            "convention": avenant.convention,
            "demande": avenant.demande,
            "seuil": avenant.demande.appel.ecart_poste_sans_avenant,
            "ecarts": [
                (ecart, ecart.demande_un_avenant(avenant.demande.appel.ecart_poste_sans_avenant))
                for ecart in avenant.ecarts
            ],
            "peut_signer": False,
            "peut_decider": False,
            "peut_inscrire": False,
            "peut_voir_retours": request.user.peut("retour.voir", avenant),
            "form_refus": None,
            "form_papier": None,
            "texte": texte_fige(avenant.document) if avenant.document else "",
            "signatures": avenant.signatures.all(),
            **contexte,
        },
    )
