"""Les états d'une affectation, d'une fiche d'évaluation et d'une séance du comité."""

from typing import Any

from django.db import models
from django_fsm import ConcurrentTransitionMixin, FSMField

from socle.cycle_de_vie import Garde, etape


# --- Affectation ----------------------------------------------------------------------------------
def est_declaree(affectation: Any) -> bool:
    return bool(affectation.lien)


class CycleDeVieAffectation(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        A_DECLARER = "a_declarer", "Intérêts à déclarer"
        LIBRE = "libre", "Sans conflit"
        RECUSEE = "recusee", "Récusé"

    etat = FSMField("état", default=Etat.A_DECLARER, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(de="a_declarer", vers="libre", permission="affectation.declarer")
    def declarer_sans_conflit(self) -> None:
        """La personne déclare n'avoir aucun lien : la demande lui devient visible."""

    @etape(
        de=["a_declarer", "libre"],
        vers="recusee",
        permission="affectation.declarer",
        gardes=[Garde("Dites quel est le lien.", est_declaree)],
    )
    def declarer_conflit(self) -> None:
        """La personne se récuse : elle ne voit plus rien de la demande, sa fiche est écartée."""


# --- Fiche d'évaluation ---------------------------------------------------------------------------
def est_complete(fiche: Any) -> bool:
    return fiche.est_complete


def affectation_libre(fiche: Any) -> bool:
    return fiche.affectation.etat == "libre"


def demande_en_evaluation(fiche: Any) -> bool:
    return fiche.demande.etat == "en_evaluation"


def demande_evaluee(fiche: Any) -> bool:
    return fiche.demande.etat == "evaluee"


def seance_ouverte(fiche: Any) -> bool:
    return fiche.demande.appel.seances.filter(etat="ouverte").exists()


class CycleDeVieEvaluation(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        EN_COURS = "en_cours", "En cours"
        SOUMISE = "soumise", "Soumise"
        ROUVERTE = "rouverte", "Rouverte"

    etat = FSMField("état", default=Etat.EN_COURS, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de=["en_cours", "rouverte"],
        vers="soumise",
        permission="evaluation.noter",
        gardes=[
            Garde("Vous êtes récusé pour cette demande.", affectation_libre),
            Garde(
                "L'évaluation de cette demande n'est pas ouverte.",
                demande_en_evaluation,
            ),
            Garde("Il manque des notes ou des commentaires exigés.", est_complete),
        ],
    )
    def soumettre(self) -> None:
        """La fiche compte dans le score et ne se modifie plus."""

    @etape(de="soumise", vers="rouverte", permission="evaluation.rouvrir")
    def rouvrir(self) -> None:
        """La présidence rouvre la fiche, avec un motif ; les notes d'avant sont gardées."""

    @etape(
        de="soumise",
        vers="rouverte",
        permission="evaluation.modifier_en_seance",
        gardes=[
            Garde("Vous êtes récusé pour cette demande.", affectation_libre),
            Garde("La séance n'est pas ouverte.", seance_ouverte),
            Garde("L'avis est inscrit, ou l'évaluation n'est pas close.", demande_evaluee),
        ],
    )
    def rouvrir_en_seance(self) -> None:
        """Le membre change sa fiche pendant la séance, avec un motif ; l'avant est gardé."""

    @etape(
        de="rouverte",
        vers="soumise",
        permission="evaluation.modifier_en_seance",
        gardes=[
            Garde("La séance n'est pas ouverte.", seance_ouverte),
            Garde("L'avis est inscrit, ou l'évaluation n'est pas close.", demande_evaluee),
            Garde("Il manque des notes ou des commentaires exigés.", est_complete),
        ],
    )
    def resoumettre_en_seance(self) -> None:
        """La fiche changée compte aussitôt ; l'avant et l'après sont gardés."""


# --- Calibrage ------------------------------------------------------------------------------------
def personne_n_a_soumis(calibrage: Any) -> bool:
    """Le calibrage précède la notation : ensuite, il n'accorderait plus rien."""
    return not calibrage.appel.demandes.filter(affectations__evaluation__etat="soumise").exists()


def a_un_comite(calibrage: Any) -> bool:
    return calibrage.appel.membres.filter(actif=True).exists()


def a_une_fiche(calibrage: Any) -> bool:
    return calibrage.fiches.filter(soumise_le__isnull=False).exists()


class CycleDeVieCalibrage(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        PREPARE = "prepare", "Préparé"
        OUVERT = "ouvert", "Ouvert"
        DEVOILE = "devoile", "Dévoilé"

    etat = FSMField("état", default=Etat.PREPARE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="prepare",
        vers="ouvert",
        permission="calibrage.gerer",
        gardes=[
            Garde("Nommez d'abord les membres du comité.", a_un_comite),
            Garde(
                "Une fiche est déjà soumise dans cet appel : le calibrage vient avant.",
                personne_n_a_soumis,
            ),
        ],
    )
    def ouvrir(self) -> None:
        """Chaque membre lit et note le dossier fictif, sans voir les notes des autres."""

    @etape(
        de="ouvert",
        vers="devoile",
        permission="calibrage.gerer",
        gardes=[Garde("Aucune fiche n'est encore soumise.", a_une_fiche)],
    )
    def devoiler(self) -> None:
        """Les fiches se montrent côte à côte ; plus personne n'y note."""


# --- Séance ---------------------------------------------------------------------------------------
def a_des_presences(seance: Any) -> bool:
    return seance.presences.filter(presente=True).exists()


class CycleDeVieSeance(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        PREPAREE = "preparee", "Préparée"
        OUVERTE = "ouverte", "Ouverte"
        CLOSE = "close", "Close"

    etat = FSMField("état", default=Etat.PREPAREE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="preparee",
        vers="ouverte",
        permission="seance.tenir",
        gardes=[Garde("Inscrivez d'abord les personnes présentes.", a_des_presences)],
    )
    def ouvrir(self) -> None:
        """La discussion commence : le classement devient visible aux membres."""

    @etape(de="ouverte", vers="close", permission="seance.tenir")
    def clore(self) -> None:
        """La séance se termine ; le compte rendu est émis et figé."""
