"""Les séances : la Ville les prépare, la présidence ou l'agent les tient, le comité les suit."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from appels.models import Appel, Demande
from evaluations.compte_rendu import document_lisible
from evaluations.forms_seance import PresencesForm, SeanceForm
from evaluations.models import Recommandation, Seance
from evaluations.projets import ProjetLu, projets_lus
from evaluations.quorum import quorums
from evaluations.services import seances
from evaluations.tableau import tableau_entier
from evaluations.visibilite import demandes_revelees_a, siege_de
from socle.concurrence import empreinte
from socle.models import EntreeJournal
from socle.vues import executer, exiger, trouver


def salle_de(request: HttpRequest) -> str:
    return request.resolver_match.namespace


def trouver_seance(request: HttpRequest, pk: int, permission: str) -> Seance:
    """La séance, dans la salle de la personne : les employés à la Ville, les membres au comité."""
    objet = trouver(
        request,
        Seance.objects.visibles_par(request.user).select_related("appel", "compte_rendu"),
        permission,
        pk=pk,
    )
    if salle_de(request) == "ville":
        exiger(request, "ville.voir")
    elif siege_de(request.user, objet.appel) is None:
        raise Http404
    return objet


def contexte_seance(request: HttpRequest, objet: Seance, **suite: Any) -> dict[str, Any]:
    """Ce que chaque page d'une séance montre, et les adresses de sa salle."""
    salle = salle_de(request)
    noms = ("ouvrir", "clore", "modifier", "presences", "ordre", "ecran", "montrer", "textes",
            "apercu", "compte_rendu", "addenda")  # fmt: skip
    return {
        "seance": objet,
        "appel": objet.appel,
        "salle": salle,
        # Le compte rendu nomme les organismes : en lecture anonyme, le comité le lira figé.
        "apercu_permis": salle == "ville" or not objet.appel.lecture_anonyme,
        "adresses": {
            "seance": reverse(f"{salle}:seance", args=[objet.pk]),
            **{nom: reverse(f"{salle}:seance_{nom}", args=[objet.pk]) for nom in noms},
        },
        **suite,
    }


# --- Préparer (Ville) -----------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def seances_appel(request: HttpRequest, code: str) -> HttpResponse:
    """Les séances d'un appel, et le formulaire pour en préparer une."""
    exiger(request, "appel.voir")
    appel = get_object_or_404(Appel, code=code)
    peut = request.user.peut("seance.tenir", appel)
    formulaire = SeanceForm(request.POST or None)
    if request.method == "POST":
        exiger(request, "seance.tenir", appel)
        if formulaire.is_valid():
            seance = executer(
                request,
                seances.preparer_seance,
                formulaire=formulaire,
                appel=appel,
                succes="La séance est préparée ; le comité est convoqué par courriel.",
                **formulaire.cleaned_data,
            )
            if seance:
                return redirect("ville:seance", pk=seance.pk)
    return render(
        request,
        "evaluations/ville/seances.html",
        {
            "appel": appel,
            "seances": appel.seances.select_related("compte_rendu"),
            "formulaire": formulaire,
            "peut_preparer": peut and appel.etat == Appel.Etat.EN_EVALUATION,
        },
    )


@require_http_methods(["GET", "POST"])
def modifier(request: HttpRequest, pk: int) -> HttpResponse:
    """La date, le lieu et les notes de séance, tant qu'elle n'est pas close."""
    seance = trouver_seance(request, pk, "seance.tenir")
    initial = {"date": seance.date, "lieu": seance.lieu, "notes": seance.notes}
    formulaire = SeanceForm(
        request.POST or None,
        initial=initial,
        avec_notes=request.user.peut("seance.compte_rendu", seance),
    )
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            seances.modifier_seance,
            formulaire=formulaire,
            seance=seance,
            base=request.POST.get("base", "")[:12],
            succes="La séance est modifiée.",
            **formulaire.cleaned_data,
        )
        if fait:
            return redirect(f"{salle_de(request)}:seance", pk=pk)
    return render(
        request,
        "evaluations/seance/modifier.html",
        contexte_seance(
            request,
            seance,
            formulaire=formulaire,
            base=empreinte(seances.etat_de_la_seance(seance)),
        ),
    )


def montrer(request: HttpRequest, demandes: Iterable[Demande]) -> list[Demande | ProjetLu]:
    """Les demandes telles que cette salle les voit : au comité, sans nom si l'appel est anonyme."""
    return projets_lus(demandes) if salle_de(request) == "comite" else list(demandes)


# --- Tenir ----------------------------------------------------------------------------------------
def seance(request: HttpRequest, pk: int) -> HttpResponse:
    """La séance : ordre du jour, avis adoptés, présences."""
    objet = trouver_seance(request, pk, "seance.voir")
    return _page_seance(request, objet, PresencesForm(seance=objet))


