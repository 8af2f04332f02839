"""Ce que le comité reçoit par courriel : des nombres et un lien, jamais le nom d'une demande."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Count, Q

from appels.models import Appel, Demande
from evaluations.models import Affectation, MembreComite
from evaluations.services.annonces import annoncer_lectures
from evaluations.services.comite import nommer_membre
from evaluations.services.fiches import ouvrir_evaluation
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.models import Utilisateur
from socle.services.courriels import envoyer


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
        objet=f"Comité de pilotage — {appel.titre}",
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
        envoyer(
            gabarit="rappel_comite",
            destinataires=[attendu.utilisateur.email],
            objet=f"Rappel du comité — {appel.titre}",
            contexte={
                "appel": appel,
                "a_declarer": attendu.a_declarer,
                "a_soumettre": attendu.a_soumettre,
                "echeance": appel.seance_comite,
            },
        )
        journaliser(acteur=acteur, verbe="membrecomite.rappeler", objet=attendu)
    return len(attendus)
