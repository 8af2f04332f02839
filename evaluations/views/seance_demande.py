"""Une demande en séance : les fiches, le quorum, l'avis qui s'écrit à plusieurs, ma fiche."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from appels.models import Demande
from appels.montants import montant_maximal
from appels.regles import regles_budget
from appels.views.saisie import en_json, enregistre, phrase_conflit
from evaluations.analyse import analyse_pour
from evaluations.classement import fiches_de, lignes_de
from evaluations.forms_seance import FicheEnSeanceForm, RecommandationForm
from evaluations.models import Evaluation, MembreComite, Seance
from evaluations.projets import projet_lu
from evaluations.quorum import quorum_de
from evaluations.services import fiches_seance, recommandations
from evaluations.views.seances import contexte_seance, montrer, salle_de, trouver_seance
from evaluations.visibilite import demandes_revelees_a
from socle.concurrence import SaisieActuelle, SaisieConcurrente, empreinte
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.graphiques import Part
from socle.saisies import a_relire
from socle.vues import executer, exiger


def trouver_demande(request: HttpRequest, objet: Seance, reference: str) -> Demande:
    """La demande devant le comité, si elle est révélée à la personne ; sinon 404."""
    if objet.etat == Seance.Etat.PREPAREE:
        raise Http404
    return get_object_or_404(
        demandes_revelees_a(request.user, objet.appel)
        .filter(etat__in=["evaluee", "recommandee"])
        .avec_budget()
        .select_related("organisme"),
        reference=reference,
    )


@require_http_methods(["GET", "POST"])
def demande(request: HttpRequest, pk: int, reference: str) -> HttpResponse:
    """La demande et son avis ; l'agent ou la présidence l'écrit, la présidence l'inscrit."""
    objet = trouver_seance(request, pk, "seance.voir")
    projet = trouver_demande(request, objet, reference)
    ouverte = objet.etat == Seance.Etat.OUVERTE
    valeurs = recommandations.valeurs_de_l_avis(objet, projet)
    formulaire = RecommandationForm(request.POST or None, demande=projet, initial=valeurs)
    conflit: SaisieActuelle | None = None
    champ_en_conflit = ""
    if request.method == "POST":
        exiger(request, "demande.preparer_avis", projet)
        agir = _garder_le_brouillon if "brouillon" in request.POST else _inscrire
        if a_relire(request):
            agir = _laisser_a_relire
        try:
            suite = agir(request, objet, projet, formulaire)
        except PermissionRefusee as refus:
            raise Http404 from refus
        except SaisieConcurrente as refus:
            conflit, champ_en_conflit = refus.actuel, refus.champ
            formulaire.add_error(refus.champ, phrase_conflit(refus.actuel, request.user))
        except RegleViolee as refus:
            connu = refus.champ in formulaire.fields
            formulaire.add_error(refus.champ if connu else None, refus.message)
        else:
            if suite:
                return redirect(suite)
        valeurs = recommandations.valeurs_de_l_avis(objet, projet)
    return render(
        request,
        "evaluations/seance/demande.html",
        {
            **contexte_demande(request, objet, projet),
            "formulaire": formulaire,
            "bases": [(f"b{nom}", empreinte(valeur)) for nom, valeur in valeurs.items()],
            "conflit": conflit,
            "champ_en_conflit": champ_en_conflit,
            "peut_ecrire": ouverte and request.user.peut("demande.preparer_avis", projet),
            "peut_inscrire": ouverte and request.user.peut("demande.recommander", projet),
            "peut_tenir": ouverte and request.user.peut("seance.tenir", objet),
            "ma_fiche": _ma_fiche(request, objet, projet),
        },
        status=422 if formulaire.errors else 200,
    )


def _vu(request: HttpRequest, formulaire: RecommandationForm) -> dict[str, tuple[str, str]]:
    """Par champ, l'empreinte de ce que la page montrait et le texte envoyé."""
    return {
        nom: (request.POST.get(f"b{nom}", "")[:12], request.POST.get(nom, ""))
        for nom in formulaire.fields
    }


@transaction.atomic
def _garder_le_brouillon(
    request: HttpRequest, objet: Seance, projet: Demande, formulaire: RecommandationForm
) -> str:
    """Sans JavaScript : range tous les champs, sans les juger. Rend l'adresse où continuer."""
    formulaire.full_clean()
    for nom, (base, valeur) in _vu(request, formulaire).items():
        recommandations.enregistrer_champ(
            acteur=request.user, seance=objet, demande=projet, champ=nom, valeur=valeur, base=base
        )
    messages.success(request, f"{enregistre()}.")
    return request.path


def _laisser_a_relire(
    request: HttpRequest, objet: Seance, projet: Demande, formulaire: RecommandationForm
) -> str:
    return ""


