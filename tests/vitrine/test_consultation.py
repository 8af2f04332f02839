"""La page publique de la consultation : ce qui a été dit, ce qui y répond, la démarche."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels.models import Demande
from appels.services import consultations
from financement.services import prochain_plan
from socle import horloge
from tests.factories import (
    AppelFactory,
    AtelierFactory,
    BesoinFactory,
    DecisionFactory,
    DemandeFactory,
    DocumentFactory,
    UtilisateurFactory,
    VersionActiviteFactory,
    dans,
)
from tests.vitrine.objets import un_projet_annonce
from vitrine.consultation import ateliers_publics, suites_de
from vitrine.demarche import demarche

pytestmark = pytest.mark.django_db
ADRESSE = "/consultation/"


@pytest.fixture
def atelier():
    return AtelierFactory(consultation__publiee=True)


def dit(atelier, besoin=None, **champs):
    point = atelier.points.create(**{"genre": "defi", "texte": "Le bus du dimanche", **champs})
    if besoin is not None:
        point.besoins.add(besoin)
    return point


def etats(consultation):
    return {jalon.libelle: jalon.etat for jalon in demarche(consultation)}


def test_rien_ne_parait_avant_la_publication(client):
    atelier = AtelierFactory(lieu="Salle Pélican")
    assert "Salle Pélican" not in client.get(ADRESSE).text
    assert "Pas encore de consultation" in client.get(ADRESSE).text
    assert client.get(f"{ADRESSE}{atelier.consultation_id}/").status_code == 404

    agente = UtilisateurFactory(agent=True)
    client.force_login(agente)
    consultations.publier(acteur=agente, consultation=atelier.consultation)
    client.logout()
    assert "Salle Pélican" in client.get(ADRESSE).text


def test_chaque_besoin_dit_ce_qui_s_en_est_dit_et_ce_qui_y_repond(atelier, client):
    plan = atelier.consultation.plan
    transport, logement, oublie = (
        BesoinFactory(plan=plan, libelle=nom) for nom in ("Transport", "Logement", "Diplômes")
    )
    dit(atelier, transport)
    projet = un_projet_annonce(demande__titre="Navette", demande__appel__plan=plan)
    projet.besoins.add(transport)
    service = VersionActiviteFactory(titre="Banque de logements")
    service.besoins.add(logement)
    appel = AppelFactory(ouvert=True, plan=plan, titre="Appel ouvert aux diplômes")
    appel.besoins.add(oublie)

    suites = {suite.besoin: suite for suite in suites_de(atelier.consultation).toutes}
    page = client.get(ADRESSE).text

    assert suites[transport].projets == [projet]
    assert suites[logement].services == [service]
    assert suites[oublie].appels == [appel]
    assert not suites[oublie].a_une_reponse
    assert "« Le bus du dimanche »" in page
    assert reverse("projet", args=[projet.reference]) in page
    assert reverse("activite", args=[service.activite.cle]) in page
    assert "répond à\n    2 des 3 besoins" in page


def test_un_projet_ne_repond_pas_avant_sa_lettre(atelier, client):
    besoin = BesoinFactory(plan=atelier.consultation.plan)
    demande = DecisionFactory(
        demande__etat="acceptee",
        demande__titre="Projet secret",
        demande__appel__plan=besoin.plan,
        demande__appel__etat="decide",
        demande__appel__publie_le=dans(days=-50),
        demande__appel__ouverture=dans(days=-40),
        demande__appel__cloture=dans(days=-20),
    ).demande
    demande.besoins.add(besoin)

    assert not suites_de(atelier.consultation).toutes[0].projets
    assert "Projet secret" not in client.get(ADRESSE).text
    assert etats(atelier.consultation)[f"Étude des demandes : {demande.appel.titre}"] == "en_cours"


def test_une_force_et_un_point_sans_suite_ont_leur_place(atelier, client):
    dit(atelier, genre="force", texte="On se connaît")
    dit(atelier, texte="La météo")
    suites = suites_de(atelier.consultation)
    assert [point.texte for point in suites.forces] == ["On se connaît"]
    assert [point.texte for point in suites.sans_besoin] == ["La météo"]


def test_un_petit_nombre_ne_parait_pas_et_le_total_ne_le_redonne_pas(atelier, client):
    atelier.personnes, atelier.organisations, atelier.groupe_min = 14, 3, 3
    atelier.groupe_max = 6
    atelier.save()
    for nom, personnes in (("Bleu", 3), ("Vert", 5), ("Jaune", 6)):
        groupe = atelier.groupes.create(nom=nom, personnes=personnes)
        dit(atelier, groupe=groupe, texte=f"Dit par {nom.lower()}")

    (public,) = ateliers_publics(atelier.consultation)
    page = client.get(ADRESSE).text

    assert dict(public.groupes) == {"Bleu": "<5", "Vert": "—", "Jaune": "6"}
    assert (public.personnes, public.organisations, public.tailles) == ("14", "<5", "")
    assert "&lt;5 organisations" in page
    # Le groupe d'un point dirait qui a parlé.
    assert page.count("Bleu") == 1


def test_un_total_qui_trahirait_un_groupe_ne_parait_pas(atelier):
    atelier.personnes = 3
    atelier.save()
    atelier.groupes.create(nom="Seul", personnes=3)
    (public,) = ateliers_publics(atelier.consultation)
    assert (public.personnes, dict(public.groupes)) == ("", {"Seul": "<5"})


def test_un_besoin_repris_garde_ses_reponses_et_gagne_celles_du_plan_suivant(atelier, client):
    besoin = BesoinFactory(plan=atelier.consultation.plan, code="B01")
    ancien = un_projet_annonce(demande__appel__plan=besoin.plan)
    ancien.besoins.add(besoin)
    prochain = prochain_plan.preparer(
        acteur=UtilisateurFactory(agent=True), plan=besoin.plan, code="SUITE", titre="La suite"
    )
    assert etats(atelier.consultation)["Rédaction du prochain plan"] == "en_cours"
    plan = prochain_plan.adopter(
        acteur=UtilisateurFactory(approbation=True),
        prochain=prochain,
        base=1,
        resolution="2026-118",
        date=dt.date(2026, 4, 20),
        echeance=dt.date(2030, 3, 31),
    )
    neuf = un_projet_annonce(demande__appel__plan=plan)
    neuf.besoins.add(plan.besoins.get())

    (suite,) = suites_de(atelier.consultation).toutes

    assert set(suite.projets) == {ancien, neuf}
    assert suite.repris_dans == ["La suite"]
    jalon = next(j for j in demarche(atelier.consultation) if j.libelle == "Adoption : La suite")
    assert (jalon.etat, jalon.detail) == ("fait", "Résolution 2026-118")


def test_la_demarche_va_de_la_consultation_au_bilan_et_dit_ou_l_on_en_est(atelier, client):
    consultation = atelier.consultation
    jour = horloge.aujourdhui()
    passe, futur = jour - dt.timedelta(days=9), jour + dt.timedelta(days=9)
    consultation.etapes.create(libelle="Portrait", prevue_le=passe, faite_le=passe)
    consultation.etapes.create(libelle="Mise à jour", prevue_le=passe)
    consultation.etapes.create(libelle="Présentation", prevue_le=futur)
    AppelFactory(ouvert=True, plan=consultation.plan, titre="Ouvert")
    AppelFactory(plan=consultation.plan, titre="Brouillon")
    decision = DecisionFactory(
        demande__etat="acceptee",
        demande__appel__plan=consultation.plan,
        demande__appel__etat="decide",
        demande__appel__titre="Fini",
        demande__appel__publie_le=dans(days=-50),
        demande__appel__ouverture=dans(days=-40),
        demande__appel__cloture=dans(days=-20),
    )
    decision.lettres.create(etat="transmise", emise_le=dans(days=-2), document=DocumentFactory())
    Demande.objects.filter(pk=decision.demande_id).update(etat_annonce="acceptee")

    dits = etats(consultation)

    assert dits == {
        f"Adoption : {consultation.plan.titre}": "fait",
        "Atelier de consultation": "fait",
        "Portrait": "fait",
        "Mise à jour": "en_cours",
        "Présentation": "a_venir",
        "Appel : Ouvert": "en_cours",
        "Appel : Fini": "fait",
        "1 projet soutenu": "fait",
        "Bilan de l'appel": "a_venir",
    }
    page = client.get(ADRESSE).text
    rangs = [page.index(f"chronologie__jalon--{etat}") for etat in ("fait", "en_cours", "a_venir")]
    assert rangs == sorted(rangs)
    assert "Brouillon" not in page

    DocumentFactory(nature="bilan", objet_type="appels.appel", objet_id=decision.demande.appel_id)
    assert etats(consultation)["Bilan de l'appel"] == "fait"


def test_la_page_coute_autant_de_requetes_a_un_besoin_qu_a_trois(atelier, client):
    def ajouter():
        besoin = BesoinFactory(plan=atelier.consultation.plan)
        dit(atelier, besoin)
        un_projet_annonce(demande__appel__plan=besoin.plan).besoins.add(besoin)
        VersionActiviteFactory().besoins.add(besoin)
        AppelFactory(ouvert=True, plan=besoin.plan).besoins.add(besoin)
        atelier.consultation.etapes.create(libelle="Étape", prevue_le=dt.date(2025, 5, 1))

    comptes = []
    for nombre in (1, 2):
        for _ in range(nombre):
            ajouter()
        with CaptureQueriesContext(connection) as requetes:
            assert client.get(ADRESSE).status_code == 200
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


def test_la_ville_y_trouve_la_couverture_du_plan_et_le_public_non(atelier, client):
    assert "/ville/" not in client.get(ADRESSE).text
    client.force_login(UtilisateurFactory(tresorerie=True))
    plan = atelier.consultation.plan
    assert f"/ville/plan/?plan={plan.code}" in client.get(ADRESSE).text
    client.force_login(
        DemandeFactory()
        .organisme.adhesions.create(utilisateur=UtilisateurFactory(), role="responsable")
        .utilisateur
    )
    assert "/ville/plan/" not in client.get(ADRESSE).text
