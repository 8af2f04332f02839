"""Les enseignements d'un appel terminé, lus en un nombre constant de requêtes.

Seules les demandes que la personne peut suivre y comptent (``evaluations.visibilite``).
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from appels.models import Appel, Besoin, Demande, Question, Reponse, Verification
from appels.models.budget import CategorieDepense
from appels.questions import TypeQuestion, est_vide
from evaluations.models import Note
from evaluations.visibilite import perimetre
from financement.avenants import EcartPoste, ecarts_de_postes
from financement.bilan import FINANCEES
from financement.enseignements import (
    Duree,
    Echelle,
    QuestionLue,
    Separation,
    durees,
    separations,
)
from financement.models import Rapport

# Un document se joint ailleurs ; une déclaration se coche : l'un et l'autre ne départagent rien.
SANS_REPONSE_ECRITE = (TypeQuestion.PIECE, TypeQuestion.DECLARATION)
ETAPES = (
    "De la clôture à la recevabilité",
    "De la recevabilité à l'avis du comité",
    "De l'avis à la décision",
    "De la décision à la lettre",
    "De la lettre à la convention en vigueur",
    "De la convention au premier versement",
)


@dataclass(frozen=True)
class BesoinVise:
    besoin: Besoin
    projets: int


@dataclass(frozen=True)
class Enseignements:
    """Tout ce que la page montre d'un appel."""

    deposees: int
    besoins: list[BesoinVise]
    criteres: list[Separation]
    questions: list[QuestionLue]
    budgets: list[EcartPoste]
    rapports: int
    ecart_permis: Any
    durees: list[Duree]
    questions_publiques: list[Any]
    irrecevables: list[str]
    points_refuses: list[tuple[str, int]]

    @property
    def besoins_sans_reponse(self) -> list[Besoin]:
        return [vise.besoin for vise in self.besoins if not vise.projets]

    @property
    def criteres_sans_effet(self) -> list[Separation]:
        return [critere for critere in self.criteres if not critere.separe]

    @property
    def questions_muettes(self) -> list[QuestionLue]:
        return [question for question in self.questions if question.muette]

    @property
    def questions_uniformes(self) -> list[QuestionLue]:
        return [question for question in self.questions if question.uniforme]

    @property
    def budgets_ecartes(self) -> list[EcartPoste]:
        return [poste for poste in self.budgets if poste.demande_un_avenant(self.ecart_permis)]

    @property
    def duree_la_plus_longue(self) -> Duree | None:
        return max(self.durees, key=lambda duree: duree.mediane, default=None)

    @property
    def publiees(self) -> list[Any]:
        return [question for question in self.questions_publiques if question.etat == "publiee"]


def enseignements(appel: Appel, personne: Any) -> Enseignements:
    """Ce que ``appel`` apprend, à ce que ``personne`` peut en voir."""
    deposees = perimetre(personne, appel).borner(
        Demande.objects.filter(appel=appel, deposee_le__isnull=False), "pk"
    )
    budgets, rapports = _budgets(deposees)
    irrecevables = deposees.filter(etat=Demande.Etat.IRRECEVABLE)
    return Enseignements(
        deposees=deposees.count(),
        besoins=besoins_vises(appel, deposees),
        criteres=_criteres(appel, deposees),
        questions=_questions(deposees),
        budgets=budgets,
        rapports=rapports,
        ecart_permis=appel.ecart_poste_sans_avenant,
        durees=_durees(appel, deposees),
        questions_publiques=list(appel.questions_publiques.order_by("numero", "pk")),
        irrecevables=list(irrecevables.values_list("motif_irrecevabilite", flat=True)),
        points_refuses=_points_refuses(irrecevables),
    )


def besoins_vises(appel: Appel, demandes: QuerySet[Demande]) -> list[BesoinVise]:
    """Les besoins que l'appel visait (tous ceux du plan s'il n'en nommait aucun), et leurs projets.

    Un projet est une demande financée ; s'il répond à deux besoins, il compte sous chacun. Les
    besoins sans projet viennent d'abord.
    """
    financees = demandes.filter(etat__in=FINANCEES).order_by().values("pk")
    besoins = (
        Besoin.objects.filter(Q(appels=appel) if appel.besoins.exists() else Q(plan=appel.plan_id))
        .annotate(projets=Count("demandes", filter=Q(demandes__in=financees), distinct=True))
        .order_by("projets", "code")
    )
    return [BesoinVise(besoin, besoin.projets) for besoin in besoins]


def _criteres(appel: Appel, demandes: QuerySet[Demande]) -> list[Separation]:
    """Les notes des fiches qui comptent, moyennées par demande et par critère."""
    notes: dict[int, dict[int, float]] = {}
    for demande, critere, moyenne in (
        Note.objects.filter(
            evaluation__etat="soumise",
            evaluation__affectation__etat="libre",
            evaluation__affectation__demande__in=demandes.order_by().values("pk"),
            note__isnull=False,
        )
        .order_by()
        .values_list("evaluation__affectation__demande", "critere")
        .annotate(Avg("note"))
    ):
        notes.setdefault(demande, {})[critere] = float(moyenne)
    echelles = [
        Echelle(c.pk, str(c), c.note_min, c.note_max, float(c.poids)) for c in appel.criteres.all()
    ]
    return separations(notes, echelles)


