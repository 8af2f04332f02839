"""Les états d'un appel et d'une demande, leurs transitions et leurs gardes.

Se lit comme la table de ``docs/cycle_de_vie.md``, qui en est tirée. Les gardes qui regardent le
comité ou la décision passent par les relations de la demande (``affectations``, ``decisions``) :
le domaine qui les définit reste à droite de celui-ci.
"""

from typing import Any

from django.db import models
from django_fsm import ConcurrentTransitionMixin, FSMField

from socle import horloge
from socle.cycle_de_vie import Garde, etape


# --- Gardes de l'appel ----------------------------------------------------------------------------
def poids_somment_a_cent(appel: Any) -> bool:
    return sum(critere.poids for critere in appel.criteres.all()) == 100


def a_un_volet_finance(appel: Any) -> bool:
    volets = list(appel.volets.all())
    return bool(volets) and all(volet.enveloppe > 0 and volet.plafond > 0 for volet in volets)


def a_un_formulaire(appel: Any) -> bool:
    return appel.formulaires.filter(nature="demande").exists()


def aucune_demande_a_traiter(appel: Any) -> bool:
    return not appel.demandes.filter(etat__in=["deposee", "a_completer"]).exists()


def est_clos(appel: Any) -> bool:
    return appel.est_clos


def toutes_les_demandes_sont_tranchees(appel: Any) -> bool:
    return not appel.demandes.filter(
        etat__in=[
            "deposee",
            "a_completer",
            "recevable",
            "en_evaluation",
            "evaluee",
            "recommandee",
        ]
    ).exists()


