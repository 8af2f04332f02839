"""Le plan d'action, tiré de la consultation des organismes."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from appels.models import Besoin, Objectif, PlanAction, Theme
from appels.services.consultations import reprendre_consultation

CONSULTATION = Path(__file__).parent.parent / "donnees" / "consultation.json"


def plan_ou_consultation(code: str) -> PlanAction:
    """Le plan ``code`` ; celui de la consultation livrée se charge s'il manque.

    Lève ``PlanAction.DoesNotExist`` pour tout autre code inconnu.
    """
    plan = PlanAction.objects.filter(code=code).first()
    if plan is not None:
        return plan
    donnees = json.loads(CONSULTATION.read_text(encoding="utf-8"))
    if donnees["plan_action"]["code"] != code:
        raise PlanAction.DoesNotExist(code)
    return charger_consultation(donnees)


@transaction.atomic
def charger_consultation(donnees: dict[str, Any]) -> PlanAction:
    """Le plan, ses objectifs, ses thèmes, ses besoins et la consultation dont ils viennent.

    Sans effet la deuxième fois ; ce que la Ville a corrigé de la consultation reste.
    """
    lu = donnees["plan_action"]
    plan, _ = PlanAction.objects.update_or_create(
        code=lu["code"],
        defaults={
            "titre": lu["titre"],
            "adopte_en": lu["adopte_en"],
            "echeance": lu["echeance"],
            "renouvellement_prevu": lu["renouvellement_prevu"],
            "financement": lu["financement"],
            "source": donnees["source"],
        },
    )
    objectifs = {
        objectif["code"]: Objectif.objects.update_or_create(
            plan=plan, code=objectif["code"], defaults={"libelle": objectif["libelle"]}
        )[0]
        for objectif in lu["objectifs"]
    }
    themes = {
        theme["code"]: Theme.objects.update_or_create(
            plan=plan,
            code=theme["code"],
            defaults={"libelle": theme["libelle"], "ordre": ordre},
        )[0]
        for ordre, theme in enumerate(donnees["themes"])
    }
    for besoin in donnees["besoins"]:
        Besoin.objects.update_or_create(
            plan=plan,
            code=besoin["code"],
            defaults={
                "libelle": besoin["libelle"],
                "type": besoin["type"],
                "theme": themes[besoin["theme"]],
                "objectif": objectifs[besoin["objectif"]],
            },
        )
    reprendre_consultation(plan, donnees)
    return plan
