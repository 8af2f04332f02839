"""Les rappels avant la clôture et le calendrier d'un appel : qui, quand, une seule fois."""

import datetime as dt
import threading

import pytest
from celery import current_app
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar
from post_office.models import Email

from appels import formulaires
from appels.models import Appel, Demande, Rappel
from appels.services import rappels
from appels.services.demandes import commencer_demande, reprendre
from appels.services.depot import deposer
from appels.tasks import rappeler_clotures
from socle import horloge
from socle.models import EntreeJournal
from socle.tasks import effacer_sessions_perimees
from tests.appels.conftest import brouillon_complet, toronto
from tests.factories import AdhesionFactory, AppelFactory

pytestmark = pytest.mark.django_db
CLOTURE = toronto(2026, 6, 12, 16)
SECONDE, HEURE, JOUR = dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def a(moment):
    return horloge.a_la_date(moment)


@pytest.fixture
def monde():
    """Un brouillon complet commencé 20 jours avant la clôture du 12 juin 2026."""
    with a(CLOTURE - 20 * JOUR):
        return brouillon_complet(cloture=CLOTURE)


def paliers(demande):
    return set(demande.rappels.values_list("palier", flat=True))


def adresses():
    return sorted(adresse for courriel in Email.objects.all() for adresse in courriel.to)


# --- Quand --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("avance", "palier"),
    [
        (7 * JOUR + SECONDE, None),
        (7 * JOUR, "7_jours"),
        (2 * JOUR + SECONDE, "7_jours"),
        (2 * JOUR, "2_jours"),
        (6 * HEURE + SECONDE, "2_jours"),
        (6 * HEURE, "6_heures"),
        (SECONDE, "6_heures"),
        (dt.timedelta(0), None),
        (-SECONDE, None),
    ],
)
def test_seul_le_rappel_le_plus_proche_de_la_cloture_part(monde, avance, palier):
    """Une panne de la première heure à celle-ci : ce qui est passé ne part plus."""
    with a(CLOTURE - avance):
        nombre = rappels.envoyer_rappels()

    assert paliers(monde.demande) == ({palier} if palier else set())
    assert nombre == (1 if palier else 0)
    assert adresses() == (
        sorted([monde.responsable.email, monde.redacteur.email]) if palier else []
    )


def test_les_trois_rappels_partent_une_fois_chacun(monde):
    for heures in range(8 * 24, -1, -1):
        with a(CLOTURE - heures * HEURE):
            rappeler_clotures()
            rappeler_clotures()

    assert paliers(monde.demande) == {"7_jours", "2_jours", "6_heures"}
    assert Email.objects.count() == 3 * 2


def test_un_rappel_manque_ne_part_pas_avec_le_suivant(monde):
    with a(CLOTURE - JOUR):
        rappels.envoyer_rappels()
    with a(CLOTURE - JOUR + HEURE):
        rappels.envoyer_rappels()
    assert paliers(monde.demande) == {"2_jours"}
    assert Email.objects.count() == 2


def test_apres_un_report_seul_part_ce_qui_n_est_pas_encore_parti(monde):
    with a(CLOTURE - JOUR):
        rappels.envoyer_rappels()
    Appel.objects.update(cloture=CLOTURE + 7 * JOUR)
    with a(CLOTURE):
        assert rappels.envoyer_rappels() == 1
    assert paliers(monde.demande) == {"2_jours", "7_jours"}
    with a(CLOTURE + 5 * JOUR):
        assert rappels.envoyer_rappels() == 0


@pytest.mark.parametrize(
    ("cloture", "du"),
    [
        # Passage à l'heure d'été le 8 mars 2026, à l'heure normale le 1er novembre 2026.
        (toronto(2026, 3, 8, 16), toronto(2026, 3, 1, 15)),
        (toronto(2026, 11, 1, 16), toronto(2026, 10, 25, 17)),
    ],
    ids=["printemps", "automne"],
)
def test_sept_jours_sont_sept_fois_vingt_quatre_heures_au_changement_d_heure(cloture, du):
    with a(cloture - 20 * JOUR):
        monde = brouillon_complet(cloture=cloture)
    with a(du - SECONDE):
        assert rappels.envoyer_rappels() == 0
    with a(du):
        assert rappels.envoyer_rappels() == 1
    assert paliers(monde.demande) == {"7_jours"}


