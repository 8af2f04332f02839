"""Les scénarios d'un appel : calculés selon une règle, retouchés, figés. Ils ne décident rien."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypedDict

from django.db import IntegrityError, transaction

from appels.models import Appel
from financement.candidats import argent_de, en_cents, en_dollars, probleme_de, voit_les_scenarios
from financement.documents_scenario import figer_annexe
from financement.models import LigneScenario, Scenario
from financement.scenarios.calcul import resoudre
from financement.scenarios.probleme import DelaiDepasse, Impossible, Probleme, Retouche
from financement.scenarios.raisons import raisons
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.journal import journaliser
from socle.templatetags.affichage import dollars

Sens = LigneScenario.Sens
ZERO = Decimal("0.00")


class RetoucheVoulue(TypedDict):
    """Ce qu'une personne choisit pour une demande ; ``montant`` en dollars, None : la règle."""

    sens: str
    montant: Decimal | None
    motif: str


@transaction.atomic
def creer_scenario(
    *,
    acteur: Any,
    appel: Appel,
    nom: str,
    regle: str,
    seuil: Decimal,
    plancher: int = 100,
    dimensions: Iterable[str] = (),
    dispenses: Iterable[str] = (),
) -> Scenario:
    """Calcule et garde un scénario. Lève ``RegleViolee`` : ``nom``, ``dimensions``,
    ``infaisable`` (ce qui ne tient pas), ``delai``, ``rien``."""
    _exiger(acteur, appel)
    scenario = Scenario(appel=appel, cree_par=acteur)
    _poser_la_regle(
        scenario, nom=nom, regle=regle, seuil=seuil, plancher=plancher, dimensions=dimensions,
        dispenses=dispenses,
    )  # fmt: skip
    _calculer(scenario)
    journaliser(acteur=acteur, verbe="scenario.creer", objet=scenario)
    return scenario


@transaction.atomic
def modifier_scenario(*, acteur: Any, scenario: Scenario, **regle: Any) -> Scenario:
    """Change le nom ou la règle, et recalcule autour des retouches déjà faites."""
    _exiger(acteur, scenario.appel)
    scenario = _verrouiller(scenario)
    _poser_la_regle(scenario, **regle)
    _calculer(scenario)
    journaliser(acteur=acteur, verbe="scenario.modifier", objet=scenario)
    return scenario


@transaction.atomic
def retoucher_scenario(
    *,
    acteur: Any,
    scenario: Scenario,
    retouches: Mapping[int, RetoucheVoulue],
    recalculer: bool = False,
) -> Scenario:
    """Inclut, exclut ou change un montant, par demande (sa clé) ; le reste ne bouge pas.

    ``recalculer`` : la règle choisit de nouveau autour des retouches. Sans cela, une enveloppe peut
    se trouver dépassée : la page le montre et le scénario ne se fige pas.
    """
    _exiger(acteur, scenario.appel)
    scenario = _verrouiller(scenario)
    lignes = list(scenario.lignes.select_related("demande"))
    for ligne in lignes:
        if ligne.demande_id in retouches:
            _retoucher(ligne, retouches[ligne.demande_id])
    LigneScenario.objects.bulk_update(
        lignes, ["retouche", "montant_voulu", "motif", "montant"], batch_size=500
    )
    if recalculer:
        _calculer(scenario)
    else:
        probleme = probleme_du_scenario(scenario)
        _exiger_les_memes_demandes(scenario, probleme)
        _expliquer(lignes, probleme)
        scenario.prouve = False
        scenario.save(update_fields=["prouve"])
    journaliser(acteur=acteur, verbe="scenario.retoucher", objet=scenario)
    return scenario


def montant_retouche(ligne: LigneScenario, voulue: RetoucheVoulue) -> Decimal:
    """Le montant de la ligne après la retouche ; sans choix, celui qu'elle avait.

    Lève ``RegleViolee`` (champ ``montant``) s'il est nul ou dépasse ce que les règles permettent.
    """
    montant = voulue["montant"]
    if voulue["sens"] == Sens.EXCLURE:
        return ZERO
    if montant is not None and montant <= 0:
        raise RegleViolee("Écrivez un montant plus grand que 0, ou excluez.", champ="montant")
    if montant is not None and montant > ligne.maximum:
        raise RegleViolee(
            f"Le maximum permis est {dollars(ligne.maximum)}.", champ="montant", code="maximum"
        )
    if voulue["sens"] == Sens.INCLURE:
        return montant or ligne.montant or ligne.maximum
    return ligne.montant


