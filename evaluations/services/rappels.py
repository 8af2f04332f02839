"""Ce que le comité reçoit par courriel : des nombres et un lien, jamais le nom d'une demande."""

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from appels.models import Appel, Demande
from evaluations.calendrier import echeance_de
from evaluations.models import Affectation, MembreComite, RappelComite
from evaluations.quorum import quorums_menaces
from evaluations.services.annonces import annoncer_lectures
from evaluations.services.comite import nommer_membre
from evaluations.services.fiches import ouvrir_evaluation
from evaluations.visibilite import DEVANT_LE_COMITE
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Utilisateur
from socle.services.courriels import envoyer

# Du plus proche de la séance au plus lointain, en jours : le premier atteint est le seul qui part.
PALIERS = ((RappelComite.Nature.DEUX_JOURS, 2), (RappelComite.Nature.SEPT_JOURS, 7))


@transaction.atomic
def inviter_membre(
    *,
    acteur: Any,
    appel: Appel,
    courriel: str,
    nom: str = "",
    qualite: str = "",
    role: str = "membre",
    code: str = "",
) -> MembreComite:
    """Nomme la personne de cette adresse ; sans compte, en ouvre un et l'en avertit."""
    exiger_permission(acteur, "comite.gerer", appel)
    courriel = courriel.strip().lower()
    utilisateur = Utilisateur.objects.filter(email__iexact=courriel).first()
    nouveau = utilisateur is None
    if nouveau:
        if not nom.strip():
            raise RegleViolee(
                "Cette adresse n'a pas encore de compte : écrivez le nom de la personne.",
                champ="nom",
                code="nom",
            )
        utilisateur = Utilisateur.objects.create_user(courriel, nom=nom.strip())
        EmailAddress.objects.create(user=utilisateur, email=courriel, primary=True)
    membre = nommer_membre(
        acteur=acteur, appel=appel, utilisateur=utilisateur, code=code, qualite=qualite, role=role
    )
    envoyer(
        gabarit="comite_nomination",
        destinataires=[courriel],
        objet=f"Vous êtes du comité de pilotage — {appel.titre}",
        contexte={"appel": appel, "nouveau": nouveau},
    )
    return membre


@transaction.atomic
def ouvrir_evaluations(*, acteur: Any, appel: Appel) -> list[Demande]:
    """Ouvre l'évaluation de chaque demande recevable et confiée, et avertit chaque membre."""
    exiger_permission(acteur, "comite.gerer", appel)
    demandes = [
        ouvrir_evaluation(acteur=acteur, demande=demande)
        for demande in Demande.objects.visibles_par(acteur)
        .filter(appel=appel, etat="recevable", affectations__isnull=False)
        .distinct()
        .order_by("code")
    ]
    annoncer_lectures(
        appel=appel,
        demandes=demandes,
        affectations=Affectation.objects.filter(demande__in=demandes, etat="a_declarer"),
    )
    return demandes


def membres_attendus(appel: Appel) -> list[MembreComite]:
    """Les membres qui n'ont pas tout déclaré ou tout soumis, avec leurs deux nombres."""
    en_evaluation = Q(affectations__demande__etat="en_evaluation")
    membres = (
        appel.membres.filter(actif=True)
        .select_related("utilisateur")
        .annotate(
            a_declarer=Count(
                "affectations", filter=en_evaluation & Q(affectations__etat="a_declarer")
            ),
            a_soumettre=Count(
                "affectations",
                filter=en_evaluation
                & Q(affectations__etat="libre")
                & (
                    Q(affectations__evaluation__isnull=True)
                    | ~Q(affectations__evaluation__etat="soumise")
                ),
            ),
        )
        .order_by("code")
    )
    return [membre for membre in membres if membre.a_declarer or membre.a_soumettre]