# --- Pour qui -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("retard", "rappele"), [(dt.timedelta(0), True), (SECONDE, False)])
def test_un_brouillon_commence_apres_l_heure_du_rappel_attend_le_suivant(monde, retard, rappele):
    moment = CLOTURE - 2 * JOUR + retard
    membre = AdhesionFactory()
    with a(moment):
        demande = commencer_demande(
            acteur=membre.utilisateur, appel=monde.appel, organisme=membre.organisme
        )
    with a(moment + HEURE):
        rappels.envoyer_rappels()
    assert paliers(demande) == ({"2_jours"} if rappele else set())

    with a(CLOTURE - 6 * HEURE):
        rappels.envoyer_rappels()
    assert "6_heures" in paliers(demande)


def test_une_demande_deposee_n_est_pas_rappelee_une_reprise_l_est(monde, accuses_confies):
    with a(CLOTURE - 8 * JOUR):
        deposer(acteur=monde.responsable, demande=monde.demande)
    with a(CLOTURE - 5 * JOUR):
        assert rappels.envoyer_rappels() == 0
        reprendre(acteur=monde.responsable, demande=Demande.objects.get(pk=monde.demande.pk))
    with a(CLOTURE - 2 * JOUR):
        assert rappels.envoyer_rappels() == 1
    assert paliers(monde.demande) == {"2_jours"}


@pytest.mark.parametrize("etat", ["brouillon", "annule"])
def test_un_appel_qui_n_est_pas_publie_ne_rappelle_rien(monde, etat):
    Appel.objects.update(etat=etat)
    with a(CLOTURE - JOUR):
        assert rappels.envoyer_rappels() == 0
        assert rappels.rappeler(demande=monde.demande) is False
    assert not Email.objects.exists()


def test_seuls_les_membres_actifs_de_l_organisme_recoivent_le_rappel(monde):
    AdhesionFactory()
    monde.redacteur.is_active = False
    monde.redacteur.save()
    with a(CLOTURE - JOUR):
        rappels.envoyer_rappels()
    assert adresses() == [monde.responsable.email]


def test_un_organisme_sans_membre_recoit_son_rappel_quand_quelqu_un_arrive(monde):
    monde.demande.organisme.adhesions.all().delete()
    with a(CLOTURE - JOUR):
        assert rappels.envoyer_rappels() == 0
    arrivee = AdhesionFactory(organisme=monde.demande.organisme).utilisateur
    with a(CLOTURE - JOUR + HEURE):
        assert rappels.envoyer_rappels() == 1
    assert adresses() == [arrivee.email]


def test_un_courriel_qui_echoue_ne_prive_pas_les_autres_et_repart(monde, monkeypatch, caplog):
    with a(CLOTURE - 20 * JOUR):
        autre = brouillon_complet(cloture=CLOTURE)
    manques = rappels.manques

    def echouer(demande):
        if demande.pk == monde.demande.pk:
            raise ValueError("illisible")
        return manques(demande)

    monkeypatch.setattr(rappels, "manques", echouer)
    with a(CLOTURE - JOUR):
        assert rappels.envoyer_rappels() == 1
    assert paliers(autre.demande) == {"2_jours"}
    assert paliers(monde.demande) == set()
    assert monde.demande.reference in caplog.text

    monkeypatch.setattr(rappels, "manques", manques)
    with a(CLOTURE - JOUR + HEURE):
        assert rappels.envoyer_rappels() == 1
    assert paliers(monde.demande) == {"2_jours"}


