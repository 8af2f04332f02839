"""Les séances : la Ville les prépare, la présidence ou l'agent les tient, le comité les suit."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from appels.models import Appel, Demande
from appels.montants import montant_maximal
from appels.regles import regles_budget
from evaluations.classement import lignes_de
from evaluations.forms import PresencesForm, RecommandationForm, SeanceForm
from evaluations.models import MembreComite, Recommandation, Seance
from evaluations.projets import ProjetLu, projet_lu
from evaluations.quorum import quorum_de, quorums
from evaluations.services import seances
from evaluations.tableau import volets_classes
from evaluations.visibilite import demandes_revelees_a, siege_de
from socle.graphiques import Part
from socle.vues import executer, exiger, trouver


def _salle(request: HttpRequest) -> str:
    return request.resolver_match.namespace


def _seance(request: HttpRequest, pk: int, permission: str) -> Seance:
    """La séance, dans la salle de la personne : les employés à la Ville, les membres au comité."""
    objet = trouver(
        request,
        Seance.objects.visibles_par(request.user).select_related("appel", "compte_rendu"),
        permission,
        pk=pk,
    )
    if _salle(request) == "ville":
        exiger(request, "ville.voir")
    elif siege_de(request.user, objet.appel) is None:
        raise Http404
    return objet


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
    seance = _seance(request, pk, "seance.tenir")
    salle = _salle(request)
    initial = {"date": seance.date, "lieu": seance.lieu, "notes": seance.notes}
    formulaire = SeanceForm(request.POST or None, initial=initial)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            seances.modifier_seance,
            formulaire=formulaire,
            seance=seance,
            succes="La séance est modifiée.",
            **formulaire.cleaned_data,
        )
        if fait:
            return redirect(f"{salle}:seance", pk=pk)
    return render(
        request,
        "evaluations/seance/modifier.html",
        {"seance": seance, "appel": seance.appel, "formulaire": formulaire, "salle": salle},
    )


def _montre(request: HttpRequest, demande: Demande) -> Demande | ProjetLu:
    """La demande telle que cette salle la voit : au comité, sans nom si l'appel est anonyme."""
    return projet_lu(demande) if _salle(request) == "comite" else demande


# --- Tenir ----------------------------------------------------------------------------------------
def seance(request: HttpRequest, pk: int) -> HttpResponse:
    """La séance sur un écran : présences, ordre du jour, avis adoptés."""
    objet = _seance(request, pk, "seance.voir")
    return _page_seance(request, objet, PresencesForm(seance=objet))


def _page_seance(
    request: HttpRequest, objet: Seance, presences: PresencesForm, status: int = 200
) -> HttpResponse:
    salle, appel = _salle(request), objet.appel
    volets = (
        volets_classes(
            request.user,
            appel,
            adresse=lambda d: reverse(
                f"{salle}:seance_demande", kwargs={"pk": objet.pk, "reference": d.reference}
            ),
            au_comite=salle == "comite",
        )
        if objet.etat != Seance.Etat.PREPAREE
        else []
    )
    demandes = [r.ligne.demande for volet in volets for r in volet.lignes]
    par_demande = quorums(objet, demandes) if objet.etat == Seance.Etat.OUVERTE else {}
    return render(
        request,
        "evaluations/seance/seance.html",
        {
            "seance": objet,
            "appel": appel,
            "salle": salle,
            "peut_tenir": request.user.peut("seance.tenir", objet),
            "formulaire": presences,
            "presences": objet.presences.select_related("membre__utilisateur").order_by(
                "membre__code"
            ),
            "volets": [
                {
                    "classe": volet,
                    "lignes": [
                        {"rang": r, "quorum": par_demande.get(r.ligne.demande.pk)}
                        for r in volet.lignes
                    ],
                }
                for volet in volets
            ],
            "sans_avis": sum(1 for v in volets for r in v.lignes if r.avis is None),
            "compte_rendu": objet.compte_rendu
            if request.user.peut("seance.compte_rendu", objet)
            else None,
        },
        status=status,
    )


@require_POST
def presences(request: HttpRequest, pk: int) -> HttpResponse:
    objet = _seance(request, pk, "seance.tenir")
    formulaire = PresencesForm(request.POST, seance=objet)
    if formulaire.is_valid():
        executer(
            request,
            seances.inscrire_presences,
            seance=objet,
            presents=formulaire.cleaned_data["presents"],
            succes="Les présences sont inscrites.",
        )
        return redirect(f"{_salle(request)}:seance", pk=pk)
    return _page_seance(request, objet, formulaire, status=422)


@require_POST
def ouvrir(request: HttpRequest, pk: int) -> HttpResponse:
    objet = _seance(request, pk, "seance.tenir")
    executer(request, seances.ouvrir_seance, seance=objet, succes="La séance est ouverte.")
    return redirect(f"{_salle(request)}:seance", pk=pk)


