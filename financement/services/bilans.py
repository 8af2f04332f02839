"""Figer un bilan en PDF, et réunir ce que ses documents disent."""

from typing import Any

from django.db import transaction
from django.urls import reverse

from financement.annees import comparaison_de
from financement.bilan import calculer_bilan
from financement.bilan_traces import traces_du_bilan
from financement.portees import Portee, trouver_portee
from financement.services.recits import recits_de
from socle import horloge
from socle.documents import figer_document
from socle.droits import exiger_permission
from socle.journal import journaliser
from socle.models import Document, Travail
from socle.services import travaux

NATURE = "bilan"


@transaction.atomic
def demander_bilan(*, acteur: Any, portee: Portee) -> Travail:
    """Confie à un ouvrier le PDF du bilan de ``portee``."""
    exiger_permission(acteur, "bilan.figer", portee.objet)
    objet = portee.inscrite().objet
    parametres = {"portee": portee.cle}
    type(objet)._base_manager.select_for_update(no_key=True).get(pk=objet.pk)
    if travail := travaux.deja_confie(acteur=acteur, nature=NATURE, parametres=parametres):
        return travail
    travail = travaux.creer_travail(
        acteur=acteur,
        nature=NATURE,
        titre=f"Bilan {portee.de_quoi}",
        total=1,
        parametres=parametres,
        retour=reverse("bilan:bilan", args=[portee.cle]),
    )
    travaux.confier(travail.pk)
    return travail


def produire(*, travail: Travail) -> None:
    """Fige le bilan une seule fois ; relancé après la fin, ne fait rien."""
    with transaction.atomic():
        travail = Travail.objects.select_for_update().get(pk=travail.pk)
        if travail.est_fini:
            return
        portee = trouver_portee(travail.parametres["portee"])
        figer_document(
            nature=Document.Nature.BILAN,
            objet=portee.objet,
            gabarit="pdf/bilan.html",
            contexte=contexte_bilan(portee),
            titre=f"Bilan {portee.de_quoi} — {portee.titre}",
            acteur=travail.cree_par,
        )
        journaliser(acteur=travail.cree_par, verbe="bilan.figer", objet=portee.objet)
        travaux.fixer_avancement(travail=travail, faits=1)
        travaux.finir(travail=travail)


def contexte_bilan(portee: Portee) -> dict[str, Any]:
    """Les clés de ``pdf/bilan.html``."""
    bilan = calculer_bilan(portee.appels)
    comparaison = comparaison_de(portee.annee)
    return {
        "reference": f"BIL-{portee.reference}",
        "date": horloge.aujourdhui(),
        "portee": portee,
        "bilan": bilan,
        "resultats": bilan.resultats,
        "comparaison": comparaison,
        "traces": traces_du_bilan(bilan, comparaison),
        "recits": recits_de(portee),
    }