# --- Ce qu'il dit -------------------------------------------------------------------------------
def test_le_courriel_dit_ce_qui_manque_et_ou_le_fournir(questionnaire, monkeypatch):
    demande = questionnaire.demande
    question = questionnaire.questions["texte_long"]
    question.obligatoire = True
    question.save()
    Demande.objects.update(titre="L'accueil & vous", secteur="")
    Appel.objects.update(cloture=CLOTURE, ouverture=CLOTURE - 20 * JOUR)
    Demande.objects.update(creee_le=CLOTURE - 20 * JOUR)
    with a(CLOTURE - 2 * JOUR):
        rappels.envoyer_rappels()

    texte = Email.objects.first().message
    base = f"{settings.SITE_URL}/organisme/demandes/{demande.reference}/rediger"
    assert "« L'accueil & vous »" in texte
    assert "vendredi 12\u00a0juin 2026 à\u00a016\u00a0h : il reste 2 jours." in texte
    assert "Il manque encore 2 éléments :" in texte
    assert f"Le projet — {base}/projet/\n- Choisissez le secteur de la ville." in texte
    assert f"Le besoin — {base}/besoin/\n- Question texte_long — réponse attendue" in texte
    assert f"{base}/relecture/" in texte


def test_le_courriel_d_un_brouillon_complet_dit_de_deposer(monde):
    with a(CLOTURE - 6 * HEURE):
        rappels.envoyer_rappels()
    courriel = Email.objects.first()
    assert courriel.subject == f"{monde.demande.reference} : votre demande n'est pas déposée"
    assert "Rien ne manque. Il reste à la relire et à la déposer" in courriel.message
    assert "il reste 6 heures" in courriel.message


def test_le_rappel_est_au_journal_et_l_organisme_le_lit(monde, client, a_l_heure):
    a_l_heure(CLOTURE - 2 * JOUR)
    rappels.envoyer_rappels()

    entree = EntreeJournal.objects.get(verbe="demande.rappeler_cloture")
    assert entree.acteur is None
    assert entree.objet_id == str(monde.demande.pk)
    assert entree.details == {"palier": "2_jours", "manques": 0, "envois": 2}
    client.force_login(monde.redacteur)
    page = client.get(reverse("organisme:demande", args=[monde.demande.reference]))
    assert "a rappelé la clôture aux membres" in page.content.decode()


def test_le_nombre_de_requetes_d_un_rappel_ne_depend_pas_de_ce_qui_manque(
    questionnaire, django_assert_num_queries
):
    Appel.objects.update(cloture=CLOTURE, ouverture=CLOTURE - 20 * JOUR)
    Demande.objects.update(creee_le=CLOTURE - 20 * JOUR)
    with a(CLOTURE - 7 * JOUR), CaptureQueriesContext(connection) as peu:
        assert rappels.envoyer_rappels() == 1
    questionnaire.section.questions.update(obligatoire=True)
    # Une révision publiée ne change pas ainsi : on efface ce que le processus en gardait.
    formulaires._PUBLIEES.clear()
    with a(CLOTURE - 2 * JOUR), django_assert_num_queries(len(peu)):
        assert rappels.envoyer_rappels() == 1