def _inscrire(
    request: HttpRequest, objet: Seance, projet: Demande, formulaire: RecommandationForm
) -> str:
    """Inscrit l'avis ; rend l'adresse de la séance, ou rien quand le formulaire a des erreurs."""
    exiger(request, "demande.recommander", projet)
    if not formulaire.is_valid():
        return ""
    saisie = formulaire.cleaned_data
    recommandations.recommander(
        acteur=request.user,
        seance=objet,
        demande=projet,
        avis=saisie["avis"],
        montant=saisie["montant"] or 0,
        motifs=saisie["motifs"],
        motifs_par_critere=formulaire.motifs_par_critere(),
        conditions=saisie["conditions"],
        vote=formulaire.vote(),
        vu=_vu(request, formulaire),
    )
    [montree] = montrer(request, [projet])
    messages.success(request, f"L'avis du comité sur « {montree.titre} » est inscrit.")
    return reverse(f"{salle_de(request)}:seance", args=[objet.pk])


@require_POST
def enregistrer(request: HttpRequest, pk: int, reference: str, champ: str) -> JsonResponse:
    """Un champ de l'avis, enregistré pendant la saisie."""
    objet = trouver_seance(request, pk, "seance.voir")
    projet = trouver_demande(request, objet, reference)
    return en_json(
        request,
        lambda: recommandations.enregistrer_champ(
            acteur=request.user,
            seance=objet,
            demande=projet,
            champ=champ,
            valeur=request.POST.get(champ, ""),
            base=request.POST.get(f"b{champ}", "")[:12],
        ),
        base=empreinte,
    )


def contexte_demande(request: HttpRequest, objet: Seance, projet: Demande) -> dict[str, Any]:
    """Ce que la page d'une demande et l'écran de la salle montrent tous deux."""
    ligne = lignes_de(objet.appel, Demande.objects.filter(pk=projet.pk)).get(projet.pk)
    presidence = MembreComite.objects.filter(
        appel=objet.appel, actif=True, role="presidence"
    ).first()
    budget = projet.budget()
    salle = salle_de(request)
    return contexte_seance(
        request,
        objet,
        demande=montrer(request, [projet])[0],
        avis=projet.recommandations.filter(en_vigueur=True).first(),
        ligne=ligne,
        chiffres=analyse_pour(request.user, objet.appel).de(projet.pk) if ligne else None,
        points=[Part(f.code, f.score) for f in fiches_de([projet.pk])[projet.pk]],
        quorum=quorum_de(objet, projet),
        budget=budget,
        aide_maximale=montant_maximal(budget, regles_budget(projet)),
        presidence_recusee=presidence is not None
        and projet.affectations.filter(membre=presidence, etat="recusee").exists(),
        page_demande=reverse(f"{salle}:seance_demande", args=[objet.pk, projet.reference]),
    )


# --- Ma fiche, changée en séance ------------------------------------------------------------------
def _ma_fiche(request: HttpRequest, objet: Seance, projet: Demande) -> str:
    """L'adresse où changer sa fiche, quand la personne en a une et que l'avis n'est pas inscrit."""
    if salle_de(request) != "comite" or objet.etat != "ouverte" or projet.etat != "evaluee":
        return ""
    fiche = _fiches(request, projet).first()
    if fiche is None or not request.user.peut("evaluation.modifier_en_seance", fiche):
        return ""
    return reverse("comite:seance_fiche", args=[objet.pk, projet.reference])


def _fiches(request: HttpRequest, projet: Demande) -> Any:
    return (
        Evaluation.objects.visibles_par(request.user)
        .filter(affectation__demande=projet, etat="soumise")
        .select_related("affectation__membre", "affectation__demande__appel")
        .prefetch_related("notes")
    )


@require_http_methods(["GET", "POST"])
def ma_fiche(request: HttpRequest, pk: int, reference: str) -> HttpResponse:
    """Changer ses notes après la discussion, avec un motif."""
    objet = trouver_seance(request, pk, "seance.voir")
    projet = trouver_demande(request, objet, reference)
    fiche = get_object_or_404(_fiches(request, projet))
    exiger(request, "evaluation.modifier_en_seance", fiche)
    formulaire = FicheEnSeanceForm(request.POST or None, fiche=fiche)
    if request.method == "POST" and formulaire.is_valid():
        fait = executer(
            request,
            fiches_seance.modifier_fiche_en_seance,
            formulaire=formulaire,
            seance=objet,
            evaluation=fiche,
            notes=formulaire.notes(),
            motif=formulaire.cleaned_data["motif"],
            succes="Votre fiche est changée ; ce qu'elle était avant est gardé.",
        )
        if fait:
            return redirect("comite:seance_demande", pk=pk, reference=reference)
    return render(
        request,
        "evaluations/seance/fiche.html",
        contexte_seance(
            request,
            objet,
            demande=projet_lu(projet),
            formulaire=formulaire,
            page_demande=reverse("comite:seance_demande", args=[pk, reference]),
        ),
        status=422 if formulaire.errors else 200,
    )
