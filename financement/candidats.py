"""Les demandes et l'argent d'un appel, lus pour un scénario : un nombre constant de requêtes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from appels.models import Appel, Demande
from appels.models.demande import Secteur
from appels.montants import montant_maximal
from appels.regles import regles_budget
from evaluations.classement import lignes_de
from evaluations.visibilite import voit_tout_le_classement
from financement.models import LigneScenario, Mouvement
from financement.scenarios.argent import Restes, SourceArgent, VoletArgent, calculer_restes
from financement.scenarios.probleme import Candidat, Groupe, Probleme, Regle, Retouche
from financement.services.grand_livre import SoldeVolet, soldes

# Évaluées et pas encore décidées ; en attente, elles reviennent quand l'argent revient.
A_PARTAGER = ("evaluee", "recommandee", "liste_attente")
FAVORABLES = ("favorable", "favorable_partiel")


def voit_les_scenarios(personne: Any, appel: Appel) -> bool:
    """Un scénario pèse toutes les demandes de l'appel : qui n'en voit pas une n'en voit rien.

    Un total, un reste ou un rang la trahirait.
    """
    return personne.peut("scenario.preparer", appel) and voit_tout_le_classement(personne, appel)


def en_cents(montant: Decimal) -> int:
    return int(montant * 100)


def en_dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def en_dixiemes(score: Decimal) -> int:
    return int(score * 10)


def cle_de(groupe: Groupe) -> str:
    return f"{groupe[0]}:{groupe[1]}"


@dataclass(frozen=True)
class ArgentAppel:
    """L'argent d'un appel lu une fois au grand livre ; ``portes`` : par demande et par crédit, ce
    qu'elle en garde."""

    soldes: list[SoldeVolet]
    portes: dict[int, dict[int, Decimal]]

    def sauf(self, demandes: Iterable[int]) -> list[VoletArgent]:
        """Chaque volet, sans les décisions sur ``demandes`` : un scénario les propose lui-même."""
        proposees: dict[int, Decimal] = {}
        for demande in demandes:
            for credit, montant in self.portes.get(demande, {}).items():
                proposees[credit] = proposees.get(credit, Decimal(0)) + montant
        volets = []
        for solde in self.soldes:
            sources = tuple(
                SourceArgent(
                    credit.bailleur,
                    credit.exercice,
                    credit.enveloppe,
                    credit.accord - credit.liberation - proposees.get(credit.pk, Decimal(0)),
                )
                for credit in solde.credits
            )
            accorde = sum((source.accorde for source in sources), Decimal(0))
            volets.append(
                VoletArgent(solde.no, str(solde.volet), solde.enveloppe, accorde, sources)
            )
        return volets

    def restes(self, lignes: Sequence[LigneScenario]) -> Restes:
        """Ce que ces lignes laissent ; elles portent leur demande et son volet."""
        proposes: dict[int, Decimal] = {}
        for ligne in lignes:
            no = ligne.demande.volet.no
            proposes[no] = proposes.get(no, Decimal(0)) + ligne.montant
        return calculer_restes(self.sauf(ligne.demande_id for ligne in lignes), proposes)


def argent_de(appel: Appel) -> ArgentAppel:
    natures = [Mouvement.Nature.ACCORD, Mouvement.Nature.LIBERATION]
    gardes = Mouvement.objects.filter(credit__volet__appel=appel, nature__in=natures)
    portes: dict[int, dict[int, Decimal]] = {}
    for demande, credit, nature, total in (
        gardes.order_by().values_list("demande", "credit", "nature").annotate(total=Sum("montant"))
    ):
        signe = 1 if nature == Mouvement.Nature.ACCORD else -1
        par_credit = portes.setdefault(demande, {})
        par_credit[credit] = par_credit.get(credit, Decimal(0)) + signe * total
    return ArgentAppel(soldes=soldes(appel), portes=portes)


def ligne_figee(personne: Any, demande: Demande) -> LigneScenario | None:
    """Ce que le scénario figé de l'appel propose pour ``demande``, si la personne peut le voir."""
    ligne = (
        LigneScenario.objects.filter(
            demande=demande, scenario__fige_le__isnull=False, scenario__remplace_le=None
        )
        .select_related("scenario")
        .first()
    )
    if ligne is None or not voit_les_scenarios(personne, demande.appel):
        return None
    return ligne


