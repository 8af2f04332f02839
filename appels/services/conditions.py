"""Les conditions d'admissibilité d'un appel : celles livrées, et celles que la Ville écrit."""

from collections.abc import Iterable, Mapping
from typing import Any

from appels.models import Appel, ConditionAdmissibilite, Demande, ReponseAdmissibilite

PAR_DEFAUT: tuple[dict[str, Any], ...] = (
    {
        "question": (
            "Votre organisme est-il un organisme sans but lucratif ou une coopérative, "
            "légalement constitué ?"
        ),
        "explication": (
            "L'appel s'adresse aux organismes sans but lucratif et aux coopératives inscrits au "
            "Registraire des entreprises. Un autre groupe peut s'associer à l'un d'eux, qui dépose "
            "la demande."
        ),
    },
    {
        "question": "Les activités du projet auront-elles lieu à Trois-Rivières ?",
        "explication": "L'aide de la Ville sert à des activités sur son territoire.",
    },
    {
        "question": (
            "Le projet s'adresse-t-il aux personnes immigrantes, ou favorise-t-il leur inclusion ?"
        ),
        "explication": (
            "L'appel soutient l'accueil, l'intégration et l'inclusion des personnes immigrantes."
        ),
    },
    {
        "question": (
            "Votre organisme doit-il à la Ville un rapport en retard, pour un projet déjà soutenu ?"
        ),
        "reponse_attendue": ConditionAdmissibilite.Attendue.NON,
        "eliminatoire": False,
        "explication": "Remettez d'abord ce rapport : la Ville le vérifie à la recevabilité.",
    },
    {
        "question": "Le projet commencera-t-il et finira-t-il dans la période permise ({dates}) ?",
        "eliminatoire": False,
        "explication": "Les dépenses faites hors de cette période ({dates}) ne sont pas admises.",
    },
    {
        "question": "L'aide que vous demanderez respecte-t-elle le plafond ({plafond}) ?",
        "eliminatoire": False,
        "explication": (
            "La Ville n'accorde pas plus que ce plafond ({plafond}) : d'autres revenus doivent "
            "payer le reste du projet."
        ),
    },
)


def ecrire_conditions(appel: Appel, conditions: Iterable[Mapping[str, Any]]) -> None:
    ConditionAdmissibilite.objects.bulk_create(
        ConditionAdmissibilite(appel=appel, ordre=ordre, **condition)
        for ordre, condition in enumerate(conditions)
    )


def garder_reponses(demande: Demande, reponses: Mapping[str, str]) -> None:
    """Garde avec la demande ce qui a été répondu aux conditions de son appel ; ignore le reste."""
    ReponseAdmissibilite.objects.bulk_create(
        ReponseAdmissibilite(demande=demande, condition=condition, reponse=reponse)
        for condition in demande.appel.conditions.all()
        if (reponse := reponses.get(str(condition.pk))) in ReponseAdmissibilite.Valeur.values
    )
