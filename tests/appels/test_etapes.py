"""Où en est ma demande : les étapes, leurs dates, à qui c'est le tour ; rien avant la lettre."""

import datetime as dt

import pytest
from django.urls import reverse

from appels.etapes import etapes, situation
from appels.models import Demande
from socle import horloge
from tests.factories import (
    AdhesionFactory,
    AppelFactory,
    ConventionFactory,
    DecisionFactory,
    DemandeFactory,
    RapportFactory,
)

pytestmark = pytest.mark.django_db


def details(demande, **dates):
    return {e.libelle: (e.etat, e.detail) for e in etapes(demande, **dates)}


def test_un_brouillon_dit_quand_deposer_et_que_c_est_a_l_organisme():
    appel = AppelFactory(ouvert=True)
    demande = DemandeFactory(appel=appel)

    vues = details(demande)

    assert vues["Rédaction"] == ("courante", "À vous")
    assert vues["Dépôt"][1].startswith("au plus tard le ")
    assert vues["Décision"] == ("a_venir", "")


def test_une_demande_recevable_porte_ses_dates_et_c_est_a_la_ville():
    demande = DemandeFactory(recevable=True)
    Demande.objects.filter(pk=demande.pk).update(
        creee_le=dt.datetime(2030, 5, 1, 16, tzinfo=dt.UTC),
        deposee_le=dt.datetime(2030, 6, 1, 16, tzinfo=dt.UTC),
        recevable_le=dt.datetime(2030, 6, 12, 16, tzinfo=dt.UTC),
    )
    vues = details(Demande.objects.get(pk=demande.pk))

    assert vues["Rédaction"] == ("faite", "1er\u00a0mai 2030")
    assert vues["Dépôt"] == ("faite", "1er\u00a0juin 2030")
    assert vues["Recevabilité"] == ("faite", "12\u00a0juin 2030")
    assert vues["Évaluation"] == ("courante", "À la Ville")


@pytest.mark.parametrize("traits", [{}, {"refusee": True}, {"en_attente": True}])
def test_avant_la_lettre_les_etapes_sont_les_memes_quelle_que_soit_la_decision(traits, client):
    demande = DecisionFactory(**traits).demande
    personne = AdhesionFactory(organisme=demande.organisme).utilisateur
    client.force_login(personne)

    page = client.get(reverse("organisme:demande", args=[demande.reference]))

    vues = [(e.libelle, e.etat) for e in page.context["etapes"]]
    assert vues == [(e.libelle, e.etat) for e in etapes(DemandeFactory(recevable=True))]
    assert page.context["etapes"][3].detail == "À la Ville"
    assert page.context["etapes"][4].detail == ""


def test_la_convention_transmise_puis_le_rapport_attendu_sont_a_l_organisme(client):
    convention = ConventionFactory(etat="transmise")
    demande = convention.demande
    Demande.objects.filter(pk=demande.pk).update(etat_annonce="acceptee")
    demande = Demande.objects.get(pk=demande.pk)
    assert situation(demande)[1:] == ("À vous : lisez et signez la convention.", "a_faire")

    rapport = RapportFactory(echeance=horloge.aujourdhui() - dt.timedelta(days=1))
    phrase, role = situation(Demande.objects.get(pk=rapport.demande_id))[1:]
    assert phrase.startswith("À vous : rapport ")
    assert role == "a_faire"


@pytest.mark.parametrize(
    ("etat", "bouton"), [("attendu", "Écrire le rapport"), ("a_corriger", "Corriger le rapport")]
)
def test_un_rapport_qui_presse_se_dit_et_s_ouvre_de_mes_demandes(client, etat, bouton):
    rapport = RapportFactory(echeance=horloge.aujourdhui() - dt.timedelta(days=1), etat=etat)
    demande = rapport.demande
    Demande.objects.filter(pk=demande.pk).update(etat="conventionnee", etat_annonce="acceptee")
    client.force_login(AdhesionFactory(organisme=demande.organisme).utilisateur)
    adresse = reverse("organisme:rapport", args=[demande.reference, rapport.nature])
    for page in (
        reverse("organisme:accueil"),
        reverse("organisme:demande", args=[demande.reference]),
    ):
        texte = client.get(page).text
        assert f'href="{adresse}">{bouton}' in texte
        assert ("vous a renvoyé" in texte) is (etat == "a_corriger")


def test_un_brouillon_dit_des_sa_page_ce_qui_manque(client):
    demande = DemandeFactory(appel=AppelFactory(ouvert=True))
    client.force_login(AdhesionFactory(organisme=demande.organisme).utilisateur)
    texte = client.get(reverse("organisme:demande", args=[demande.reference])).text
    assert "Ce qui manque" in texte
    assert f"{reverse('organisme:rediger', args=[demande.reference, 'projet'])}#" in texte