class CycleDeVieAppel(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        BROUILLON = "brouillon", "Brouillon"
        PUBLIE = "publie", "Publié"
        EN_EVALUATION = "en_evaluation", "En évaluation"
        DECIDE = "decide", "Décidé"
        ARCHIVE = "archive", "Archivé"
        ANNULE = "annule", "Annulé"

    etat = FSMField("état", default=Etat.BROUILLON, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="brouillon",
        vers="publie",
        permission="appel.publier",
        gardes=[
            Garde("Les poids des critères doivent totaliser 100.", poids_somment_a_cent),
            Garde(
                "L'appel doit avoir au moins un volet, chacun avec une enveloppe et un plafond.",
                a_un_volet_finance,
            ),
            Garde("L'appel doit avoir un formulaire de demande.", a_un_formulaire),
        ],
    )
    def publier(self) -> None:
        """L'appel devient public ; ses critères, ses poids et son formulaire sont gelés."""

    @etape(
        de="publie",
        vers="en_evaluation",
        permission="appel.ouvrir_evaluation",
        gardes=[
            Garde("L'appel n'est pas encore clos.", est_clos),
            Garde(
                "Déclarez d'abord chaque demande déposée recevable ou irrecevable.",
                aucune_demande_a_traiter,
            ),
        ],
    )
    def ouvrir_evaluation(self) -> None:
        """Le comité peut recevoir ses demandes."""

    @etape(
        de="en_evaluation",
        vers="decide",
        permission="appel.arreter_decisions",
        gardes=[
            Garde(
                "Des demandes attendent encore une décision.",
                toutes_les_demandes_sont_tranchees,
            )
        ],
    )
    def arreter_decisions(self) -> None:
        """Toutes les demandes ont leur décision."""

    @etape(de="decide", vers="archive", permission="appel.archiver")
    def archiver(self) -> None:
        """L'appel ne se modifie plus."""

    @etape(
        de=["brouillon", "publie", "en_evaluation"],
        vers="annule",
        permission="appel.annuler",
    )
    def annuler(self) -> None:
        """L'appel est retiré, avec un motif."""


# --- Gardes de la demande -------------------------------------------------------------------------
def peut_etre_deposee_maintenant(demande: Any) -> bool:
    return demande.peut_etre_deposee_maintenant


def appel_encore_ouvert(demande: Any) -> bool:
    return demande.appel.est_ouvert


def complement_dans_le_delai(demande: Any) -> bool:
    complement = demande.complements.filter(complete_le=None).first()
    return complement is not None and horloge.maintenant() <= complement.echeance


def verification_complete(demande: Any) -> bool:
    from appels.models.recevabilite import Verification

    return demande.verifications.count() == len(Verification.Point.values)


def verification_sans_refus(demande: Any) -> bool:
    return not demande.verifications.filter(reponse="non").exists()


def a_un_motif_d_irrecevabilite(demande: Any) -> bool:
    return bool(demande.motif_irrecevabilite.strip())


def a_des_evaluateurs(demande: Any) -> bool:
    return demande.affectations.exclude(etat="recusee").exists()


def a_assez_de_fiches(demande: Any) -> bool:
    fiches = demande.affectations.filter(etat="libre", evaluation__etat="soumise").count()
    return fiches >= demande.appel.evaluations_min


def a_une_recommandation(demande: Any) -> bool:
    return demande.recommandations.filter(en_vigueur=True).exists()


def a_une_decision(resultat: str):
    def decision_inscrite(demande: Any) -> bool:
        return demande.decisions.filter(en_vigueur=True, resultat=resultat).exists()

    return decision_inscrite


def a_un_reexamen_accueilli(demande: Any) -> bool:
    return demande.reexamens.filter(etat="modifie").exists()


def convention_en_vigueur(demande: Any) -> bool:
    return demande.conventions.filter(etat="en_vigueur").exists()


def rapport_final_accepte(demande: Any) -> bool:
    return demande.rapports.filter(nature="final", etat="accepte").exists()


def solde_regle(demande: Any) -> bool:
    convention = demande.conventions.filter(etat__in=["en_vigueur", "echue"]).first()
    return (
        convention is not None
        and not convention.versements.filter(etat__in=["exigible", "autorise"]).exists()
        and not demande.recuperations.filter(etat="reclamee").exists()
    )


class CycleDeVieDemande(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        BROUILLON = "brouillon", "Brouillon"
        DEPOSEE = "deposee", "Déposée"
        A_COMPLETER = "a_completer", "À compléter"
        RECEVABLE = "recevable", "Recevable"
        IRRECEVABLE = "irrecevable", "Irrecevable"
        EN_EVALUATION = "en_evaluation", "En évaluation"
        EVALUEE = "evaluee", "Évaluée"
        RECOMMANDEE = "recommandee", "Recommandée"
        ACCEPTEE = "acceptee", "Acceptée"
        REFUSEE = "refusee", "Refusée"
        LISTE_ATTENTE = "liste_attente", "Liste d'attente"
        RETIREE = "retiree", "Retirée"
        CONVENTIONNEE = "conventionnee", "Convention en vigueur"
        FERMEE = "fermee", "Fermée"
        RESILIEE = "resiliee", "Résiliée"

    etat = FSMField("état", default=Etat.BROUILLON, choices=Etat, protected=True)

    class Meta:
        abstract = True

    # --- L'organisme
    @etape(
        de="brouillon",
        vers="deposee",
        permission="demande.deposer",
        gardes=[
            Garde(
                "L'appel est clos : le dépôt n'est plus possible.",
                peut_etre_deposee_maintenant,
            )
        ],
    )
    def deposer(self) -> None:
        """Le contenu est figé avec son SHA-256 et un accusé de réception numéroté."""

    @etape(
        de="deposee",
        vers="brouillon",
        permission="demande.reprendre",
        gardes=[
            Garde(
                "L'appel est clos : la demande ne peut plus être reprise.",
                appel_encore_ouvert,
            )
        ],
    )
    def reprendre(self) -> None:
        """L'organisme reprend sa demande ; elle devra être déposée à nouveau."""

    @etape(
        de=["brouillon", "deposee", "a_completer", "recevable"],
        vers="retiree",
        permission="demande.retirer",
    )
    def retirer(self) -> None:
        """L'organisme renonce, avec un motif."""

    @etape(
        de="a_completer",
        vers="deposee",
        permission="demande.completer",
        gardes=[Garde("Le délai pour compléter est passé.", complement_dans_le_delai)],
    )
    def completer(self) -> None:
        """Ce qui manquait est fourni, dans le délai."""

    # --- La recevabilité
    @etape(de="deposee", vers="a_completer", permission="demande.traiter")
    def demander_complement(self) -> None:
        """L'agent dit ce qui manque et jusqu'à quand (jours ouvrables)."""

    @etape(
        de=["deposee", "a_completer"],
        vers="recevable",
        permission="demande.traiter",
        gardes=[
            Garde("Répondez d'abord à chaque point de la liste.", verification_complete),
            Garde("Un point de la liste est à « Non ».", verification_sans_refus),
        ],
    )
    def declarer_recevable(self) -> None:
        """La demande peut aller au comité."""

    @etape(
        de=["deposee", "a_completer"],
        vers="irrecevable",
        permission="demande.traiter",
        gardes=[
            Garde("Répondez d'abord à chaque point de la liste.", verification_complete),
            Garde("Écrivez le motif de l'irrecevabilité.", a_un_motif_d_irrecevabilite),
        ],
    )
    def declarer_irrecevable(self) -> None:
        """La demande s'arrête ici, avec son motif."""

    # --- Le comité
    @etape(
        de="recevable",
        vers="en_evaluation",
        permission="demande.ouvrir_evaluation",
        gardes=[Garde("Affectez d'abord des évaluateurs à la demande.", a_des_evaluateurs)],
    )
    def ouvrir_evaluation(self) -> None:
        """Les évaluateurs affectés peuvent déclarer leurs intérêts."""

    @etape(
        de="en_evaluation",
        vers="evaluee",
        permission="demande.clore_evaluation",
        gardes=[
            Garde(
                "Il manque des fiches soumises par des membres sans conflit.",
                a_assez_de_fiches,
            )
        ],
    )
    def clore_evaluation(self) -> None:
        """Les fiches suffisent : le score est connu."""

    @etape(de="evaluee", vers="en_evaluation", permission="demande.rouvrir_evaluation")
    def rouvrir_evaluation(self) -> None:
        """La présidence rouvre l'évaluation, avec un motif."""

    @etape(
        de="evaluee",
        vers="recommandee",
        permission="demande.recommander",
        gardes=[Garde("Inscrivez d'abord la recommandation du comité.", a_une_recommandation)],
    )
    def recommander(self) -> None:
        """Le comité, en séance et avec quorum, donne son avis, un montant et ses motifs."""

    # --- La décision
    @etape(
        de=["recommandee", "liste_attente"],
        vers="acceptee",
        permission="demande.decider",
        gardes=[
            Garde(
                "Inscrivez d'abord la décision et sa résolution.",
                a_une_decision("acceptee"),
            )
        ],
    )
    def accepter(self) -> None:
        """Résolution, crédits disponibles dans l'enveloppe, montant sous le maximum."""

    @etape(
        de=["recommandee", "liste_attente"],
        vers="refusee",
        permission="demande.decider",
        gardes=[
            Garde(
                "Inscrivez d'abord la décision et sa résolution.",
                a_une_decision("refusee"),
            )
        ],
    )
    def refuser(self) -> None:
        """Résolution et motifs par critère."""

    @etape(
        de="recommandee",
        vers="liste_attente",
        permission="demande.decider",
        gardes=[
            Garde(
                "Inscrivez d'abord la décision et sa résolution.",
                a_une_decision("liste_attente"),
            )
        ],
    )
    def mettre_en_attente(self) -> None:
        """Résolution, rang et échéance."""

    @etape(
        de="refusee",
        vers="evaluee",
        permission="demande.rouvrir_apres_reexamen",
        gardes=[Garde("Aucun réexamen n'a été accueilli.", a_un_reexamen_accueilli)],
    )
    @etape(
        de="irrecevable",
        vers="deposee",
        permission="demande.rouvrir_apres_reexamen",
        gardes=[Garde("Aucun réexamen n'a été accueilli.", a_un_reexamen_accueilli)],
    )
    def rouvrir_apres_reexamen(self) -> None:
        """Un réexamen accueilli ramène la demande au comité, ou à la recevabilité."""

    # --- Après la décision
    @etape(
        de="acceptee",
        vers="conventionnee",
        permission="demande.conventionner",
        gardes=[Garde("La convention n'est pas encore en vigueur.", convention_en_vigueur)],
    )
    def conventionner(self) -> None:
        """La convention est en vigueur."""

    @etape(
        de="conventionnee",
        vers="fermee",
        permission="demande.fermer",
        gardes=[
            Garde("Le rapport final n'est pas encore accepté.", rapport_final_accepte),
            Garde(
                "Le solde n'est pas réglé (versement ou somme à récupérer).",
                solde_regle,
            ),
        ],
    )
    def fermer(self) -> None:
        """Rapport final accepté, solde réglé."""

    @etape(de=["acceptee", "conventionnee"], vers="resiliee", permission="demande.resilier")
    def resilier(self) -> None:
        """La convention prend fin avant terme, avec un motif et ce qui est récupéré."""


# --- Questions sur un appel -----------------------------------------------------------------------
def appel_est_public(question: Any) -> bool:
    return question.appel.etat not in {"brouillon", "annule"}


def a_un_enonce_et_une_reponse(question: Any) -> bool:
    return bool(question.enonce.strip() and question.reponse.strip())


def a_une_reponse_et_un_motif(question: Any) -> bool:
    return bool(question.reponse.strip() and question.motif.strip())


class CycleDeVieQuestionPublique(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        POSEE = "posee", "À répondre"
        PUBLIEE = "publiee", "Publiée"
        REPONDUE = "repondue", "Répondue sans être publiée"

    etat = FSMField("état", default=Etat.POSEE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de=["posee", "repondue"],
        vers="publiee",
        permission="question.repondre",
        gardes=[
            Garde("La page de cet appel n'est pas publique.", appel_est_public),
            Garde("Écrivez la question publiée et sa réponse.", a_un_enonce_et_une_reponse),
        ],
    )
    def publier(self) -> None:
        """La question, reformulée et sans le nom de qui la pose, paraît avec sa réponse."""

    @etape(
        de="posee",
        vers="repondue",
        permission="question.repondre",
        gardes=[
            Garde("Écrivez la réponse et le motif de ne pas publier.", a_une_reponse_et_un_motif)
        ],
    )
    def repondre_sans_publier(self) -> None:
        """La réponse et le motif vont à la seule personne qui a demandé."""

    @etape(
        de="publiee",
        vers="repondue",
        permission="question.repondre",
        gardes=[
            Garde("Écrivez la réponse et le motif de ne pas publier.", a_une_reponse_et_un_motif)
        ],
    )
    def retirer(self) -> None:
        """La question quitte la page publique ; qui l'a posée sait pourquoi."""
