"""Le chemin d'une demande au comité, de l'affectation au compte rendu."""

from decimal import Decimal

import pytest

from evaluations.classement import classer, lignes_de
from evaluations.services import comite, seances
from socle.exceptions import RegleViolee
from tests.evaluations.objets import clore, recommander, seance_ouverte, soumettre, un_comite
from tests.factories import AdhesionFactory, MembreComiteFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db


def test_du_comite_au_compte_rendu():
    pret = un_comite(demandes=2)
    premiere, seconde = pret.demandes
    for membre in pret.membres:
        soumettre(premiere, membre, (5, 3))
        soumettre(seconde, membre, (3, 3))
    clore(pret, premiere)
    clore(pret, seconde)
    seance = seance_ouverte(pret)
    recommander(seance, premiere, pret.membres[0])
    recommander(
        seance, seconde, pret.membres[0], avis="favorable_partiel", montant=Decimal("9000.50")
    )
    seances.clore_seance(acteur=pret.agente, seance=seance)

    premiere.refresh_from_db()
    assert premiere.etat == "recommandee"
    assert seance.etat == "close"
    assert seance.compte_rendu.empreinte
    assert "Projetunique1" in seance.compte_rendu.html
    rangs = classer(pret.appel)[premiere.volet.no]
    assert [(r.demande.code, r.score, r.rang) for r in rangs] == [
        ("D01", Decimal("84.0"), 1),
        ("D02", Decimal("60.0"), 2),
    ]
    assert lignes_de(pret.appel)[seconde.pk].nb_fiches == 3


def test_un_membre_de_l_organisme_ne_recoit_pas_la_demande():
    pret = un_comite(membres=2)
    demande = pret.demandes[0]
    lie = AdhesionFactory(organisme=demande.organisme).utilisateur
    siege = MembreComiteFactory(appel=pret.appel, utilisateur=lie, code="M9")

    assert comite.affecter_comite_complet(acteur=pret.agente, appel=pret.appel) == []
    with pytest.raises(RegleViolee) as refus:
        comite.affecter(acteur=pret.agente, demande=demande, membre=siege)
    assert refus.value.code == "membre_organisme"


def test_affecter_deux_fois_ne_change_rien():
    pret = un_comite()

    assert comite.affecter_comite_complet(acteur=pret.agente, appel=pret.appel) == []
    assert pret.demandes[0].affectations.count() == 3


def test_seul_un_agent_affecte():
    pret = un_comite()
    with pytest.raises(RegleViolee):
        comite.affecter_comite_complet(acteur=UtilisateurFactory(), appel=pret.appel)