def _page_seance(
    request: HttpRequest, objet: Seance, presences: PresencesForm, status: int = 200
) -> HttpResponse:
    volets = _ordre_du_jour(request, objet) if objet.etat != Seance.Etat.PREPAREE else []
    lit_tout = request.user.peut("seance.compte_rendu", objet)
    peut_tenir = request.user.peut("seance.tenir", objet)
    return render(
        request,
        "evaluations/seance/seance.html",
        contexte_seance(
            request,
            objet,
            peut_tenir=peut_tenir,
            peut_rediger=peut_tenir and lit_tout,
            formulaire=presences,
            base_presences=empreinte(seances.etat_des_presences(objet)),
            presences=objet.presences.select_related("membre__utilisateur")
            .prefetch_related("passages")
            .order_by("membre__code"),
            volets=volets,
            ordres=Seance.Ordre.choices,
            compte_rendu=document_lisible(request.user, objet),
            est_une_copie=not lit_tout,
            notes=objet.notes if lit_tout else "",
            entrees=EntreeJournal.objects.pour(objet)[:50]
            if lit_tout and salle_de(request) == "ville"
            else None,
            addendas=objet.addendas.select_related("document") if lit_tout else [],
        ),
        status=status,
    )


def _ordre_du_jour(request: HttpRequest, objet: Seance) -> list[dict[str, Any]]:
    """Les volets et leurs demandes, dans l'ordre choisi, avec le quorum de chacune."""
    salle = salle_de(request)
    classes = tableau_entier(
        request.user,
        objet.appel,
        adresse=lambda d: reverse(f"{salle}:seance_demande", args=[objet.pk, d.reference]),
        au_comite=salle == "comite",
    ).volets
    demandes = [rang.ligne.demande for classe in classes for rang in classe.lignes]
    par_demande = quorums(objet, demandes) if objet.etat == Seance.Etat.OUVERTE else {}
    volets = []
    for classe in classes:
        rangs = classe.lignes
        if objet.ordre == Seance.Ordre.DESACCORD:
            rangs = sorted(rangs, key=lambda rang: -rang.ligne.ecart)
        lignes = [
            {"rang": rang, "quorum": par_demande.get(rang.ligne.demande.pk)} for rang in rangs
        ]
        volets.append({"classe": classe, "lignes": lignes})
    return volets


@require_POST
def presences(request: HttpRequest, pk: int) -> HttpResponse:
    """Qui est dans la salle, et les heures d'arrivée et de départ."""
    objet = trouver_seance(request, pk, "seance.tenir")
    formulaire = PresencesForm(request.POST, seance=objet)
    if formulaire.is_valid() and executer(
        request,
        seances.inscrire_presences,
        formulaire=formulaire,
        seance=objet,
        presents=formulaire.cleaned_data["presents"],
        heures=formulaire.heures(),
        base=request.POST.get("base", "")[:12],
        succes="Les présences sont inscrites.",
    ):
        return redirect(f"{salle_de(request)}:seance", pk=pk)
    return _page_seance(request, objet, formulaire, status=422)


@require_POST
def ordre(request: HttpRequest, pk: int) -> HttpResponse:
    """L'ordre du jour, par rang ou par désaccord."""
    objet = trouver_seance(request, pk, "seance.tenir")
    executer(request, seances.ordonner_seance, seance=objet, ordre=request.POST.get("ordre", ""))
    return redirect(f"{salle_de(request)}:seance", pk=pk)


@require_POST
def ouvrir(request: HttpRequest, pk: int) -> HttpResponse:
    objet = trouver_seance(request, pk, "seance.tenir")
    executer(request, seances.ouvrir_seance, seance=objet, succes="La séance est ouverte.")
    return redirect(f"{salle_de(request)}:seance", pk=pk)


@require_http_methods(["GET", "POST"])
def clore(request: HttpRequest, pk: int) -> HttpResponse:
    """Montre ce que le compte rendu figera, puis clôt la séance."""
    objet, salle = trouver_seance(request, pk, "seance.tenir"), salle_de(request)
    if objet.etat != Seance.Etat.OUVERTE:
        return redirect(f"{salle}:seance", pk=pk)
    if request.method == "POST":
        executer(
            request,
            seances.clore_seance,
            seance=objet,
            succes="La séance est close ; le compte rendu est émis.",
        )
        return redirect(f"{salle}:seance", pk=pk)
    visibles = demandes_revelees_a(request.user, objet.appel)
    return render(
        request,
        "evaluations/seance/clore.html",
        contexte_seance(
            request,
            objet,
            avis=_avis_montres(request, objet, visibles),
            sans_avis=montrer(
                request,
                visibles.filter(etat="evaluee")
                .select_related("appel", "organisme", "volet")
                .order_by("code"),
            ),
            peut_rediger=request.user.peut("seance.compte_rendu", objet),
        ),
    )


def _avis_montres(request: HttpRequest, objet: Seance, visibles: QuerySet) -> list[dict[str, Any]]:
    """Chaque avis de la séance, avec sa demande telle que cette salle la voit."""
    avis = list(
        Recommandation.objects.filter(
            seance=objet, en_vigueur=True, demande__in=visibles.values("pk")
        )
        .select_related("demande__appel", "demande__organisme", "demande__volet")
        .order_by("demande__code")
    )
    demandes = montrer(request, [recommandation.demande for recommandation in avis])
    return [
        {"demande": demande, "recommandation": recommandation}
        for demande, recommandation in zip(demandes, avis, strict=True)
    ]