@require_http_methods(["GET", "POST"])
def clore(request: HttpRequest, pk: int) -> HttpResponse:
    """Montre ce que le compte rendu figera, puis clôt la séance."""
    objet, salle = _seance(request, pk, "seance.tenir"), _salle(request)
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
        {
            "seance": objet,
            "appel": objet.appel,
            "salle": salle,
            "avis": [
                {"demande": _montre(request, avis.demande), "recommandation": avis}
                for avis in Recommandation.objects.filter(
                    seance=objet, en_vigueur=True, demande__in=visibles.values("pk")
                )
                .select_related("demande__appel", "demande__organisme", "demande__volet")
                .order_by("demande__code")
            ],
            "sans_avis": [
                _montre(request, demande)
                for demande in visibles.filter(etat="evaluee")
                .select_related("appel", "organisme", "volet")
                .order_by("code")
            ],
        },
    )


def compte_rendu(request: HttpRequest, pk: int) -> HttpResponse:
    """Le compte rendu figé, sauf à qui y lirait une demande dont il est récusé."""
    objet = _seance(request, pk, "seance.compte_rendu")
    if objet.compte_rendu is None:
        raise Http404
    pdf = objet.compte_rendu.pdf
    return FileResponse(pdf.open("rb"), filename=pdf.name.rsplit("/", 1)[-1])


# --- Une demande en séance ------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def demande(request: HttpRequest, pk: int, reference: str) -> HttpResponse:
    """L'écran projeté pour une demande : fiches, quorum, avis à adopter."""
    objet = _seance(request, pk, "seance.voir")
    if objet.etat == Seance.Etat.PREPAREE:
        raise Http404
    projet = get_object_or_404(
        demandes_revelees_a(request.user, objet.appel)
        .filter(etat__in=["evaluee", "recommandee"])
        .avec_budget()
        .select_related("organisme"),
        reference=reference,
    )
    peut = objet.etat == Seance.Etat.OUVERTE and request.user.peut("demande.recommander", projet)
    avis = projet.recommandations.filter(en_vigueur=True).first()
    formulaire = RecommandationForm(
        request.POST or None, demande=projet, initial=_initial(projet, avis)
    )
    if request.method == "POST":
        exiger(request, "demande.recommander", projet)
        if formulaire.is_valid() and _recommander(request, objet, projet, formulaire):
            return redirect(f"{_salle(request)}:seance", pk=pk)
    return render(
        request,
        "evaluations/seance/demande.html",
        {
            **_contexte_demande(request, objet, projet),
            "formulaire": formulaire,
            "peut_recommander": peut,
            "avis": avis,
        },
        status=422 if formulaire.errors else 200,
    )


def _initial(projet: Demande, avis: Recommandation | None) -> dict[str, Any]:
    if avis is None:
        maximum = seances.maximum_recommandable(projet)
        entier = maximum == projet.montant_demande
        return {"montant": maximum, "avis": "favorable" if entier else "favorable_partiel"}
    return {
        "avis": avis.avis,
        "montant": avis.montant,
        "motifs": avis.motifs,
        "conditions": avis.conditions,
        **{
            f"motif_{critere.pk}": avis.motifs_par_critere.get(critere.code, "")
            for critere in projet.appel.criteres.all()
        },
    }


def _recommander(
    request: HttpRequest, objet: Seance, projet: Demande, formulaire: RecommandationForm
) -> Any:
    saisie = formulaire.cleaned_data
    return executer(
        request,
        seances.recommander,
        formulaire=formulaire,
        seance=objet,
        demande=projet,
        avis=saisie["avis"],
        montant=saisie["montant"] or 0,
        motifs=saisie["motifs"],
        motifs_par_critere=formulaire.motifs_par_critere(),
        conditions=saisie["conditions"],
        succes=f"L'avis du comité sur « {_montre(request, projet).titre} » est inscrit.",
    )


def _contexte_demande(request: HttpRequest, objet: Seance, projet: Demande) -> dict[str, Any]:
    ligne = lignes_de(objet.appel, Demande.objects.filter(pk=projet.pk)).get(projet.pk)
    presidence = MembreComite.objects.filter(
        appel=objet.appel, actif=True, role="presidence"
    ).first()
    budget = projet.budget()
    return {
        "seance": objet,
        "appel": objet.appel,
        "salle": _salle(request),
        "demande": _montre(request, projet),
        "ligne": ligne,
        "points": [Part(f.code, f.score) for f in ligne.fiches] if ligne else [],
        "quorum": quorum_de(objet, projet),
        "budget": budget,
        "aide_maximale": montant_maximal(budget, regles_budget(projet)),
        "maximum": seances.maximum_recommandable(projet),
        "presidence_recusee": presidence is not None
        and projet.affectations.filter(membre=presidence, etat="recusee").exists(),
    }
