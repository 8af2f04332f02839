"""Un comité prêt à travailler, pour les tests des évaluations."""

from decimal import Decimal
from types import SimpleNamespace

from evaluations.services import comite, fiches, recommandations, seances
from evaluations.tableau import tableau_entier
from socle import horloge
from tests.factories import (
    AppelFactory,
    DemandeFactory,
    MembreComiteFactory,
    OrganismeFactory,
    UtilisateurFactory,
)


def un_comite(membres=3, demandes=1, **champs):
    """Un appel en évaluation, ses membres (le premier préside), ses demandes ouvertes à tous."""
    champs = {"quorum": 2, "evaluations_min": 2, **champs}
    appel = AppelFactory(en_evaluation=True, **champs)
    agente = UtilisateurFactory(agent=True)
    sieges = [
        MembreComiteFactory(appel=appel, code=f"M{n}", presidence=n == 1)
        for n in range(1, membres + 1)
    ]
    liste = [
        DemandeFactory(
            recevable=True,
            appel=appel,
            code=f"D{n:02d}",
            titre=f"Projetunique{n}",
            organisme=OrganismeFactory(nom=f"Organismeunique{n}"),
        )
        for n in range(1, demandes + 1)
    ]
    comite.affecter_comite_complet(acteur=agente, appel=appel)
    for demande in liste:
        fiches.ouvrir_evaluation(acteur=agente, demande=demande)
    return SimpleNamespace(appel=appel, agente=agente, membres=sieges, demandes=liste)


def affectation(demande, membre):
    return demande.affectations.select_related("membre", "demande__appel").get(membre=membre)


def declarer(demande, membre, *, conflit=False, lien="professionnel"):
    liee = affectation(demande, membre)
    return comite.declarer_interets(
        acteur=membre.utilisateur,
        affectation=liee,
        conflit=conflit,
        lien=lien if conflit else "",
        precision="Un motifsecret de récusation." if conflit else "",
    )


def soumettre(demande, membre, notes=(4, 3)):
    """Déclare sans conflit et soumet une fiche aux notes données, sans commentaires."""
    declarer(demande, membre)
    codes = demande.appel.criteres.values_list("code", flat=True)
    return fiches.importer_fiche(
        acteur=membre.utilisateur,
        affectation=affectation(demande, membre),
        notes=dict(zip(codes, notes, strict=True)),
    )


def clore(comite_pret, demande):
    demande.refresh_from_db()
    return fiches.clore_evaluation(acteur=comite_pret.agente, demande=demande)


def evaluee(membres=3, *, recuses=(), notes=(4, 4), **champs):
    """Une demande évaluée par tous, sauf ceux qui s'en récusent (par rang)."""
    pret = un_comite(membres=membres, **champs)
    demande = pret.demandes[0]
    for rang, membre in enumerate(pret.membres):
        if rang in recuses:
            declarer(demande, membre, conflit=True)
        else:
            soumettre(demande, membre, notes)
    clore(pret, demande)
    return pret, demande


def seance_ouverte(comite_pret, presents=None):
    seance = seances.preparer_seance(
        acteur=comite_pret.agente, appel=comite_pret.appel, date=horloge.maintenant()
    )
    seances.inscrire_presences(
        acteur=comite_pret.agente,
        seance=seance,
        presents=comite_pret.membres if presents is None else presents,
    )
    return seances.ouvrir_seance(acteur=comite_pret.agente, seance=seance)


def recommander(seance, demande, membre, **champs):
    arguments = {
        "avis": "favorable",
        "montant": Decimal("16000"),
        "motifs": "Projet solide.",
        **champs,
    }
    return recommandations.recommander(
        acteur=membre.utilisateur if membre else None, seance=seance, demande=demande, **arguments
    )


def classement_vu(personne, appel):
    """Par numéro de volet, les lignes du classement que la personne voit."""
    tableau = tableau_entier(personne, appel, adresse=lambda demande: "")
    return {v.volet.no: [rang.ligne for rang in v.lignes] for v in tableau.volets if v.lignes}