def _retoucher(ligne: LigneScenario, voulue: RetoucheVoulue) -> None:
    try:
        ligne.montant = montant_retouche(ligne, voulue)
    except RegleViolee as refus:
        raise RegleViolee(
            f"{ligne.demande.code} : {refus.message}", champ=f"montant_{ligne.demande_id}"
        ) from None
    ligne.retouche = voulue["sens"]
    ligne.montant_voulu = voulue["montant"] if voulue["sens"] == Sens.INCLURE else None
    ligne.motif = voulue["motif"].strip() if voulue["sens"] else ""


@transaction.atomic
def supprimer_scenario(*, acteur: Any, scenario: Scenario) -> None:
    """Efface un scénario qui n'est pas figé ; le journal garde qu'il a existé."""
    _exiger(acteur, scenario.appel)
    scenario = _verrouiller(scenario)
    journaliser(acteur=acteur, verbe="scenario.supprimer", objet=scenario)
    scenario.delete()


@transaction.atomic
def figer_scenario(*, acteur: Any, scenario: Scenario) -> Scenario:
    """Fige le scénario et son PDF, l'annexe de la recommandation ; le figé d'avant est remplacé.

    Lève ``RegleViolee`` : ``depassement``, ``perime`` (les demandes ont changé depuis), ``motif``
    (une retouche sans son pourquoi), ``rien``.
    """
    _exiger(acteur, scenario.appel)
    Appel.objects.select_for_update(no_key=True).get(pk=scenario.appel_id)
    scenario = _verrouiller(scenario)
    lignes = list(scenario.lignes.select_related("demande__volet"))
    _verifier_avant_de_figer(scenario, lignes)
    maintenant = horloge.maintenant()
    Scenario.objects.filter(appel=scenario.appel, fige_le__isnull=False, remplace_le=None).update(
        remplace_le=maintenant
    )
    scenario.fige_le, scenario.fige_par = maintenant, acteur
    scenario.document = figer_annexe(scenario, acteur=acteur)
    scenario.save(update_fields=["fige_le", "fige_par", "document"])
    journaliser(
        acteur=acteur,
        verbe="scenario.figer",
        objet=scenario,
        details={"document": str(scenario.document.cle), "empreinte": scenario.document.empreinte},
    )
    return scenario


def _verifier_avant_de_figer(scenario: Scenario, lignes: list[LigneScenario]) -> None:
    if not any(ligne.est_retenue for ligne in lignes):
        raise RegleViolee(
            "Ce scénario ne retient aucun projet. Retenez-en au moins un avant de continuer.",
            code="rien",
        )
    for volet in argent_de(scenario.appel).restes(lignes).depassements:
        raise RegleViolee(
            f"{volet.libelle} est dépassé de {dollars(volet.depassement)} : retirez ou réduisez "
            "un projet avant de figer.",
            code="depassement",
        )
    if est_perime(scenario):
        raise RegleViolee(
            "Des notes, des montants ou des décisions ont changé depuis le calcul : recalculez "
            "avant de figer.",
            code="perime",
        )
    for ligne in lignes:
        if ligne.retouche and not ligne.motif:
            raise RegleViolee(
                f"Écrivez pourquoi {ligne.demande.code} est choisi à la main.", code="motif"
            )


# --- Ce que tous partagent ------------------------------------------------------------------------
def _exiger(acteur: Any, appel: Appel) -> None:
    exiger_permission(acteur, "scenario.preparer", appel)
    if acteur is not None and not voit_les_scenarios(acteur, appel):
        raise PermissionRefusee("Vous n'avez pas le droit de faire cette action.")


def probleme_du_scenario(scenario: Scenario, parmi: Collection[int] | None = None) -> Probleme:
    """Le problème tel qu'il se pose maintenant, avec la règle et les retouches du scénario.

    ``parmi`` : ces demandes-là, même décidées depuis.
    """
    lignes = scenario.lignes.exclude(retouche="") if scenario.pk else ()
    return probleme_de(
        scenario.appel,
        regle=scenario.regle,
        dimensions=scenario.dimensions,
        dispenses=scenario.dispenses,
        plancher=scenario.plancher,
        seuil=scenario.seuil,
        retouches={
            ligne.demande_id: Retouche(
                dedans=ligne.retouche == Sens.INCLURE,
                montant=None if ligne.montant_voulu is None else en_cents(ligne.montant_voulu),
            )
            for ligne in lignes
        },
        parmi=parmi,
    )