def groupes_de(appel: Appel) -> dict[Groupe, str]:
    """Tout ce qu'un scénario peut vouloir couvrir : les objectifs et les thèmes que l'appel sert,
    les secteurs de la ville. « Toute la ville » n'en couvre aucun : un seul projet suffirait."""
    objectifs = list(appel.objectifs.all()) or list(appel.plan.objectifs.all())
    besoins = appel.besoins if appel.besoins.exists() else appel.plan.besoins
    themes = {besoin.theme for besoin in besoins.select_related("theme")}
    groupes: dict[Groupe, str] = {("objectif", o.code): o.libelle for o in objectifs}
    for secteur in Secteur:
        if secteur is not Secteur.VILLE_ENTIERE:
            groupes["secteur", secteur.value] = str(secteur.label)
    for theme in sorted(themes, key=lambda t: (t.ordre, t.code)):
        groupes["theme", theme.code] = theme.libelle
    return groupes


def demandes_a_partager(appel: Appel, parmi: Collection[int] | None = None) -> Any:
    """Celles qui attendent une décision ; avec ``parmi``, celles-là, décidées ou non."""
    choisies = {"etat__in": A_PARTAGER} if parmi is None else {"pk__in": parmi}
    return (
        Demande.objects.filter(appel=appel, **choisies)
        .avec_budget()
        .select_related("organisme")
        .prefetch_related("recommandations", "besoins__theme", "besoins__objectif")
    )


def probleme_de(
    appel: Appel,
    *,
    regle: str = Regle.RANG,
    dimensions: Iterable[str] = (),
    dispenses: Iterable[str] = (),
    plancher: int = 100,
    seuil: Decimal | None = None,
    retouches: Mapping[int, Retouche] | None = None,
    parmi: Collection[int] | None = None,
) -> Probleme:
    """Ce qu'un scénario doit résoudre ; ``seuil`` en points, celui de l'appel s'il est None."""
    demandes = demandes_a_partager(appel, parmi)
    lignes = lignes_de(appel, Demande.objects.filter(pk__in=demandes.order_by().values("pk")))
    candidats = []
    for demande in demandes:
        demande.appel = appel
        ligne = lignes.get(demande.pk)
        if ligne is not None and ligne.score is not None:
            candidats.append(_candidat(demande, ligne.score))
    argent = argent_de(appel).sauf(parmi or ())
    groupes = groupes_de(appel)
    voulues, dispensees = set(dimensions), set(dispenses)
    return Probleme(
        candidats=tuple(candidats),
        enveloppes={volet.no: en_cents(volet.enveloppe) for volet in argent},
        accordes={volet.no: en_cents(volet.accorde) for volet in argent},
        regle=Regle(regle),
        seuil=en_dixiemes(appel.seuil_passage if seuil is None else seuil),
        plancher=plancher,
        exigences=frozenset(
            groupe
            for groupe in groupes
            if regle == Regle.COUVERTURE
            and groupe[0] in voulues
            and cle_de(groupe) not in dispensees
        ),
        retouches=retouches or {},
        libelles=groupes,
    )


def _candidat(demande: Demande, score: Decimal) -> Candidat:
    avis = next((r for r in demande.recommandations.all() if r.en_vigueur), None)
    maximum = min(
        demande.montant_demande, montant_maximal(demande.budget(), regles_budget(demande))
    )
    if avis is not None and avis.avis in FAVORABLES:
        maximum = min(maximum, avis.montant)
    besoins = list(demande.besoins.all())
    groupes = {("objectif", besoin.objectif.code) for besoin in besoins}
    groupes |= {("theme", besoin.theme.code) for besoin in besoins}
    if demande.secteur and demande.secteur != Secteur.VILLE_ENTIERE:
        groupes.add(("secteur", demande.secteur))
    return Candidat(
        cle=demande.pk,
        code=demande.code,
        volet=demande.volet.no,
        points=en_dixiemes(score),
        maximum=en_cents(maximum),
        groupes=frozenset(groupes),
        recommandable=avis is None or avis.avis != "defavorable",
    )
