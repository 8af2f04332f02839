"""« Mes demandes » et le suivi d'une demande, pour l'organisme."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from appels.etapes import etapes, situation
from appels.forms.aide import AideForm
from appels.forms.appel import MotifForm
from appels.models import Appel, Demande
from appels.services import demandes as services
from appels.services import echanges, recevabilite
from socle.models import Document, EntreeJournal, Organisme
from socle.services.organismes import invitations_a_traiter
from socle.vues import executer, trouver

# Ce que l'organisme peut lire du journal : rien du comité ni de la décision.
VERBES_VISIBLES = (
    "demande.commencer",
    "demande.deposer",
    "demande.refuser_depot",
    "demande.reprendre",
    "demande.retirer",
    "demande.demander_complement",
    "demande.completer",
    "demande.declarer_recevable",
    "demande.declarer_irrecevable",
    "demande.accorder_derogation",
    "demande.annoncer_aide",
    "demande.joindre_piece",
    "demande.retirer_piece",
    "demande.conventionner",
    "demande.fermer",
    "demande.resilier",
)


def siennes(request: HttpRequest):
    return Demande.objects.filter(organisme_id__in=request.user.organismes_ids).select_related(
        "appel", "organisme", "volet"
    )


def accueil(request: HttpRequest) -> HttpResponse:
    non_lus = echanges.non_lus_par_demande(request.user)
    lignes = [
        {
            "demande": demande,
            "situation": situation(demande),
            "etapes": etapes(demande),
            "messages_non_lus": non_lus.get(demande.pk, 0),
        }
        for demande in siennes(request).order_by("-appel__cloture", "code")
    ]
    return render(
        request,
        "appels/organisme/accueil.html",
        {
            "lignes": lignes,
            "organismes": Organisme.objects.filter(pk__in=request.user.organismes_ids),
            "invitations": invitations_a_traiter(request.user),
            "ouverts": Appel.objects.ouverts(),
        },
    )


class NouvelleDemandeForm(forms.Form):
    organisme = forms.ModelChoiceField(
        Organisme.objects.none(), label="Au nom de", empty_label=None
    )

    def __init__(self, *args, personne, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisme"].queryset = Organisme.objects.filter(pk__in=personne.organismes_ids)


def nouvelle(request: HttpRequest) -> HttpResponse:
    """Commencer une demande dans un appel ouvert."""
    appel = get_object_or_404(Appel.objects.publics(), code=request.GET.get("appel", ""))
    if not request.user.organismes_ids:
        return redirect("organisme:nouveau")
    form = NouvelleDemandeForm(request.POST or None, personne=request.user)
    if request.method == "POST" and form.is_valid():
        demande = executer(
            request,
            services.commencer_demande,
            formulaire=form,
            appel=appel,
            organisme=form.cleaned_data["organisme"],
        )
        if demande:
            return redirect("organisme:rediger", reference=demande.reference, partie="projet")
    return render(request, "appels/organisme/demande_nouvelle.html", {"appel": appel, "form": form})


def demande(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(request, siennes(request), reference=reference)
    lettre = None
    if objet.etat_annonce:
        lettre = (
            objet.decisions.filter(lettres__emise_le__isnull=False)
            .order_by("-lettres__emise_le")
            .values_list("lettres__document__cle", flat=True)
            .first()
        )
    peut = {
        nom: request.user.peut(f"demande.{nom}", objet)
        for nom in ("deposer", "reprendre", "retirer", "completer")
    }
    return render(
        request,
        "appels/organisme/demande.html",
        {
            "demande": objet,
            "situation": situation(objet),
            "etapes": etapes(objet),
            "complement": objet.complements.filter(complete_le=None).first(),
            "depot": objet.depots.select_related("document").first(),
            "lettre": lettre,
            "fermetures": Document.objects.pour(objet).filter(nature=Document.Nature.RECUPERATION),
            "convention": objet.conventions.exclude(etat="brouillon").order_by("-pk").first(),
            "rapports": objet.rapports.all() if objet.etat_visible == "conventionnee" else [],
            "aides": objet.aides_annoncees.all(),
            "messages_non_lus": echanges.non_lus_par_demande(request.user).get(objet.pk, 0),
            "peut": peut,
            "peut_reexaminer": objet.etat_visible in {"refusee", "irrecevable"}
            and request.user.peut("reexamen.demander", objet),
            "entrees": EntreeJournal.objects.pour(objet).filter(verbe__in=VERBES_VISIBLES)[:30],
        },
    )


@require_POST
def reprendre(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(request, siennes(request), reference=reference)
    if executer(
        request,
        services.reprendre,
        demande=objet,
        succes="La demande est redevenue un brouillon : déposez-la à nouveau avant la clôture.",
    ):
        return redirect("organisme:rediger", reference=reference, partie="relecture")
    return redirect("organisme:demande", reference=reference)


def retirer(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(request, siennes(request), "demande.retirer", reference=reference)
    form = MotifForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.retirer,
            formulaire=form,
            succes="La demande est retirée.",
            demande=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:demande", reference=reference)
    return render(request, "appels/organisme/retirer.html", {"demande": objet, "form": form})


def aide(request: HttpRequest, reference: str) -> HttpResponse:
    """Annoncer une autre aide publique reçue depuis le dépôt."""
    objet = trouver(request, siennes(request), "demande.annoncer_aide", reference=reference)
    form = AideForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.annoncer_aide,
            formulaire=form,
            succes="L'aide est inscrite ; les taux de la demande ont été recalculés.",
            demande=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("organisme:demande", reference=reference)
    return render(request, "appels/organisme/aide.html", {"demande": objet, "form": form})


@require_POST
def completer(request: HttpRequest, reference: str) -> HttpResponse:
    objet = trouver(request, siennes(request), reference=reference)
    executer(
        request,
        recevabilite.completer,
        demande=objet,
        succes="Le complément est transmis à la Ville.",
    )
    return redirect("organisme:demande", reference=reference)
