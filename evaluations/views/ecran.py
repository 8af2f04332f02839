"""L'écran de la séance : projeté dans la salle, et suivi par chaque membre sur le sien."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from evaluations.models import Recommandation, Seance
from evaluations.projets import projet_lu
from evaluations.services import recommandations, seances
from evaluations.tableau import tableau_entier
from evaluations.views.seance_demande import contexte_demande
from evaluations.views.seances import contexte_seance, salle_de, trouver_seance
from evaluations.visibilite import demandes_revelees_a
from socle.concurrence import empreinte
from socle.vues import executer


def ecran(request: HttpRequest, pk: int) -> HttpResponse:
    """Ce que le comité étudie maintenant, en grands caractères.

    htmx redemande la page toutes les trois secondes avec l'empreinte de ce qu'elle montre : rien ne
    revient (204) tant que rien n'a changé. Sans JavaScript, la page se recharge d'elle-même.
    """
    objet = trouver_seance(request, pk, "seance.voir")
    contexte = _contexte(request, objet)
    contexte["empreinte"] = _empreinte(contexte)
    if request.htmx:
        if request.GET.get("etat") == contexte["empreinte"]:
            return HttpResponse(status=204)
        return render(request, "evaluations/seance/_ecran.html", contexte)
    return render(request, "evaluations/seance/ecran.html", contexte)


def _contexte(request: HttpRequest, objet: Seance) -> dict[str, Any]:
    """La demande à l'écran si la personne peut la voir ; sinon, qu'elle n'est pas à voir."""
    if objet.demande_a_l_ecran_id is None or objet.etat != Seance.Etat.OUVERTE:
        return contexte_seance(
            request, objet, mode="ordre" if objet.etat == "ouverte" else "attente",
            volets=_volets(request, objet),
        )  # fmt: skip
    projet = (
        demandes_revelees_a(request.user, objet.appel)
        .filter(pk=objet.demande_a_l_ecran_id)
        .avec_budget()
        .select_related("organisme")
        .first()
    )
    if projet is None:
        return contexte_seance(request, objet, mode="cachee")
    valeurs = recommandations.valeurs_de_l_avis(objet, projet)
    contexte = contexte_demande(request, objet, projet)
    return {
        **contexte,
        # Tout le comité lit cet écran, qui que ce soit qui le projette.
        "demande": projet_lu(projet),
        "mode": "demande",
        "brouillon": valeurs,
        "brouillon_lisible": _lisible(valeurs),
    }


def _volets(request: HttpRequest, objet: Seance) -> list[Any]:
    if objet.etat == Seance.Etat.PREPAREE:
        return []
    return tableau_entier(request.user, objet.appel, adresse=lambda d: "", au_comite=True).volets


def _lisible(valeurs: dict[str, str]) -> dict[str, str]:
    """L'avis proposé, son montant et le vote, comme on les dit, tels que tapés."""
    voix = {nom: valeurs[nom] or "0" for nom in ("pour", "contre", "abstentions")}
    pluriel = "" if voix["abstentions"] in ("0", "1") else "s"
    accorde = valeurs["avis"] in recommandations.AVIS_FAVORABLES
    return {
        "avis": dict(Recommandation.Avis.choices).get(valeurs["avis"], "À discuter"),
        "montant": f"{valeurs['montant']}\u00a0$" if accorde and valeurs["montant"] else "",
        "vote": f"{voix['pour']} pour, {voix['contre']} contre, {voix['abstentions']} "
        f"abstention{pluriel}"
        if set(voix.values()) != {"0"}
        else "",
    }


def _empreinte(contexte: dict[str, Any]) -> str:
    """Ce qui fait que l'écran change, sans ses nombres de passage."""
    vus = [contexte["mode"], str(contexte["seance"].etat)]
    if contexte["mode"] == "demande":
        ligne, avis = contexte["ligne"], contexte["avis"]
        vus += [
            contexte["demande"].pk,
            contexte["brouillon"],
            avis.pk if avis else None,
            str(ligne.score) if ligne else "",
            [[point.libelle, str(point.montant)] for point in contexte["points"]],
            [contexte["quorum"].detail, *contexte["quorum"].recuses],
        ]
    elif contexte["mode"] == "ordre":
        vus += [
            [rang.ligne.demande.pk, rang.avis and [rang.avis.avis, str(rang.avis.montant)]]
            for volet in contexte["volets"]
            for rang in volet.lignes
        ]
    return empreinte(vus)


@require_POST
def montrer(request: HttpRequest, pk: int) -> HttpResponse:
    """Met une demande à l'écran, ou y remet l'ordre du jour (sans ``demande``)."""
    objet = trouver_seance(request, pk, "seance.tenir")
    reference = request.POST.get("demande", "")
    demande = (
        get_object_or_404(demandes_revelees_a(request.user, objet.appel), reference=reference)
        if reference
        else None
    )
    executer(request, seances.montrer_a_l_ecran, seance=objet, demande=demande)
    if demande is not None:
        return redirect(f"{salle_de(request)}:seance_demande", pk=pk, reference=reference)
    return redirect(f"{salle_de(request)}:seance", pk=pk)
