"""Répartir les lectures d'un appel : proposer, déplacer une paire, accepter.

Une proposition appartient à l'agent qui l'essaie ; rien n'est confié avant qu'il l'accepte.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.urls import reverse

from appels.models import Appel, Demande
from evaluations.lectures_a_repartir import lire_probleme
from evaluations.models import Affectation, MembreComite, Repartition
from evaluations.repartition import (
    DelaiDepasse,
    Impossible,
    Paire,
    Probleme,
    Proposition,
    deplacer,
    repartir,
)
from evaluations.services.annonces import annoncer_lectures
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Travail
from socle.services import travaux

# Au-delà, le calcul ou son explication peut dépasser deux secondes : un ouvrier s'en charge.
PAIRES_SUR_PLACE = 1200
NATURE = "repartition"
LIMITE_OUVRIER = 60.0  # secondes
ETAPES = 2  # lire et écrire, calculer
PERIMEE = (
    "Le comité, les demandes ou les déclarations ont changé depuis le calcul : recalculez la "
    "répartition."
)


# --- Proposer -------------------------------------------------------------------------------------
def proposer(
    *, acteur: Any, appel: Appel, nombre: int, charge_max: int | None = None
) -> Repartition | Travail:
    """Calcule la répartition, ou confie le calcul à un ouvrier quand il peut durer.

    ``nombre`` évaluateurs par demande, ``charge_max`` lectures par membre au plus (ou sans limite).
    Remplace la proposition précédente de l'agent ; ce qui est déjà confié reste.
    """
    exiger_permission(acteur, "affectation.gerer", appel)
    _exiger_mesure(appel, nombre, charge_max)
    probleme = lire_probleme(acteur, appel, nombre=nombre, charge_max=charge_max)
    if not probleme.demandes:
        raise RegleViolee("Aucune demande n'est à confier pour l'instant.", code="rien")
    if len(probleme.paires_libres()) > PAIRES_SUR_PLACE:
        return _confier_a_un_ouvrier(acteur, appel, nombre, charge_max)
    return _retenir(acteur, appel, nombre, charge_max, probleme, repartir(probleme))


def _exiger_mesure(appel: Appel, nombre: int, charge_max: int | None) -> None:
    membres = appel.membres.filter(actif=True).count()
    if not membres:
        raise RegleViolee("Nommez d'abord les membres du comité.", code="comite_vide")
    if not 1 <= nombre <= membres:
        raise RegleViolee(
            f"Le comité compte {membres} membre{'s' if membres > 1 else ''} : choisissez un nombre "
            f"de 1 à {membres}.",
            champ="nombre",
            code="nombre",
        )
    if nombre < appel.evaluations_min:
        raise RegleViolee(
            f"L'appel exige {appel.evaluations_min} fiches par demande : avec moins, aucune "
            "n'aurait de score.",
            champ="nombre",
            code="evaluations_min",
        )
    if charge_max is not None and charge_max < 1:
        raise RegleViolee("Écrivez au moins 1 lecture.", champ="charge_max", code="charge_max")


@transaction.atomic
def _confier_a_un_ouvrier(
    acteur: Any, appel: Appel, nombre: int, charge_max: int | None
) -> Travail:
    parametres = {"appel": appel.pk, "nombre": nombre, "charge_max": charge_max}
    Appel.objects.select_for_update(no_key=True).get(pk=appel.pk)
    if travail := travaux.deja_confie(acteur=acteur, nature=NATURE, parametres=parametres):
        return travail
    travail = travaux.creer_travail(
        acteur=acteur,
        nature=NATURE,
        titre=f"Répartition des lectures de l'appel {appel.code}",
        total=ETAPES,
        parametres=parametres,
        retour=reverse("ville:repartition", kwargs={"code": appel.code}),
    )
    travaux.confier(travail.pk)
    return travail


def calculer(*, travail: Travail) -> None:
    """Le calcul confié à un ouvrier ; relancé après la fin, il ne fait rien."""
    if travail.est_fini:
        return
    travaux.commencer(travail=travail)
    appel = Appel.objects.get(pk=travail.parametres["appel"])
    nombre, charge_max = travail.parametres["nombre"], travail.parametres["charge_max"]
    acteur = travail.cree_par
    probleme = lire_probleme(acteur, appel, nombre=nombre, charge_max=charge_max)
    travaux.fixer_avancement(travail=travail, faits=1)
    try:
        resultat = repartir(probleme, limite=LIMITE_OUVRIER)
    except DelaiDepasse:
        travaux.noter_erreur(
            travail=travail,
            libelle="Répartition",
            erreur="aucune solution trouvée dans le temps donné. Demandez moins d'évaluateurs par "
            "demande, ou confiez par petits groupes.",
        )
    else:
        _retenir(acteur, appel, nombre, charge_max, probleme, resultat)
        travaux.fixer_avancement(travail=travail, faits=ETAPES)
    travaux.finir(travail=travail)


@transaction.atomic
def _retenir(
    acteur: Any,
    appel: Appel,
    nombre: int,
    charge_max: int | None,
    probleme: Probleme,
    resultat: Proposition | Impossible,
) -> Repartition:
    champs: dict[str, Any] = {
        "proposee_le": horloge.maintenant(),
        "nombre": nombre,
        "charge_max": charge_max,
        "empreinte": probleme.empreinte,
        "paires": [],
        "deplacees": [],
        "prouvee": False,
        "explication": {},
    }
    if isinstance(resultat, Impossible):
        champs["explication"] = asdict(resultat)
    else:
        champs |= {
            "paires": resultat.paires,
            "prouvee": resultat.prouvee,
            "ecart": resultat.bilan.ecart,
            "points": resultat.bilan.points,
            "duree_ms": round(resultat.duree * 1000),
        }
    repartition, _ = Repartition.objects.update_or_create(
        appel=appel, proposee_par=acteur, defaults=champs
    )
    journaliser(
        acteur=acteur,
        verbe="repartition.proposer",
        objet=repartition,
        details={"nombre": nombre, "charge_max": charge_max, "possible": repartition.est_possible},
    )
    return repartition


# --- Déplacer une paire ---------------------------------------------------------------------------
def probleme_de(repartition: Repartition, **deja_lus: Any) -> Probleme:
    """Le problème d'aujourd'hui, aux mesures de la proposition."""
    return lire_probleme(
        repartition.proposee_par,
        repartition.appel,
        nombre=repartition.nombre,
        charge_max=repartition.charge_max,
        **deja_lus,
    )


def paires_de(repartition: Repartition) -> tuple[Paire, ...]:
    return tuple((demande, membre) for demande, membre in repartition.paires)


def _exiger_a_jour(repartition: Repartition) -> Probleme:
    probleme = probleme_de(repartition)
    if probleme.empreinte != repartition.empreinte:
        raise RegleViolee(PERIMEE, code="perimee")
    return probleme


@transaction.atomic
def deplacer_paire(
    *, acteur: Any, repartition: Repartition, demande: Demande, de: MembreComite, vers: MembreComite
) -> Repartition:
    """Confie la lecture à un autre membre, dans la proposition seulement.

    Refuse une paire écartée, déjà confiée ou déjà là (code ``deplacement``).
    """
    exiger_permission(acteur, "repartition.modifier", repartition)
    repartition = Repartition.objects.select_for_update().get(pk=repartition.pk)
    probleme = _exiger_a_jour(repartition)
    try:
        paires = deplacer(probleme, paires_de(repartition), (demande.pk, de.pk), vers.pk)
    except ValueError as refus:
        raise RegleViolee(str(refus), code="deplacement") from None
    retirees = ([demande.pk, de.pk], [demande.pk, vers.pk])
    repartition.paires = paires
    repartition.deplacees = [
        *(paire for paire in repartition.deplacees if paire not in retirees),
        [demande.pk, vers.pk],
    ]
    repartition.save(update_fields=["paires", "deplacees"])
    journaliser(
        acteur=acteur,
        verbe="repartition.deplacer",
        objet=repartition,
        details={"demande": demande.code, "de": de.code, "vers": vers.code},
    )
    return repartition


# --- Accepter -------------------------------------------------------------------------------------
@transaction.atomic
def accepter(*, acteur: Any, repartition: Repartition) -> list[Affectation]:
    """Confie les lectures proposées et avertit les membres des évaluations déjà ouvertes.

    Refuse une proposition impossible (code ``impossible``) ou périmée (code ``perimee``) : une
    récusation arrivée entre-temps n'est jamais contournée.
    """
    exiger_permission(acteur, "repartition.modifier", repartition)
    appel = Appel.objects.select_for_update(no_key=True).get(pk=repartition.appel_id)
    repartition = Repartition.objects.select_for_update().get(pk=repartition.pk)
    if not repartition.est_possible:
        raise RegleViolee(
            "Cette répartition n'est pas complète. Relancez le calcul.", code="impossible"
        )
    probleme = _exiger_a_jour(repartition)
    nouvelles = [paire for paire in paires_de(repartition) if paire not in probleme.gardees]
    affectations = Affectation.objects.bulk_create(
        Affectation(demande_id=demande, membre_id=membre) for demande, membre in nouvelles
    )
    demandes = _journaliser_lectures(acteur, probleme, nouvelles)
    annoncer_lectures(
        appel=appel,
        demandes=[demande for demande in demandes if demande.etat == "en_evaluation"],
        affectations=affectations,
    )
    journaliser(
        acteur=acteur,
        verbe="repartition.accepter",
        objet=repartition,
        details={"lectures": len(nouvelles), "deplacees": len(repartition.deplacees)},
    )
    repartition.delete()
    return affectations


def _journaliser_lectures(
    acteur: Any, probleme: Probleme, paires: Iterable[Paire]
) -> list[Demande]:
    """Une entrée par demande, comme quand tout le comité la reçoit ; rend ces demandes."""
    codes = defaultdict(list)
    for demande, membre in paires:
        codes[demande].append(probleme.membre[membre].code)
    demandes = list(Demande.objects.filter(pk__in=codes).order_by("code"))
    for demande in demandes:
        journaliser(
            acteur=acteur,
            verbe="demande.affecter_comite",
            objet=demande,
            details={"membres": codes[demande.pk]},
        )
    return demandes


@transaction.atomic
def abandonner(*, acteur: Any, repartition: Repartition) -> None:
    """Oublie la proposition ; rien n'était confié."""
    exiger_permission(acteur, "repartition.modifier", repartition)
    journaliser(acteur=acteur, verbe="repartition.abandonner", objet=repartition)
    repartition.delete()
