"""Les états d'une lettre, d'un réexamen, d'une convention, d'un versement, d'un rapport, d'une
récupération et d'une page numérisée."""

from typing import Any

from django.db import models
from django_fsm import ConcurrentTransitionMixin, FSMField

from socle.cycle_de_vie import Garde, etape


class CycleDeVieLettre(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        PREPAREE = "preparee", "Préparée"
        EMISE = "emise", "Émise"
        TRANSMISE = "transmise", "Transmise"

    etat = FSMField("état", default=Etat.PREPAREE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="preparee",
        vers="emise",
        permission="lettre.emettre",
        gardes=[
            Garde(
                "Le document de la lettre n'est pas prêt.",
                lambda lettre: lettre.document_id,
            )
        ],
    )
    def emettre(self) -> None:
        """HTML, PDF et SHA-256 sont figés ; la décision devient visible à l'organisme."""

    @etape(de="emise", vers="transmise", permission="lettre.emettre")
    def transmettre(self) -> None:
        """La lettre est partie par courriel."""


class CycleDeVieReexamen(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        DEMANDE = "demande", "Demandé"
        MAINTENU = "maintenu", "Décision maintenue"
        MODIFIE = "modifie", "Réexamen accueilli"

    etat = FSMField("état", default=Etat.DEMANDE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(de="demande", vers="maintenu", permission="reexamen.trancher")
    def maintenir(self) -> None:
        """La décision tient, avec un motif."""

    @etape(de="demande", vers="modifie", permission="reexamen.trancher")
    def accueillir(self) -> None:
        """Une erreur de procédure est reconnue : la demande est rouverte."""


class CycleDeVieConvention(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        BROUILLON = "brouillon", "Brouillon"
        TRANSMISE = "transmise", "Transmise pour signature"
        SIGNEE = "signee", "Signée par l'organisme"
        EN_VIGUEUR = "en_vigueur", "En vigueur"
        ECHUE = "echue", "Échue"
        RESILIEE = "resiliee", "Résiliée"

    etat = FSMField("état", default=Etat.BROUILLON, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="brouillon",
        vers="transmise",
        permission="convention.preparer",
        gardes=[Garde("Le document n'est pas prêt.", lambda convention: convention.document_id)],
    )
    def transmettre(self) -> None:
        """Le PDF est figé et envoyé à l'organisme pour signature."""

    @etape(
        de="transmise",
        vers="signee",
        permission="convention.signer",
        gardes=[
            Garde(
                "Inscrivez le nom du signataire.",
                lambda convention: convention.signataire_nom,
            )
        ],
    )
    def signer(self) -> None:
        """La personne autorisée de l'organisme a signé."""

    @etape(de="signee", vers="en_vigueur", permission="convention.contresigner")
    def contresigner(self) -> None:
        """La Ville a signé ; les versements liés à la signature deviennent exigibles."""

    @etape(de="en_vigueur", vers="echue", permission="convention.preparer")
    def terminer(self) -> None:
        """Le projet est fermé."""

    @etape(
        de=["transmise", "signee", "en_vigueur"],
        vers="resiliee",
        permission="convention.resilier",
    )
    def resilier(self) -> None:
        """La convention prend fin avant terme, avec un motif."""


def convention_en_vigueur(objet: Any) -> bool:
    return objet.convention.etat == "en_vigueur"


# --- Avenant --------------------------------------------------------------------------------------
class CycleDeVieAvenant(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        DEMANDE = "demande", "Demandé"
        APPROUVE = "approuve", "Approuvé, à signer"
        REFUSE = "refuse", "Refusé"
        SIGNE = "signe", "Signé, en vigueur"

    etat = FSMField("état", default=Etat.DEMANDE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="demande",
        vers="approuve",
        permission="avenant.decider",
        gardes=[
            Garde("La convention n'est pas en vigueur.", convention_en_vigueur),
            Garde(
                "Un autre montant demande une résolution du conseil.",
                lambda avenant: avenant.montant is None or avenant.resolution_id,
            ),
            Garde("Le document n'est pas prêt.", lambda avenant: avenant.document_id),
        ],
    )
    def approuver(self) -> None:
        """La Ville approuve ; l'organisme peut signer."""

    @etape(de="demande", vers="refuse", permission="avenant.decider")
    def refuser(self) -> None:
        """La Ville refuse, avec ses motifs ; la convention ne change pas."""

    @etape(
        de="approuve",
        vers="signe",
        permission="avenant.signer",
        gardes=[Garde("La convention n'est pas en vigueur.", convention_en_vigueur)],
    )
    def signer(self) -> None:
        """L'organisme signe ; la convention, ses versements et son budget suivent."""


# --- Versement ------------------------------------------------------------------------------------
def condition_remplie(versement: Any) -> bool:
    return versement.est_condition_remplie


def autorise_par_une_autre_personne(versement: Any) -> bool:
    return (
        versement.autorise_par_id is not None
        and versement.propose_par_id is not None
        and versement.autorise_par_id != versement.propose_par_id
    )


def sans_rapport_en_retard(versement: Any) -> bool:
    return not versement.rapports_en_retard


SANS_RETARD = Garde(
    "Un rapport de ce projet est en retard : aucun versement avant qu'il soit remis.",
    sans_rapport_en_retard,
)


class CycleDeVieVersement(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        PREVU = "prevu", "Prévu"
        EXIGIBLE = "exigible", "Exigible"
        AUTORISE = "autorise", "Autorisé"
        VERSE = "verse", "Versé"
        RETENU = "retenu", "Retenu"
        ANNULE = "annule", "Annulé"

    etat = FSMField("état", default=Etat.PREVU, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de=["prevu", "retenu"],
        vers="exigible",
        permission="versement.proposer",
        gardes=[
            Garde("La convention n'est pas en vigueur.", convention_en_vigueur),
            Garde(
                "Le rapport dont ce versement dépend n'est pas accepté.",
                condition_remplie,
            ),
            SANS_RETARD,
        ],
    )
    def proposer(self) -> None:
        """La condition est remplie ; l'agent propose le versement."""

    @etape(
        de="exigible",
        vers="autorise",
        permission="versement.autoriser",
        gardes=[
            Garde("La convention n'est pas en vigueur.", convention_en_vigueur),
            Garde(
                "La personne qui autorise doit être une autre que celle qui a proposé.",
                autorise_par_une_autre_personne,
            ),
            SANS_RETARD,
        ],
    )
    def autoriser(self) -> None:
        """Une autre personne autorise."""

    @etape(
        de="autorise",
        vers="verse",
        permission="versement.verser",
        gardes=[
            Garde("La convention n'est pas en vigueur.", convention_en_vigueur),
            SANS_RETARD,
        ],
    )
    def verser(self) -> None:
        """La trésorerie a payé, avec une référence."""

    @etape(
        de=["prevu", "exigible", "autorise"],
        vers="retenu",
        permission="versement.retenir",
    )
    def retenir(self) -> None:
        """Le versement attend, avec un motif."""

    @etape(
        de=["prevu", "exigible", "retenu"],
        vers="annule",
        permission="versement.retenir",
    )
    def annuler(self) -> None:
        """Le versement n'aura pas lieu (fermeture ou résiliation)."""


class CycleDeVieRapport(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        ATTENDU = "attendu", "Attendu"
        DEPOSE = "depose", "Déposé"
        A_CORRIGER = "a_corriger", "À corriger"
        ACCEPTE = "accepte", "Accepté"

    etat = FSMField("état", default=Etat.ATTENDU, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de=["attendu", "a_corriger"],
        vers="depose",
        permission="rapport.deposer",
        gardes=[
            Garde(
                "Il manque des éléments au rapport.",
                lambda rapport: not rapport.manques(),
            )
        ],
    )
    def deposer(self) -> None:
        """L'organisme remet son rapport."""

    @etape(de="depose", vers="a_corriger", permission="rapport.examiner")
    def renvoyer(self) -> None:
        """L'agent renvoie le rapport, avec ses remarques."""

    @etape(de="depose", vers="accepte", permission="rapport.examiner")
    def accepter(self) -> None:
        """Le rapport est accepté ; ce qui en dépend peut être versé."""


class CycleDeVieRecuperation(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        RECLAMEE = "reclamee", "Réclamée"
        REMBOURSEE = "remboursee", "Remboursée"
        RADIEE = "radiee", "Radiée"

    etat = FSMField("état", default=Etat.RECLAMEE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(de="reclamee", vers="remboursee", permission="recuperation.encaisser")
    def encaisser(self) -> None:
        """La somme est revenue."""

    @etape(de="reclamee", vers="radiee", permission="recuperation.radier")
    def radier(self) -> None:
        """La somme ne sera pas récupérée, avec un motif."""


class CycleDeVieProchainPlan(ConcurrentTransitionMixin, models.Model):
    class Etat(models.TextChoices):
        BROUILLON = "brouillon", "Brouillon"
        ADOPTE = "adopte", "Adopté"
        ABANDONNE = "abandonne", "Abandonné"

    etat = FSMField("état", default=Etat.BROUILLON, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(
        de="brouillon",
        vers="adopte",
        permission="plan.adopter",
        gardes=[Garde("Gardez au moins un besoin.", lambda prochain: prochain.retenues)],
    )
    def adopter(self) -> None:
        """Le conseil l'adopte par résolution ; il devient le plan que les appels servent."""

    @etape(de="brouillon", vers="abandonne", permission="plan.gerer")
    def abandonner(self) -> None:
        """Le brouillon est laissé ; ses versions restent."""


class CycleDeViePage(ConcurrentTransitionMixin, models.Model):
    """Une page naît blanche ou sans code lisible ; sans permission, c'est la lecture qui parle."""

    class Etat(models.TextChoices):
        CLASSEE = "classee", "Classée"
        ILLISIBLE = "illisible", "Sans code lisible"
        ETRANGERE = "etrangere", "Code qui n'est pas de cette Ville"
        AUTRE_APPEL = "autre_appel", "Document d'un autre appel"
        DOUBLON = "doublon", "En double"
        BLANCHE = "blanche", "Blanche"
        ECARTEE = "ecartee", "Écartée"

    A_RANGER = (Etat.ILLISIBLE, Etat.ETRANGERE, Etat.AUTRE_APPEL, Etat.DOUBLON)
    DE_COTE = (Etat.ECARTEE, Etat.BLANCHE)

    etat = FSMField("état", max_length=12, default=Etat.ILLISIBLE, choices=Etat, protected=True)

    class Meta:
        abstract = True

    @etape(de="illisible", vers="etrangere", permission="")
    def dire_etrangere(self) -> None:
        """Son code n'est d'aucun document de la Ville."""

    @etape(de="illisible", vers="autre_appel", permission="")
    def dire_d_un_autre_appel(self) -> None:
        """Son document est d'un autre appel, qui n'est pas nommé."""

    @etape(de="illisible", vers="doublon", permission="")
    def dire_en_double(self) -> None:
        """Son document est déjà revenu."""

    @etape(de=[*A_RANGER], vers="classee", permission="retour.classer")
    def classer(self) -> None:
        """Elle rejoint le retour de son document."""

    @etape(de=[*A_RANGER], vers="ecartee", permission="retour.classer")
    def ecarter(self) -> None:
        """Elle n'est à personne : un double, une feuille d'ailleurs. La pile la garde."""

    @etape(de=[*DE_COTE], vers="illisible", permission="retour.classer")
    def remettre(self) -> None:
        """Écartée, ou tenue pour blanche à tort : elle est de nouveau à ranger."""

    @etape(de="classee", vers="ecartee", permission="")
    def detacher(self) -> None:
        """Son document a fini d'être gardé, et son retour avec lui."""