# --- Deux ouvriers ------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_deux_ouvriers_en_meme_temps_n_envoient_qu_un_rappel():
    with a(CLOTURE - 20 * JOUR):
        mondes = [brouillon_complet(cloture=CLOTURE) for _ in range(3)]
    depart = threading.Barrier(4)
    comptes = []

    def ouvrier():
        try:
            with a(CLOTURE - JOUR):
                depart.wait()
                comptes.append(rappels.envoyer_rappels())
        finally:
            connection.close()

    fils = [threading.Thread(target=ouvrier) for _ in range(4)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()

    assert sum(comptes) == len(mondes)
    assert Rappel.objects.count() == len(mondes)
    assert Email.objects.count() == 2 * len(mondes)


# --- Les tâches ---------------------------------------------------------------------------------
def test_chaque_tache_periodique_existe():
    current_app.loader.import_default_modules()
    prevues = {prevue["task"] for prevue in settings.CELERY_BEAT_SCHEDULE.values()}

    assert prevues <= current_app.tasks.keys()
    assert {
        "appels.tasks.rappeler_clotures",
        "socle.tasks.effacer_sessions_perimees",
    } <= prevues


def test_les_sessions_perimees_s_effacent_les_autres_restent():
    maintenant = horloge.maintenant()
    Session.objects.create(session_key="a", session_data="x", expire_date=maintenant - HEURE)
    Session.objects.create(session_key="b", session_data="x", expire_date=maintenant + HEURE)

    effacer_sessions_perimees()

    assert [session.session_key for session in Session.objects.all()] == ["b"]


# --- Le calendrier ------------------------------------------------------------------------------
def evenements(client, appel):
    reponse = client.get(reverse("appel_calendrier", args=[appel.code]))
    assert reponse.status_code == 200
    assert reponse["Content-Type"] == "text/calendar; charset=utf-8"
    agenda = Calendar.from_ical(reponse.content)
    assert reponse.content.count(b"BEGIN:VTIMEZONE") == 1
    return {str(e["UID"]): e for e in agenda.walk("VEVENT")}


def test_le_calendrier_porte_les_dates_a_l_heure_de_toronto(client):
    appel = AppelFactory(
        ouvert=True, code="AP-2026-01", titre="Accueil, inclusion",
        ouverture=toronto(2026, 2, 2, 9), cloture=CLOTURE,
        seance_information=dt.date(2026, 2, 12), rapport_etape_le=dt.date(2027, 3, 31),
        rapport_final_le=None,
    )  # fmt: skip
    trouves = evenements(client, appel)
    hote = settings.SITE_URL.split("//")[1].split(":")[0]

    assert {uid: e["DTSTART"].to_ical() for uid, e in trouves.items()} == {
        f"AP-2026-01-ouverture@{hote}": b"20260202T090000",
        f"AP-2026-01-cloture@{hote}": b"20260612T160000",
        f"AP-2026-01-seance-information@{hote}": b"20260212",
        f"AP-2026-01-rapport-etape@{hote}": b"20270331",
    }
    cloture = trouves[f"AP-2026-01-cloture@{hote}"]
    assert cloture["DTSTART"].params["TZID"] == "America/Toronto"
    assert cloture["DTSTART"].dt == CLOTURE
    assert cloture["SUMMARY"] == "Clôture des dépôts — Accueil, inclusion"
    assert cloture["URL"].endswith("/appels/AP-2026-01/")
    assert trouves[f"AP-2026-01-rapport-etape@{hote}"]["DTEND"].dt == dt.date(2027, 4, 1)


def test_les_identifiants_ne_changent_pas_quand_la_cloture_est_reportee(client):
    appel = AppelFactory(ouvert=True)
    avant = evenements(client, appel)
    Appel.objects.update(cloture=appel.cloture + 7 * JOUR)
    apres = evenements(client, appel)

    assert avant.keys() == apres.keys()
    (cle,) = (uid for uid in avant if "-cloture@" in uid)
    assert apres[cle]["DTSTART"].dt - avant[cle]["DTSTART"].dt == 7 * JOUR


@pytest.mark.parametrize("etat", ["brouillon", "annule"])
def test_un_appel_qui_n_est_pas_public_n_a_pas_de_calendrier(client, etat):
    appel = AppelFactory(etat=etat)
    assert client.get(reverse("appel_calendrier", args=[appel.code])).status_code == 404


def test_la_page_de_l_appel_et_celle_du_brouillon_menent_au_calendrier(prete, client):
    lien = f'href="{reverse("appel_calendrier", args=[prete.appel.code])}"'
    assert lien in client.get(reverse("appel_public", args=[prete.appel.code])).content.decode()
    client.force_login(prete.redacteur)
    page = client.get(reverse("organisme:rediger", args=[prete.demande.reference, "projet"]))
    assert lien in page.content.decode()