def est_perime(scenario: Scenario, probleme: Probleme | None = None) -> bool:
    """Les demandes ou l'argent ont changé depuis le calcul ; un scénario figé ne périme pas."""
    if scenario.est_fige:
        return False
    return (probleme or probleme_du_scenario(scenario)).empreinte != scenario.empreinte


def _verrouiller(scenario: Scenario) -> Scenario:
    scenario = (
        Scenario.objects.select_for_update(no_key=True, of=("self",))
        .select_related("appel__plan")
        .get(pk=scenario.pk)
    )
    if scenario.est_fige:
        raise RegleViolee(
            "Ce scénario est figé : créez-en un autre pour changer quelque chose.", code="fige"
        )
    return scenario


def _poser_la_regle(
    scenario: Scenario,
    *,
    nom: str,
    regle: str,
    seuil: Decimal,
    plancher: int = 100,
    dimensions: Iterable[str] = (),
    dispenses: Iterable[str] = (),
) -> None:
    if not nom.strip():
        raise RegleViolee("Donnez un nom au scénario.", champ="nom")
    scenario.nom, scenario.regle = nom.strip(), regle
    scenario.seuil, scenario.plancher = seuil, plancher
    couvre = regle == Scenario.Regle.COUVERTURE
    scenario.dimensions = list(dimensions) if couvre else []
    scenario.dispenses = list(dispenses) if couvre else []
    if couvre and not scenario.dimensions:
        raise RegleViolee("Choisissez ce qu'il faut couvrir.", champ="dimensions")


def _calculer(scenario: Scenario) -> None:
    """Résout et remplace les lignes ; les retouches des demandes encore là sont gardées."""
    probleme = probleme_du_scenario(scenario)
    if not probleme.candidats:
        raise RegleViolee(
            "Aucune demande évaluée n'attend de décision : rien à partager.", code="rien"
        )
    try:
        solution = resoudre(probleme)
    except DelaiDepasse:
        raise RegleViolee(
            "Le calcul prend trop de temps : essayez une règle plus simple.", code="delai"
        ) from None
    if isinstance(solution, Impossible):
        raise RegleViolee(
            "Aucune solution. " + " ".join(solution.phrases), champ="regle", code="infaisable"
        )
    scenario.prouve = solution.prouvee
    scenario.empreinte = probleme.empreinte
    scenario.calcule_le = horloge.maintenant()
    try:
        with transaction.atomic():
            scenario.save()
    except IntegrityError:
        raise RegleViolee("Un autre scénario de cet appel porte ce nom.", champ="nom") from None
    _ecrire_les_lignes(scenario, probleme, solution.montants)


def _ecrire_les_lignes(scenario: Scenario, probleme: Probleme, montants: Mapping[int, int]) -> None:
    anciennes = {ligne.demande_id: ligne for ligne in scenario.lignes.all()}
    scenario.lignes.all().delete()
    lignes = []
    for candidat in probleme.candidats:
        ligne = LigneScenario(
            scenario=scenario,
            demande_id=candidat.cle,
            rang=probleme.rangs[candidat.cle],
            score=Decimal(candidat.points) / 10,
            maximum=en_dollars(candidat.maximum),
            montant=en_dollars(montants.get(candidat.cle, 0)),
        )
        if ancienne := anciennes.get(candidat.cle):
            for champ in ("retouche", "montant_voulu", "motif"):
                setattr(ligne, champ, getattr(ancienne, champ))
        lignes.append(ligne)
    _raisonner(lignes, probleme)
    LigneScenario.objects.bulk_create(lignes, batch_size=500)


def _raisonner(lignes: Iterable[LigneScenario], probleme: Probleme) -> None:
    phrases = raisons(probleme, {ligne.demande_id: en_cents(ligne.montant) for ligne in lignes})
    for ligne in lignes:
        ligne.raison = phrases.get(ligne.demande_id, "")


def _expliquer(lignes: list[LigneScenario], probleme: Probleme) -> None:
    _raisonner(lignes, probleme)
    LigneScenario.objects.bulk_update(lignes, ["raison"], batch_size=500)


def _exiger_les_memes_demandes(scenario: Scenario, probleme: Probleme) -> None:
    if est_perime(scenario, probleme):
        raise RegleViolee(
            "Des notes, des montants ou des décisions ont changé depuis le calcul : recalculez.",
            code="perime",
        )
