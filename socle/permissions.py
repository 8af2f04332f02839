"""La matrice des permissions : qui peut quoi, en un seul fichier.

Fermé par défaut : ce qui n'est pas écrit dans ``MATRICE`` est refusé, et chaque prédicat est faux
pour une personne non connectée. Les prédicats lisent l'objet par ses relations (``objet.demande``,
``objet.appel``, ``objet.organisme``), sans rien importer des domaines.
"""

from collections.abc import Callable
from typing import Any

import rules
from django.conf import settings

from socle.models.journal import EntreeJournal
from socle.models.utilisateur import RoleVille


def _predicat(fonction: Callable[[Any, Any], bool]) -> rules.Predicate:
    """Un prédicat sur (utilisateur, objet), faux sans compte actif."""

    def test(utilisateur: Any, objet: Any = None) -> bool:
        return bool(
            utilisateur
            and utilisateur.is_authenticated
            and utilisateur.is_active
            and fonction(utilisateur, objet)
        )

    return rules.predicate(test, name=fonction.__name__)


def demande_de(objet: Any) -> Any:
    """La demande à laquelle ``objet`` se rattache, ou None."""
    if objet is None:
        return None
    if objet._meta.label_lower == "appels.demande":
        return objet
    return getattr(objet, "demande", None)


def appel_de(objet: Any) -> Any:
    """L'appel auquel ``objet`` se rattache, ou None."""
    if objet is None:
        return None
    if objet._meta.label_lower == "appels.appel":
        return objet
    demande = demande_de(objet)
    return demande.appel if demande is not None else getattr(objet, "appel", None)


def _organisme_id(objet: Any) -> int | None:
    if objet is None:
        return None
    if objet._meta.label_lower == "socle.organisme":
        return objet.pk
    demande = demande_de(objet)
    return demande.organisme_id if demande is not None else getattr(objet, "organisme_id", None)


# --- Qui est la personne ------------------------------------------------------------------------
@_predicat
def est_connecte(utilisateur: Any, objet: Any) -> bool:
    return True


@_predicat
def est_employe(utilisateur: Any, objet: Any) -> bool:
    return utilisateur.est_employe


def _role(role: RoleVille) -> rules.Predicate:
    def a_le_role(utilisateur: Any, objet: Any) -> bool:
        return role in utilisateur.roles

    a_le_role.__name__ = f"est_{role}"
    return _predicat(a_le_role)


est_agent = _role(RoleVille.AGENT)
est_approbation = _role(RoleVille.APPROBATION)
est_tresorerie = _role(RoleVille.TRESORERIE)
est_administration = _role(RoleVille.ADMINISTRATION)
est_bailleur = _role(RoleVille.MIFI)


# --- Ce qui la lie à l'objet --------------------------------------------------------------------
@_predicat
def est_membre(utilisateur: Any, objet: Any) -> bool:
    """Membre de l'organisme de l'objet."""
    return _organisme_id(objet) in utilisateur.organismes_ids


@_predicat
def est_responsable(utilisateur: Any, objet: Any) -> bool:
    """Responsable de l'organisme de l'objet : dépose, retire, signe."""
    organisme = _organisme_id(objet)
    return (
        organisme is not None
        and utilisateur.adhesions.filter(organisme_id=organisme, role="responsable").exists()
    )


def _a_l_etude(utilisateur: Any, objet: Any, **criteres: str) -> bool:
    demande = demande_de(objet)
    siennes = {"membre__utilisateur": utilisateur, **criteres}
    return demande is not None and demande.affectations.filter(**siennes).exists()


@_predicat
def est_recuse(utilisateur: Any, objet: Any) -> bool:
    """Récusé sur la demande : plus rien d'elle n'est visible, quels que soient les autres rôles."""
    if utilisateur.recusations_lues is None:
        return _a_l_etude(utilisateur, objet, etat="recusee")
    demande = demande_de(objet)
    return demande is not None and demande.pk in utilisateur.recusations_lues


@_predicat
def est_partie_a_l_appel(utilisateur: Any, objet: Any) -> bool:
    """Récusé sur une demande de l'appel, ou d'un organisme qui y dépose : le tout en parlerait."""
    appel = appel_de(objet)
    return appel is not None and (
        utilisateur.sieges.filter(appel=appel, affectations__etat="recusee").exists()
        or appel.demandes.exclude(etat="brouillon")
        .filter(organisme_id__in=utilisateur.organismes_ids)
        .exists()
    )


