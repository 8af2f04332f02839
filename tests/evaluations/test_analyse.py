"""Les chiffres à côté du score : ce que chacun en voit, et quand ils changent."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.analyse import analyse_pour
from evaluations.explications import expliquer
from evaluations.services import comite
from evaluations.services.fiches import rouvrir_fiche
from evaluations.visibilite import demandes_revelees_a, perimetre
from tests.evaluations.objets import (
    affectation,
    classement_vu,
    declarer,
    soumettre,
    un_comite,
)
from tests.factories import AdhesionFactory, MembreComiteFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pret():
    """Trois demandes ; M1 est généreux, M3 est récusé de la deuxième, M4 agente qui siège."""
    pret = un_comite(membres=3, demandes=3, seuil_passage=Decimal(10))
    for demande, notes in zip(pret.demandes, (3, 4, 2), strict=True):
        soumettre(demande, pret.membres[0], (notes + 1, notes + 1))
        soumettre(demande, pret.membres[1], (notes, notes))
    declarer(pret.demandes[1], pret.membres[2], conflit=True)
    for demande in (pret.demandes[0], pret.demandes[2]):
        soumettre(demande, pret.membres[2], (2, 2))
    return pret


def page(personne, nom, *arguments):
    client = Client()
    client.force_login(personne)
    return client.get(reverse(nom, args=arguments))


def nombres(texte):
    return re.findall(r"\d+,\d", texte.replace("\u202f", " "))


def test_le_score_reste_la_moyenne_et_la_correction_est_a_cote(pret):
    d1, d2, _ = pret.demandes
    analyse = analyse_pour(pret.agente, pret.appel)
    rangs = classement_vu(pret.agente, pret.appel)[d1.volet.no]
    # D2 n'a pas été lue par M3, sévère : sa moyenne corrigée baisse, son score non.
    assert [(r.demande.code, r.score) for r in rangs] == [
        ("D02", Decimal("90.0")), ("D01", Decimal("60.0")), ("D03", Decimal("46.7")),
    ]  # fmt: skip
    assert analyse.de(d2.pk).corrigee < 90
    assert analyse.de(d1.pk).ecart_type == Decimal("20.0")
    texte = page(pret.agente, "ville:classement", pret.appel.code).text
    assert "<strong>90,0</strong>" in texte
    assert f"corrigée {str(analyse.de(d2.pk).corrigee).replace('.', ',')}" in texte
    for mot in ("Accord du comité", "Fidélité de la moyenne", "Comment lire ces chiffres"):
        assert mot in texte


def test_l_export_porte_les_memes_chiffres_et_aucun_membre(pret):
    reponse = page(pret.agente, "ville:classement_export", pret.appel.code)
    csv = Client()
    csv.force_login(pret.agente)
    adresse = reverse("ville:classement_export", args=[pret.appel.code])
    texte = csv.get(f"{adresse}?format=csv").text
    assert reponse.status_code == 200
    assert "Moyenne corrigée" in texte
    assert str(analyse_pour(pret.agente, pret.appel).de(pret.demandes[1].pk).corrigee) in texte
    for membre in pret.membres:
        assert str(membre) not in texte
        assert f";{membre.code};" not in texte


def test_les_chiffres_d_un_recuse_ignorent_la_demande_cachee(pret):
    """Il en déduirait la demande : tout est calculé comme si elle n'existait pas."""
    recuse = pret.membres[2].utilisateur
    avant = analyse_pour(recuse, pret.appel)
    assert avant.de(pret.demandes[1].pk) is None
    assert len(avant.identifiants) == 2

    lus = [avant.de(d.pk) for d in (pret.demandes[0], pret.demandes[2])]
    # La demande cachée change du tout au tout : rien ne bouge pour lui.
    fiche = affectation(pret.demandes[1], pret.membres[1]).evaluation
    rouvrir_fiche(acteur=pret.membres[0].utilisateur, evaluation=fiche, motif="Erreur.")
    apres = analyse_pour(recuse, pret.appel)
    assert [apres.de(d.pk) for d in (pret.demandes[0], pret.demandes[2])] == lus
    assert (apres.alpha, apres.fidelite, apres.severites) == (
        avant.alpha, avant.fidelite, avant.severites,
    )  # fmt: skip


