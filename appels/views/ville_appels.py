"""Les appels, côté Ville : la liste, le tableau d'un appel, ses passages d'état."""

from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from appels.forms.appel import MotifForm, ReportForm
from appels.models import Appel, Demande
from appels.services import appel_suivant
from appels.services import appels as services
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver

ETAPES = (
    ("Brouillons", ("brouillon",)),
    ("À vérifier", ("deposee", "a_completer")),
    ("Recevables", ("recevable",)),
    ("Au comité", ("en_evaluation", "evaluee", "recommandee")),
    ("Acceptées", ("acceptee", "conventionnee", "fermee")),
    ("Liste d'attente", ("liste_attente",)),
    ("Refusées ou irrecevables", ("refusee", "irrecevable")),
    ("Retirées ou résiliées", ("retiree", "resiliee")),
)


def appels(request: HttpRequest) -> HttpResponse:
    exiger(request, "appel.voir")
    liste = (
        Appel.objects.visibles_par(request.user)
        .annotate(
            deposees=Count("demandes", filter=~Q(demandes__etat="brouillon"), distinct=True),
        )
        .prefetch_related("volets")
        .order_by("-cloture")
    )
    return render(
        request,
        "appels/ville/appels.html",
        {"appels": liste, "peut_creer": request.user.peut("appel.creer")},
    )


def appel(request: HttpRequest, code: str) -> HttpResponse:
    """Le tableau d'un appel : où en sont ses demandes, son argent, ce qui peut se faire."""
    objet = trouver(request, Appel.objects.visibles_par(request.user), "appel.voir", code=code)
    visibles = Demande.objects.visibles_par(request.user).filter(appel=objet)
    par_etat = {
        ligne["etat"]: ligne
        for ligne in visibles.order_by()
        .values("etat")
        .annotate(nombre=Count("pk"), montant=Sum("montant_demande"))
    }
    etapes = [
        {
            "libelle": libelle,
            "nombre": sum(par_etat[etat]["nombre"] for etat in etats if etat in par_etat),
            "montant": sum((par_etat[etat]["montant"] or 0) for etat in etats if etat in par_etat),
            "etats": ",".join(etats),
        }
        for libelle, etats in ETAPES
    ]
    return render(
        request,
        "appels/ville/appel.html",
        {
            "appel": objet,
            "etapes": etapes,
            "soldes": soldes_affiches(objet),
            "entrees": EntreeJournal.objects.pour(objet)[:30],
            "peut": {
                nom: request.user.peut(f"appel.{nom}", objet)
                for nom in (
                    "modifier",
                    "publier",
                    "reporter_cloture",
                    "ouvrir_evaluation",
                    "arreter_decisions",
                    "archiver",
                    "annuler",
                )
            },
            "peut_archiver": request.user.peut("archive.produire", objet),
            "peut_enseigner": objet.etat in appel_suivant.TERMINES
            and request.user.peut("appel.tirer_enseignements", objet),
            "peut_gerer_comite": request.user.peut("comite.gerer", objet),
            "peut_decider": request.user.peut("resolution.inscrire", objet),
            "peut_repondre": request.user.peut("question.repondre", objet),
        },
    )


def soldes_affiches(appel: Appel) -> list[dict[str, Any]]:
    """L'argent de chaque volet, lu au grand livre par la relation."""
    soldes = []
    for volet in appel.volets.prefetch_related("credits"):
        credits = list(volet.credits.all())
        rendu = sum(credit.recuperation for credit in credits)
        soldes.append(
            {
                "titre": str(volet),
                "enveloppe": volet.enveloppe_actuelle,
                "accorde": sum(c.accord - c.liberation for c in credits),
                "engage": sum(c.engagement for c in credits) - rendu,
                "verse": sum(c.versement for c in credits) - rendu,
            }
        )
    return soldes


def publier(request: HttpRequest, code: str) -> HttpResponse:
    """La page qui montre les effets, puis l'acte."""
    objet = trouver(request, Appel.objects.visibles_par(request.user), "appel.publier", code=code)
    if request.method == "POST" and executer(
        request, services.publier, appel=objet, succes="L'appel est publié."
    ):
        return redirect("ville:appel", code=code)
    return render(
        request,
        "appels/ville/publier.html",
        {
            "appel": objet,
            "volets": objet.volets.all(),
            "criteres": objet.criteres.all(),
            "pieces": objet.pieces_exigees.all(),
        },
    )


def reporter(request: HttpRequest, code: str) -> HttpResponse:
    objet = trouver(
        request, Appel.objects.visibles_par(request.user), "appel.reporter_cloture", code=code
    )
    form = ReportForm(request.POST or None, initial={"cloture": objet.cloture})
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.reporter_cloture,
            formulaire=form,
            succes="La clôture est reportée ; les organismes ont été prévenus.",
            appel=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:appel", code=code)
    return render(request, "appels/ville/reporter.html", {"appel": objet, "form": form})


def annuler(request: HttpRequest, code: str) -> HttpResponse:
    objet = trouver(request, Appel.objects.visibles_par(request.user), "appel.annuler", code=code)
    form = MotifForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and executer(
            request,
            services.annuler,
            formulaire=form,
            succes="L'appel est annulé.",
            appel=objet,
            **form.cleaned_data,
        )
    ):
        return redirect("ville:appel", code=code)
    return render(request, "appels/ville/annuler.html", {"appel": objet, "form": form})


PASSAGES: dict[str, tuple[Any, str]] = {
    "ouvrir-evaluation": (services.ouvrir_evaluation, "L'évaluation est ouverte."),
    "arreter-decisions": (services.arreter_decisions, "Les décisions sont arrêtées."),
    "archiver": (services.archiver, "L'appel est archivé."),
}


@require_POST
def passer(request: HttpRequest, code: str, passage: str) -> HttpResponse:
    """Un passage d'état qui ne demande rien d'autre que d'être confirmé par son bouton."""
    service, succes = PASSAGES[passage]
    permission = f"appel.{passage.replace('-', '_')}"
    objet = trouver(request, Appel.objects.visibles_par(request.user), permission, code=code)
    executer(request, service, appel=objet, succes=succes)
    return redirect("ville:appel", code=code)