@_predicat
def est_affecte(utilisateur: Any, objet: Any) -> bool:
    """La demande lui a été confiée au comité, quoi qu'elle ait déclaré depuis."""
    return _a_l_etude(utilisateur, objet)


@_predicat
def est_evaluateur_libre(utilisateur: Any, objet: Any) -> bool:
    """Affecté à la demande et déclaré sans conflit."""
    return _a_l_etude(utilisateur, objet, etat="libre")


@_predicat
def se_lit_sans_nom(utilisateur: Any, objet: Any) -> bool:
    """Le comité lit les demandes de cet appel sans savoir de qui elles viennent."""
    appel = appel_de(objet)
    return appel is not None and appel.lecture_anonyme


@_predicat
def est_du_comite(utilisateur: Any, objet: Any) -> bool:
    appel = appel_de(objet)
    return appel is not None and utilisateur.sieges.filter(appel=appel, actif=True).exists()


@_predicat
def preside_le_comite(utilisateur: Any, objet: Any) -> bool:
    appel = appel_de(objet)
    return (
        appel is not None
        and utilisateur.sieges.filter(appel=appel, actif=True, role="presidence").exists()
    )


@_predicat
def est_l_evaluateur(utilisateur: Any, objet: Any) -> bool:
    """La personne à qui l'affectation (ou la fiche) a été confiée."""
    return objet is not None and objet.membre.utilisateur_id == utilisateur.pk


@_predicat
def essaie_la_repartition(utilisateur: Any, objet: Any) -> bool:
    """La personne dont c'est la proposition : elle seule la voit et la change."""
    return objet is not None and objet.proposee_par_id == utilisateur.pk


@_predicat
def est_titulaire_du_siege(utilisateur: Any, objet: Any) -> bool:
    """La personne qui occupe ce siège au comité, tant qu'elle y siège."""
    return objet is not None and objet.actif and objet.utilisateur_id == utilisateur.pk


@_predicat
def a_propose(utilisateur: Any, objet: Any) -> bool:
    """La personne qui a proposé le versement ne peut pas l'autoriser."""
    return objet is not None and objet.propose_par_id == utilisateur.pk


@_predicat
def au_dela_du_seuil(utilisateur: Any, objet: Any) -> bool:
    """Au-delà de ce montant, la trésorerie n'autorise pas : l'approbation le fait."""
    return objet is not None and objet.montant > settings.SEUIL_AUTORISATION_TRESORERIE


@_predicat
def a_demande(utilisateur: Any, objet: Any) -> bool:
    """La personne qui a demandé l'avenant ne peut pas l'approuver."""
    return objet is not None and objet.demande_par_id == utilisateur.pk


# Ce que le journal retient d'une personne qui a jugé la demande, à une étape ou à une autre.
ACTES_DE_JUGEMENT = (
    "demande.declarer_recevable",
    "demande.declarer_irrecevable",
    "demande.clore_evaluation",
    "demande.recommander",
    "demande.accepter",
    "demande.refuser",
    "demande.mettre_en_attente",
)


@_predicat
def a_participe(utilisateur: Any, objet: Any) -> bool:
    """Recevabilité, évaluation, recommandation ou décision : qui y a pris part ne réexamine pas."""
    demande = demande_de(objet)
    if demande is None:
        return False
    present = {
        "seance__presences__membre__utilisateur": utilisateur,
        "seance__presences__presente": True,
    }
    return (
        demande.decisions.filter(prise_par=utilisateur).exists()
        or demande.affectations.filter(membre__utilisateur=utilisateur).exists()
        or demande.recommandations.filter(inscrite_par=utilisateur).exists()
        or demande.recommandations.filter(**present).exists()
        or demande.verifications.filter(faite_par=utilisateur).exists()
        or EntreeJournal.objects.pour(demande)
        .filter(acteur=utilisateur, verbe__in=ACTES_DE_JUGEMENT)
        .exists()
    )


@_predicat
def l_a_recu(utilisateur: Any, objet: Any) -> bool:
    """Le réexamen lui est confié."""
    return objet is not None and objet.confie_a_id == utilisateur.pk


