"""Les résultats calculés d'un appel, au format de contrat.md (montants en dollars)."""

from decimal import Decimal
from typing import Any

from appels.indicateurs import Valeurs
from appels.models import Appel, Demande
from appels.montants import Budget, ReglesBudget, montant_maximal, violations
from appels.regles import regles_budget
from evaluations.classement import LigneClassement, classer, lignes_de
from financement.masquage import indicateurs_publics
from financement.montants import calendrier_versements
from financement.retenus import valeurs_des
from financement.services.fermeture import calculer_solde
from financement.services.grand_livre import soldes


def exporter(appel: Appel) -> dict[str, Any]:
    """Un dictionnaire prêt pour JSON ; les taux et les scores ont une décimale."""
    demandes = (
        appel.demandes.avec_budget()
        .prefetch_related("decisions", "conventions__versements", "mouvements", "rapports")
        .order_by("code")
    )
    lignes = lignes_de(appel)
    etats = soldes(appel)
    valeurs = valeurs_des([demande.pk for demande in demandes])
    return {
        "demandes": [
            _demande(demande, lignes.get(demande.pk), valeurs.get(demande.pk, {}))
            for demande in demandes
        ],
        "classement_par_volet": {
            str(no): [ligne.demande.code for ligne in rangs] for no, rangs in classer(appel).items()
        },
        "accorde_par_volet": {str(solde.no): _nombre(solde.accorde) for solde in etats},
        "solde_par_volet": {str(solde.no): _nombre(solde.libre) for solde in etats},
    }


def _demande(demande: Demande, ligne: LigneClassement | None, valeurs: Valeurs) -> dict[str, Any]:
    regles = regles_budget(demande)
    budget = demande.budget()
    decision = next((d for d in demande.decisions.all() if d.en_vigueur), None)
    accorde = sum((m.montant for m in demande.mouvements.all() if m.nature == "accord"), Decimal(0))
    resultat: dict[str, Any] = {
        "code": demande.code,
        "etat": demande.etat,
        "resultat": decision.resultat_exporte if decision else None,
        "depot_refuse": demande.depot_refuse,
        **_figures(budget, regles),
        "score": _nombre(ligne.score) if ligne else None,
        "ecart": _nombre(ligne.ecart) if ligne else None,
        "alerte_ecart": ligne.alerte_ecart if ligne else False,
        "montant_accorde": _nombre(accorde),
        "versements": _versements(demande, accorde),
    }
    if demande.aides_annoncees.all():
        resultat["au_depot"] = _figures(demande.budget(au_depot=True), regles)
    if any(r.nature == "final" and r.etat == "accepte" for r in demande.rapports.all()):
        solde = calculer_solde(demande)
        resultat["aide_finale"] = _nombre(solde.aide_finale)
        resultat["a_recuperer"] = _nombre(solde.a_recuperer)
    if publics := indicateurs_publics(valeurs):
        resultat["indicateurs_publics"] = publics
    return resultat


def _figures(budget: Budget, regles: ReglesBudget) -> dict[str, Any]:
    return {
        "taux_aide": _nombre(budget.taux_aide),
        "taux_cumul": _nombre(budget.taux_cumul),
        "montant_maximal": _nombre(montant_maximal(budget, regles)),
        "violations": [violation.code for violation in violations(budget, regles)],
    }


def _versements(demande: Demande, accorde: Decimal) -> list[float | int]:
    """Le calendrier prévu par la règle de l'appel, au montant accordé."""
    if not accorde:
        return []
    return [_nombre(m) for m in calendrier_versements(accorde, demande.appel.plan_versements)]


def _nombre(valeur: Decimal | None) -> float | int | None:
    """Un nombre JSON : entier quand il l'est, sinon avec ses décimales."""
    if valeur is None:
        return None
    return float(valeur)
