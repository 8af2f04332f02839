"""La convention d'une demande, des deux côtés."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.indicateurs import par_case
from appels.models import Demande
from financement.documents_fusionnes import texte_fige
from financement.forms import ConsentementForm, MotifForm, SignatureForm, SignaturePapierForm
from financement.formulaires_indicateurs import ResultatsAttendusForm
from financement.indicateurs import comparer
from financement.models import Convention, ModeleDocument
from financement.services import conventions as services
from financement.services.modeles import lire_modele
from financement.services.reserves import reserves_de
from financement.views.signatures import preuve_de
from socle.models import EntreeJournal
from socle.saisies import a_relire
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
    "resilier": Action(
        services.resilier_convention,
        "convention.resilier",
        "La convention est résiliée.",
        MotifForm,
        "form_motif",
    ),
}


ACCORD_DE_LA_VILLE = (
    "Je suis une personne autorisée à signer pour la Ville, j'ai lu la convention et je l'accepte. "
    "Je veux que ma signature en ligne engage la Ville."
)


def _demande(request: HttpRequest, reference: str) -> Demande:
    return trouver(
        request,
        Demande.objects.sans_recusation(request.user).select_related("appel", "organisme"),
        "demande.suivre",
        reference=reference,
    )


def _convention(demande: Demande) -> Convention | None:
    conventions = demande.conventions.select_related("document", "document_signe", "modele")
    return conventions.exclude(etat="resiliee").first() or conventions.last()


def convention(request: HttpRequest, reference: str) -> HttpResponse:
    """L'état de la convention et l'action qui suit."""
    demande = _demande(request, reference)
    return _montrer(request, demande, _convention(demande))


def _montrer(
    request: HttpRequest, demande: Demande, objet: Convention | None, **formulaires: Form
) -> HttpResponse:
    reserves = reserves_de(request.user, demande)
    versements = list(objet.versements.all()) if objet else []
    avenants = list(objet.avenants.all()) if objet else []
    contexte = {
        "demande": demande,
        "convention": objet,
        "versements": versements,
        "rapports": demande.rapports.all(),
        "avenants": avenants,
        "entrees": EntreeJournal.objects.pour(*filter(None, [objet, *versements, *avenants]))[:50],
        "peut_demander_un_avenant": objet is not None
        and objet.etat == "en_vigueur"
        and request.user.peut("avenant.demander", objet),
        "form_papier": SignaturePapierForm(),
        "form_motif": MotifForm(),
        "form_accord": ConsentementForm(phrase=ACCORD_DE_LA_VILLE),
        "signatures": objet.signatures.all() if objet else [],
        "attendus": comparer(par_case(objet.resultats_attendus), {}) if objet else None,
        "form_resultats": _formulaire_des_resultats(objet) if objet else None,
        "reserves": reserves,
        "peut_abandonner": demande.etat == Demande.Etat.ACCEPTEE
        and (objet is None or objet.etat == "brouillon")
        and request.user.peut("demande.resilier", demande),
        "peut_preparer": all(reserve.levee_le for reserve in reserves)
        and request.user.peut("convention.preparer", demande),
        "modele_a_lire": _modele_a_lire(request, objet),
        "peut_voir_retours": request.user.peut("retour.voir", demande),
        "peut_contresigner": request.user.peut("convention.contresigner", demande),
        "peut_resilier": request.user.peut("convention.resilier", demande),
    }
    return render(request, "financement/ville/convention.html", contexte | formulaires)


def _modele_a_lire(request: HttpRequest, objet: Convention | None) -> ModeleDocument | None:
    """Le modèle dont un brouillon sera fait, pour qui peut le lire d'avance."""
    if objet is None or objet.etat != "brouillon" or not request.user.peut("modele.gerer"):
        return None
    modele = lire_modele(ModeleDocument.Genre.CONVENTION, objet.demande.appel)
    return modele if modele.pk else None


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
    elif action == "contresigner" and objet is not None:
        return _contresigner(request, demande, objet)
    elif action == "resultats" and objet is not None:
        return _ajuster(request, demande, objet)
    elif objet is None or action not in ACTIONS:
        raise Http404
    else:
        voulue = ACTIONS[action]
        exiger(request, voulue.permission, objet)
        form = voulue.formulaire(request.POST)
        if not form.is_valid() or a_relire(request):
            return _montrer(request, demande, objet, **{voulue.place: form})
        executer(
            request, voulue.service, convention=objet, succes=voulue.succes, **form.cleaned_data
        )
    return redirect("ville:convention", reference=reference)


def _formulaire_des_resultats(objet: Convention, donnees: Any = None) -> ResultatsAttendusForm:
    return ResultatsAttendusForm(
        donnees, appel=objet.demande.appel, attendus=objet.resultats_attendus
    )


def _ajuster(request: HttpRequest, demande: Demande, objet: Convention) -> HttpResponse:
    """Ce que la convention attend, avant qu'elle parte."""
    exiger(request, "convention.preparer", objet)
    form = _formulaire_des_resultats(objet, request.POST)
    if form.is_valid() and executer(
        request,
        services.ajuster_resultats,
        formulaire=form,
        convention=objet,
        resultats=form.comptes(),
        succes="Les résultats attendus sont enregistrés.",
    ):
        return redirect("ville:convention", reference=demande.reference)
    return _montrer(request, demande, objet, form_resultats=form)


def _contresigner(request: HttpRequest, demande: Demande, objet: Convention) -> HttpResponse:
    """En ligne, l'identité est redemandée ; sur papier, la Ville a signé le même exemplaire."""
    exiger(request, "convention.contresigner", objet)
    preuve = None
    if not objet.signature_papier:
        form = ConsentementForm(request.POST, phrase=ACCORD_DE_LA_VILLE)
        if not form.is_valid():
            return _montrer(request, demande, objet, form_accord=form)
        preuve = preuve_de(request, form)
    executer(
        request,
        services.contresigner_convention,
        convention=objet,
        preuve=preuve,
        succes="La convention est en vigueur.",
    )
    return redirect("ville:convention", reference=demande.reference)


def convention_organisme(request: HttpRequest, reference: str) -> HttpResponse:
    """Lire et signer, pour l'organisme."""
    objet = (
        Convention.objects.filter(
            demande__organisme_id__in=request.user.organismes_ids, demande__reference=reference
        )
        .exclude(etat="brouillon")
        .select_related("demande__appel", "demande__organisme", "document", "document_signe")
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
        sujet="la convention",
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
            preuve=preuve_de(request, form),
            **form.arguments(),
        ):
            return redirect("organisme:convention", reference=reference)
    return render(
        request,
        "financement/organisme/convention.html",
        {
            "convention": objet,
            "demande": objet.demande,
            "texte": texte_fige(objet.document) if peut_signer and objet.document else "",
            "signatures": objet.signatures.all(),
            "versements": objet.versements.all(),
            "rapports": objet.demande.rapports.all(),
            "attendus": comparer(par_case(objet.resultats_attendus), {}),
            "form": form,
            "peut_signer": peut_signer,
            "avenants": objet.avenants.all(),
            "peut_demander_un_avenant": objet.etat == "en_vigueur"
            and request.user.peut("avenant.demander", objet),
        },
    )