@_predicat
def reexamine(utilisateur: Any, objet: Any) -> bool:
    """Un réexamen de la demande lui est confié."""
    demande = demande_de(objet)
    return demande is not None and demande.reexamens.filter(confie_a=utilisateur).exists()


@_predicat
def est_verificateur(utilisateur: Any, objet: Any) -> bool:
    """La réserve est à vérifier par elle."""
    return objet is not None and objet.verificateur_id == utilisateur.pk


@_predicat
def saisit_un_papier(utilisateur: Any, objet: Any) -> bool:
    """La demande est arrivée sur papier : la Ville la saisit au nom de l'organisme."""
    demande = demande_de(objet)
    return demande is not None and demande.papier_recu_le is not None


# Qui est de l'organisme ne juge pas sa demande, pour la Ville ni au comité, récusé ou non.
est_partie = est_membre | est_recuse
agent_impartial = est_agent & ~est_partie
approbation_impartiale = est_approbation & ~est_partie
employe_impartial = est_employe & ~est_partie

MATRICE: dict[str, rules.Predicate] = {
    # Organisme
    "organisme.creer": est_connecte,
    "compte.fermer": est_connecte,
    "organisme.voir": est_membre | est_employe,
    "organisme.modifier": est_membre,
    "organisme.inviter": est_responsable,
    "organisme.verifier": est_agent & ~est_membre,
    # Plan d'action et appel
    "plan.voir": est_employe,
    "plan.gerer": est_agent | est_administration,
    "plan.adopter": est_approbation,
    "appel.voir": est_employe,
    "appel.creer": est_agent,
    "appel.modifier": est_agent,
    "appel.publier": est_agent,
    "appel.reporter_cloture": est_agent,
    "appel.ouvrir_evaluation": est_agent,
    "appel.arreter_decisions": est_approbation,
    "appel.archiver": est_agent,
    "appel.annuler": est_approbation,
    # Demande : l'organisme
    "demande.creer": est_membre,
    # Voir, c'est tout voir : pièces, accusé, nom. Le comité d'un appel anonyme lit autrement.
    "demande.voir": est_membre | employe_impartial | (est_evaluateur_libre & ~se_lit_sans_nom),
    "demande.lire": est_evaluateur_libre,
    "demande.saisir_papier": est_agent,
    "demande.rediger": est_membre | (agent_impartial & saisit_un_papier),
    "demande.deposer": est_responsable | (agent_impartial & saisit_un_papier),
    "demande.reprendre": est_responsable,
    "demande.retirer": est_responsable,
    "demande.completer": est_membre,
    "demande.annoncer_aide": est_membre | agent_impartial,
    # Demande : la Ville
    "demande.suivre": employe_impartial,
    "demande.traiter": agent_impartial,
    "demande.accorder_derogation": agent_impartial,
    "demande.ouvrir_evaluation": agent_impartial,
    "demande.clore_evaluation": agent_impartial,
    "demande.decider": approbation_impartiale,
    "demande.conventionner": agent_impartial,
    "demande.fermer": agent_impartial,
    "demande.resilier": approbation_impartiale,
    # Échange sur une demande : ni les évaluateurs, ni qui s'est récusé, employés ou non
    "echange.ecrire": est_membre,
    "echange.suivre": est_employe & ~est_affecte & ~est_membre,
    "echange.repondre": est_agent & ~est_affecte & ~est_membre,
    # Questions publiques d'un appel : être partie à une de ses demandes en écarte
    "question.poser": est_connecte,
    "question.repondre": est_agent & ~est_partie_a_l_appel,
    # Comité
    "comite.gerer": est_agent,
    "affectation.gerer": est_agent,
    "affectation.declarer": est_l_evaluateur,
    "repartition.modifier": est_agent & essaie_la_repartition,
    "lien.ecarter": agent_impartial,
    "souhait.exprimer": est_titulaire_du_siege,
    "livret.preparer": est_titulaire_du_siege,
    "calibrage.gerer": est_agent,
    "calibrage.noter": est_du_comite,
    "evaluation.noter": est_l_evaluateur & ~est_partie,
    "evaluation.rouvrir": preside_le_comite & ~est_partie,
    # En séance, chacun change sa fiche ; l'agent écrit l'avis avec la présidence, qui l'inscrit.
    "evaluation.modifier_en_seance": est_l_evaluateur & ~est_partie,
    "seance.voir": est_du_comite | est_employe,
    "seance.compte_rendu": (est_du_comite | est_employe) & ~est_partie_a_l_appel,
    "seance.tenir": preside_le_comite | est_agent,
    "demande.preparer_avis": (preside_le_comite & ~est_partie) | agent_impartial,
    "demande.recommander": preside_le_comite & ~est_partie,
    "demande.rouvrir_evaluation": preside_le_comite & ~est_partie,
    # Scénarios : être partie à une demande de l'appel écarte de tous, les totaux parleraient
    "scenario.preparer": (est_agent | est_approbation) & ~est_partie_a_l_appel,
    # Décision, lettres
    "resolution.inscrire": est_approbation,
    "resolution.lire_extrait": est_employe & ~est_partie_a_l_appel,
    "attente.lire": est_employe & ~est_partie_a_l_appel,
    "lettre.emettre": agent_impartial | approbation_impartiale,
    "lettre.lot": est_agent | est_approbation,
    "modele.gerer": est_agent | est_administration,
    # Une pile, une archive ou un extrait parle de toutes les demandes de l'appel.
    "retour.classer": est_agent & ~est_partie_a_l_appel,
    "retour.voir": est_employe & ~est_partie_a_l_appel,
    "reexamen.demander": est_responsable,
    "reexamen.confier": (est_approbation | est_administration) & ~est_partie,
    "reexamen.recevoir": employe_impartial & ~a_participe,
    "reexamen.trancher": employe_impartial & l_a_recu & ~a_participe,
    "demande.rouvrir_apres_reexamen": employe_impartial & reexamine & ~a_participe,
    "reserve.lever": (est_verificateur & employe_impartial) | approbation_impartiale,
    "grand_livre.voir": est_employe,
    # Convention, versements, rapports
    "convention.preparer": agent_impartial,
    "convention.signer": est_responsable,
    "convention.contresigner": approbation_impartiale,
    "convention.resilier": approbation_impartiale,
    "avenant.demander": est_membre | agent_impartial,
    "avenant.decider": approbation_impartiale & ~a_demande,
    "avenant.signer": est_responsable,
    "versement.voir": employe_impartial | est_membre,
    "versement.proposer": agent_impartial,
    "versement.autoriser": (est_approbation | (est_tresorerie & ~au_dela_du_seuil))
    & ~est_partie
    & ~a_propose,
    "versement.verser": est_tresorerie & ~est_partie,
    "versement.retenir": (est_agent | est_approbation | est_tresorerie) & ~est_partie,
    "paiement.gerer": est_tresorerie,
    "coordonnees.inscrire": est_responsable,
    "coordonnees.lire": est_tresorerie,
    "rapport.rediger": est_membre,
    "rapport.deposer": est_membre,
    "rapport.examiner": agent_impartial,
    "temoignage.retirer_consentement": est_membre | agent_impartial,
    "recuperation.reclamer": agent_impartial,
    "recuperation.encaisser": est_tresorerie & ~est_partie,
    "recuperation.radier": approbation_impartiale,
    "somme.reporter": approbation_impartiale,
    # Activités et services publiés
    "activite.proposer": est_membre,
    "activite.moderer": agent_impartial,
    "activite.retirer": est_membre | agent_impartial,
    "temps_fort.gerer": est_agent,
    # Reddition de comptes
    "bilan.voir": est_employe | est_bailleur,
    "bilan.figer": est_agent,
    "appel.tirer_enseignements": est_employe & ~est_partie_a_l_appel,
    "archive.produire": (est_agent | est_administration) & ~est_partie_a_l_appel,
    # Maison
    "ville.voir": est_employe,
    "ville.courriels": est_agent | est_administration,
    "ville.etat": est_agent | est_administration,
    "ville.journal": est_administration,
    "ville.comptes": est_administration,
    "incident.gerer": est_administration,
}


def enregistrer() -> None:
    """Inscrit la matrice auprès de ``rules`` (appelé une fois, au démarrage)."""
    for nom, predicat in MATRICE.items():
        rules.set_perm(nom, predicat)
