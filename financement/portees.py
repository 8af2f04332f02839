"""La portée d'un bilan : un appel, une année d'appels, ou tout un plan d'action.

Elle se nomme dans l'adresse : « AP-2026-01 », « annees/2026 », « plans/integration ».
"""

from dataclasses import dataclass, replace
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from appels.models import Appel, PlanAction
from financement.models import AnneeBilan, RecitBilan

ANNEES, PLANS = "annees/", "plans/"


@dataclass(frozen=True)
class Portee:
    """Ce sur quoi porte un bilan : ses appels, et l'objet qui garde ses textes et ses versions."""

    cle: str
    titre: str
    appels: list[Appel]
    objet: Appel | AnneeBilan | PlanAction

    @property
    def est_un_appel(self) -> bool:
        return isinstance(self.objet, Appel)

    @property
    def annee(self) -> int | None:
        return self.objet.annee if isinstance(self.objet, AnneeBilan) else None

    @property
    def de_quoi(self) -> str:
        """« de l'appel AP-2026-01 », « de l'année 2026 », « du plan d'action »."""
        if self.est_un_appel:
            return f"de l'appel {self.cle}"
        return f"de l'année {self.annee}" if self.annee else "du plan d'action"

    @property
    def nom_court(self) -> str:
        if self.est_un_appel:
            return self.cle
        return str(self.annee) if self.annee else "Le plan"

    @property
    def reference(self) -> str:
        """Le nom d'un fichier : « annees-2026 »."""
        return self.cle.replace("/", "-")

    @property
    def plans(self) -> str:
        return " · ".join(dict.fromkeys(appel.plan.titre for appel in self.appels))

    @property
    def debut(self) -> date | None:
        return min((a.projet_debut for a in self.appels if a.projet_debut), default=None)

    @property
    def fin(self) -> date | None:
        return max((a.projet_fin for a in self.appels if a.projet_fin), default=None)

    @property
    def recits(self) -> QuerySet[RecitBilan]:
        if self.objet.pk is None:
            return RecitBilan.objects.none()
        return self.objet.recits_bilan.all()

    def inscrite(self) -> "Portee":
        """La même, son année rangée dans la base : avant d'écrire ou de figer."""
        if self.objet.pk is not None:
            return self
        objet, _ = AnneeBilan.objects.get_or_create(annee=self.objet.annee)
        return replace(self, objet=objet)


class ConvertisseurPortee:
    """Une portée dans une adresse."""

    regex = rf"(?:{ANNEES}[12]\d{{3}}|{PLANS}[-\w]+|[-\w]+)"

    def to_python(self, valeur: str) -> str:
        return valeur

    def to_url(self, valeur: str) -> str:
        return valeur


def trouver_portee(cle: str) -> Portee | None:
    """La portée nommée ``cle`` ; None si aucun appel publié n'en est."""
    if cle.startswith(ANNEES):
        return portee_d_une_annee(int(cle.removeprefix(ANNEES)))
    if cle.startswith(PLANS):
        plan = PlanAction.objects.filter(code=cle.removeprefix(PLANS)).first()
        return plan and portee_d_un_plan(plan)
    appel = _publics().filter(code=cle).first()
    return appel and portee_d_un_appel(appel)


def portee_d_un_appel(appel: Appel) -> Portee:
    return Portee(appel.code, appel.titre, [appel], appel)


def portee_d_une_annee(annee: int) -> Portee | None:
    """Les appels ouverts dans l'année civile, à l'heure de la Ville."""
    if not (appels := list(_publics().filter(ouverture__year=annee))):
        return None
    objet = AnneeBilan.objects.filter(annee=annee).first() or AnneeBilan(annee=annee)
    return Portee(f"{ANNEES}{annee}", f"Les appels de {annee}", appels, objet)


def portee_d_un_plan(plan: PlanAction) -> Portee | None:
    if not (appels := list(_publics().filter(plan=plan))):
        return None
    return Portee(f"{PLANS}{plan.code}", plan.titre, appels, plan)


def plan_courant() -> PlanAction | None:
    """Le plan adopté le plus récemment qui a un appel publié."""
    return PlanAction.objects.filter(appels__in=Appel.objects.publics()).distinct().first()


def autres_portees() -> list[tuple[str, list[tuple[str, str]]]]:
    """Tous les bilans qui se lisent, par genre : (cle, nom)."""
    appels = list(_publics())
    annees = sorted({timezone.localtime(a.ouverture).year for a in appels}, reverse=True)
    plans = dict.fromkeys((f"{PLANS}{a.plan.code}", a.plan.titre) for a in appels)
    return [
        ("Un plan d'action", list(plans)),
        ("Une année", [(f"{ANNEES}{annee}", str(annee)) for annee in annees]),
        ("Un appel", [(appel.code, appel.titre) for appel in appels]),
    ]


def _publics() -> QuerySet[Appel]:
    return Appel.objects.publics().select_related("plan").order_by("-ouverture", "code")