def _questions(demandes: QuerySet[Demande]) -> list[QuestionLue]:
    """Par question du formulaire de dépôt ; la même, d'une révision à l'autre, compte une fois."""
    par_formulaire = dict(demandes.order_by().values_list("formulaire").annotate(Count("pk")))
    reponses: dict[int, list[Any]] = {}
    for question, valeur, nombre in (
        Reponse.objects.filter(demande__in=demandes.order_by().values("pk"))
        .exclude(question__type__in=SANS_REPONSE_ECRITE)
        .order_by()
        .values_list("question", "valeur")
        .annotate(Count("pk"))
    ):
        if not est_vide(valeur):
            reponses.setdefault(question, []).append((repr(valeur), nombre))
    posees: Counter[tuple[str, str]] = Counter()
    repondues: Counter[tuple[str, str]] = Counter()
    valeurs: dict[tuple[str, str], set[str]] = {}
    libelles: dict[tuple[str, str], tuple[str, str]] = {}
    for question in (
        Question.objects.filter(section__formulaire__in=list(par_formulaire))
        .exclude(type__in=SANS_REPONSE_ECRITE)
        .select_related("section")
        .order_by("section__formulaire__revision", "section__ordre", "ordre")
    ):
        cle = (question.section.code, question.code)
        siennes = reponses.get(question.pk, [])
        libelles[cle] = (question.section.titre, question.libelle)
        posees[cle] += par_formulaire[question.section.formulaire_id]
        repondues[cle] += sum(nombre for _, nombre in siennes)
        valeurs.setdefault(cle, set()).update(valeur for valeur, _ in siennes)
    return [
        QuestionLue(section, libelle, posees[cle], repondues[cle], len(valeurs[cle]))
        for cle, (section, libelle) in libelles.items()
    ]


def _budgets(demandes: QuerySet[Demande]) -> tuple[list[EcartPoste], int]:
    """Par catégorie, le prévu (avenants compris) et le réel des rapports finaux acceptés."""
    rapports = list(
        Rapport.objects.filter(
            demande__in=demandes.order_by().values("pk"),
            nature=Rapport.Nature.FINAL,
            etat=Rapport.Etat.ACCEPTE,
        ).prefetch_related("depenses", "demande__postes", "demande__conventions__avenants")
    )
    prevus = [poste for rapport in rapports for poste in _postes_prevus(rapport.demande)]
    reels = [
        {"categorie": depense.categorie, "montant": depense.montant}
        for rapport in rapports
        for depense in rapport.depenses.all()
    ]
    return ecarts_de_postes(prevus, reels, dict(CategorieDepense.choices)), len(rapports)


def _postes_prevus(demande: Demande) -> list[dict[str, Any]]:
    """Le budget en vigueur : celui du dernier avenant signé qui l'a changé, sinon le déposé."""
    changes = [
        avenant
        for convention in demande.conventions.all()
        for avenant in convention.avenants.all()
        if avenant.etat == "signe" and avenant.postes
    ]
    if changes:
        postes = max(changes, key=lambda avenant: (avenant.convention_id, avenant.no)).postes
        return [{"categorie": p["categorie"], "montant": p["montant"]} for p in postes]
    return [{"categorie": p.categorie, "montant": p.montant} for p in demande.postes.all()]


def _durees(appel: Appel, demandes: QuerySet[Demande]) -> list[Duree]:
    """Le temps de chaque étape ; la première fois fait foi quand une étape est reprise."""
    moments = (
        demandes.order_by()
        .annotate(verifiee_le=Coalesce("recevable_le", "irrecevable_le"))
        .values_list("pk", "verifiee_le")
        .annotate(
            Min("recommandations__adoptee_le"),
            Min("decisions__prise_le"),
            Min("decisions__lettres__emise_le"),
            Min("conventions__en_vigueur_le"),
            Min("conventions__versements__verse_le"),
        )
    )
    return durees(ETAPES, [(appel.cloture, *ligne) for _, *ligne in moments])


def _points_refuses(irrecevables: QuerySet[Demande]) -> list[tuple[str, int]]:
    """Les points de la liste répondus « non » aux demandes irrecevables, du plus fréquent."""
    comptes = Counter(
        dict(
            Verification.objects.filter(
                demande__in=irrecevables.order_by().values("pk"), reponse="non"
            )
            .order_by()
            .values_list("point")
            .annotate(Count("pk"))
        )
    )
    libelles = dict(Verification.Point.choices)
    return [(libelles[point], nombre) for point, nombre in comptes.most_common()]
