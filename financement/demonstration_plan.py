"""La démarche du plan dans la démonstration : consultation publiée, prochain plan commencé."""

import datetime as dt
from typing import Any

from appels.models import PlanAction
from appels.services import consultations
from financement.services import prochain_plan

FAITES = {
    "Projection vers un nouveau programme d'appui aux collectivités": dt.date(2025, 5, 14),
    "Présentation au comité de pilotage": dt.date(2025, 5, 28),
    "Mise à jour du portrait de l'immigration": dt.date(2025, 9, 25),
}


def avancer(plan: PlanAction, acteurs: Any) -> list[str]:
    """Publie la consultation, dit ses étapes faites, prépare le prochain plan ; une seule fois."""
    if plan.prochains.exists():
        return []
    consultation = plan.consultations.get()
    consultations.publier(acteur=acteurs.agent, consultation=consultation)
    for etape in consultation.etapes.filter(libelle__in=FAITES):
        consultations.enregistrer_etape(
            acteur=acteurs.agent,
            consultation=consultation,
            etape=etape,
            champs={"faite_le": FAITES[etape.libelle]},
        )
    prochain = prochain_plan.preparer(
        acteur=acteurs.agent,
        plan=plan,
        code="PAI-2027-2030",
        titre="Plan d'action en immigration 2027-2030",
    )
    prochain_plan.modifier_besoin(
        acteur=acteurs.agent,
        prochain=prochain,
        besoin="P05",
        base=1,
        champs={"retenu": False, "raison": "Fondu dans « Logements adaptés et abordables »."},
    )
    return ["Consultation publiée et prochain plan commencé."]