@transaction.atomic
def rappeler(*, acteur: Any, appel: Appel, membre: MembreComite | None = None) -> int:
    """Rappelle à chaque membre attendu (ou à un seul) ce qui l'attend ; rend leur nombre."""
    exiger_permission(acteur, "comite.gerer", appel)
    attendus = [m for m in membres_attendus(appel) if membre is None or m.pk == membre.pk]
    for attendu in attendus:
        _ecrire_au_membre(acteur, appel, attendu)
    return len(attendus)


def _ecrire_au_membre(acteur: Any, appel: Appel, attendu: MembreComite) -> None:
    envoyer(
        gabarit="rappel_comite",
        destinataires=[attendu.utilisateur.email],
        objet=f"Rappel du comité — {appel.titre}",
        contexte={
            "appel": appel,
            "a_declarer": attendu.a_declarer,
            "a_soumettre": attendu.a_soumettre,
            "echeance": echeance_de(appel),
        },
    )
    journaliser(acteur=acteur, verbe="membrecomite.rappeler", objet=attendu)


# --- Ce que l'horloge envoie ----------------------------------------------------------------------
def envoyer_rappels() -> int:
    """Envoie tout rappel dû qui n'est pas parti et rend leur nombre ; se relance sans risque."""
    return sum(
        _rappeler_la_seance(appel) + _avertir_la_presidence(appel)
        for appel in Appel.objects.filter(etat=Appel.Etat.EN_EVALUATION).order_by("pk")
    )


def _rappeler_la_seance(appel: Appel) -> int:
    """Aux membres attendus, 7 puis 2 jours avant la séance ; après une panne, le plus proche."""
    if (echeance := echeance_de(appel)) is None:
        return 0
    jour = timezone.localtime(echeance).date() if isinstance(echeance, dt.datetime) else echeance
    jours = (jour - horloge.aujourdhui()).days
    nature = next((nature for nature, avance in PALIERS if 0 <= jours <= avance), None)
    if nature is None:
        return 0
    return sum(
        _une_fois(membre, nature, jour.isoformat(), partial(_ecrire_au_membre, None, appel, membre))
        for membre in membres_attendus(appel)
    )


def _avertir_la_presidence(appel: Appel) -> int:
    """Quand les récusations déclarées menacent un quorum. Un nombre, jamais le nom d'une demande ;
    celles dont la présidence est elle-même récusée n'y comptent pas."""
    presidence = (
        appel.membres.filter(actif=True, role=MembreComite.Role.PRESIDENCE)
        .select_related("utilisateur")
        .first()
    )
    if presidence is None:
        return 0
    siennes = presidence.affectations.filter(etat=Affectation.Etat.RECUSEE)
    demandes = (
        appel.demandes.filter(etat__in=DEVANT_LE_COMITE)
        .exclude(pk__in=siennes.values("demande"))
        .exclude(organisme__adhesions__utilisateur=presidence.utilisateur)
    )
    menacees = sorted(menace.demande.pk for menace in quorums_menaces(appel, demandes))
    if not menacees:
        return 0
    cle = hashlib.sha256(repr(menacees).encode()).hexdigest()
    return _une_fois(
        presidence,
        RappelComite.Nature.QUORUM,
        cle,
        partial(_ecrire_a_la_presidence, appel, presidence, len(menacees)),
    )


def _ecrire_a_la_presidence(appel: Appel, presidence: MembreComite, nombre: int) -> None:
    envoyer(
        gabarit="quorum_menace",
        destinataires=[presidence.utilisateur.email],
        objet=f"Quorum menacé — {appel.titre}",
        contexte={"appel": appel, "nombre": nombre, "echeance": echeance_de(appel)},
    )
    journaliser(
        acteur=None,
        verbe="membrecomite.rappeler_quorum",
        objet=presidence,
        details={"demandes": nombre},
    )


@transaction.atomic
def _une_fois(
    membre: MembreComite, nature: RappelComite.Nature, cle: str, ecrire: Callable[[], None]
) -> bool:
    """Écrit si ce rappel n'est pas déjà parti ; la base tranche entre deux ouvriers."""
    _, nouveau = RappelComite.objects.get_or_create(membre=membre, nature=nature, cle=cle)
    if nouveau:
        ecrire()
    return nouveau