def test_rien_avant_que_l_independance_le_permette():
    pret = un_comite(membres=3, demandes=2)
    for demande in pret.demandes:
        soumettre(demande, pret.membres[0], (5, 2))
        soumettre(demande, pret.membres[1], (4, 3))
    membre = pret.membres[0].utilisateur
    assert len(analyse_pour(membre, pret.appel).identifiants) == 0
    texte = page(membre, "comite:classement", pret.appel.code).text
    assert "Accord du comité" not in texte
    assert "corrigée" not in texte
    assert "Moyenne corrigée" not in page(membre, "comite:fiches", pret.demandes[0].reference).text

    soumettre(pret.demandes[0], pret.membres[2], (1, 1))
    vus = analyse_pour(membre, pret.appel)
    assert vus.identifiants.tolist() == [pret.demandes[0].pk]
    # Une seule demande révélée : les fiches de l'autre n'entrent dans aucun chiffre.
    assert {s.fiches for s in vus.severites} == {1}


def test_une_fiche_de_plus_ou_un_autre_seuil_recalcule(pret):
    avant = analyse_pour(pret.agente, pret.appel).de(pret.demandes[0].pk)
    declarer(pret.demandes[0], pret.membres[2], conflit=True)
    assert analyse_pour(pret.agente, pret.appel).de(pret.demandes[0].pk) != avant
    assert analyse_pour(pret.agente, pret.appel).de(pret.demandes[0].pk).solidite == 100
    pret.appel.seuil_passage = Decimal(95)
    pret.appel.save()
    assert analyse_pour(pret.agente, pret.appel).de(pret.demandes[0].pk).solidite == 0


def test_le_perimetre_dit_exactement_qui_voit_quoi(pret):
    siegeante = UtilisateurFactory(agent=True)
    MembreComiteFactory(appel=pret.appel, utilisateur=siegeante, code="M9")
    liee = UtilisateurFactory(agent=True)
    AdhesionFactory(utilisateur=liee, organisme=pret.demandes[0].organisme)
    personnes = [
        pret.agente, UtilisateurFactory(agent=True), siegeante, liee, UtilisateurFactory(),
        *(m.utilisateur for m in pret.membres),
    ]  # fmt: skip
    for personne in personnes:
        decrites = perimetre(personne, pret.appel).borner(pret.appel.demandes.all(), "pk")
        vues = set(demandes_revelees_a(personne, pret.appel).values_list("pk", flat=True))
        assert {demande.pk for demande in decrites} == vues, personne
    assert perimetre(pret.agente, pret.appel).sauf == ()


def test_les_limites_se_disent():
    pret = un_comite(membres=4, demandes=2, evaluations_min=1)
    for demande, paire in zip(pret.demandes, (pret.membres[:2], pret.membres[2:]), strict=True):
        comite.affecter_a_la_main(acteur=pret.agente, demande=demande, membres=paire)
        for membre, note in zip(paire, (4, 3), strict=True):
            soumettre(demande, membre, (note, note))
    explication = expliquer(pret.appel, analyse_pour(pret.agente, pret.appel))
    limites = " ".join(explication.limites)
    assert "2 groupes" in limites
    assert "moins de 5 fiches" in limites
    assert "Avec 4 membres" in limites
    assert explication.icc_moyenne is None
    assert "notées par tous" in explication.fidelite


def test_quand_tous_lisent_tout_la_page_le_dit():
    pret = un_comite(membres=2, demandes=2)
    for demande in pret.demandes:
        for membre, note in zip(pret.membres, (4, 2), strict=True):
            soumettre(demande, membre, (note, note))
    explication = expliquer(pret.appel, analyse_pour(pret.agente, pret.appel))
    assert any("ne change rien" in limite for limite in explication.limites)
    assert [s.effet for s in explication.severites] == [Decimal("20.0"), Decimal("-20.0")]
