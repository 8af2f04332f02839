"""Ce que l'horloge envoie au comité : la séance qui vient, un quorum menacé ; une seule fois."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar
from post_office.models import Email

from evaluations.models import RappelComite
from evaluations.services import seances
from evaluations.services.interets import demander_souhaits
from evaluations.tasks import rappeler_comites
from socle import horloge
from tests.evaluations.objets import declarer, soumettre, un_comite
from tests.factories import UtilisateurFactory, dans

pytestmark = pytest.mark.django_db


@pytest.fixture
def pret():
    """Trois membres, deux demandes ; M1 (présidence) a tout fait, M2 n'a que déclaré."""
    pret = un_comite(demandes=2)
    for demande in pret.demandes:
        soumettre(demande, pret.membres[0])
        declarer(demande, pret.membres[1])
    return pret


def dans_jours(appel, jours):
    appel.seance_comite = horloge.aujourdhui() + dt.timedelta(days=jours)
    appel.save()


def envoyes(objet="Rappel du comité"):
    rappeler_comites()
    recus = Email.objects.filter(subject__startswith=objet)
    return sorted(adresse for courriel in recus for adresse in courriel.to)


@pytest.mark.parametrize(
    ("jours", "part"), [(8, False), (7, True), (2, True), (0, True), (-1, False)]
)
def test_le_rappel_part_sept_puis_deux_jours_avant(pret, jours, part):
    dans_jours(pret.appel, jours)
    attendus = [m.utilisateur.email for m in pret.membres[1:]] if part else []

    assert envoyes() == sorted(attendus)


def test_chaque_rappel_ne_part_qu_une_fois(pret):
    dans_jours(pret.appel, 7)
    assert len(envoyes()) == 2
    assert len(envoyes()) == 2
    dans_jours(pret.appel, 2)
    assert len(envoyes()) == 4


def test_le_rappel_dit_ce_qui_attend_et_suit_la_seance_preparee(pret):
    seances.preparer_seance(acteur=pret.agente, appel=pret.appel, date=dans(days=2, hours=1))
    dans_jours(pret.appel, 30)
    envoyes()
    textes = {c.to[0]: c.message for c in Email.objects.filter(subject__startswith="Rappel")}

    assert "2 fiches d'évaluation à soumettre" in textes[pret.membres[1].utilisateur.email]
    assert "2 déclarations d'intérêts" in textes[pret.membres[2].utilisateur.email]
    assert "Projetunique" not in "".join(textes.values())


# --- Le quorum ------------------------------------------------------------------------------------
def test_la_presidence_apprend_qu_un_quorum_est_menace(pret):
    pret.appel.quorum = 3
    pret.appel.save()
    assert envoyes("Quorum menacé") == []
    declarer(pret.demandes[0], pret.membres[2], conflit=True)

    assert envoyes("Quorum menacé") == [pret.membres[0].utilisateur.email]
    message = Email.objects.get(subject__startswith="Quorum").message
    assert "pour 1 demande " in message
    assert "Projetunique" not in message
    assert len(envoyes("Quorum menacé")) == 1
    declarer(pret.demandes[1], pret.membres[2], conflit=True)
    assert len(envoyes("Quorum menacé")) == 2


def test_ce_dont_la_presidence_est_recusee_ne_lui_est_pas_compte(pret):
    pret.appel.quorum = 3
    pret.appel.save()
    declarer(pret.demandes[0], pret.membres[0], conflit=True)

    assert envoyes("Quorum menacé") == []
    assert not RappelComite.objects.filter(nature="quorum").exists()
    client = Client()
    client.force_login(pret.agente)
    texte = client.get(reverse("ville:comite", args=[pret.appel.code])).text
    assert "Quorum menacé" in texte
    assert "Projetunique1 : 2 membres" in texte


# --- L'agenda -------------------------------------------------------------------------------------
def calendrier(qui, appel):
    client = Client()
    client.force_login(qui)
    return client.get(reverse("comite:calendrier", args=[appel.code]))


def test_les_dates_du_comite_se_mettent_dans_un_agenda(pret):
    date = dans(days=9)
    seances.preparer_seance(acteur=pret.agente, appel=pret.appel, date=date, lieu="Salle 2")
    demander_souhaits(acteur=pret.agente, appel=pret.appel, jusqu_au=dans(days=3).date())
    reponse = calendrier(pret.membres[1].utilisateur, pret.appel)

    assert reponse["Content-Type"] == "text/calendar"
    evenements = {str(e["UID"]): e for e in Calendar.from_ical(reponse.content).events}
    (seance,) = (e for uid, e in evenements.items() if "-comite-" in uid)
    assert seance.start == date.replace(microsecond=0)
    assert str(seance["LOCATION"]) == "Salle 2"
    assert any("souhaits" in uid for uid in evenements)
    assert b"Projetunique" not in reponse.content


def test_sans_seance_preparee_la_date_annoncee_en_tient_lieu(pret):
    dans_jours(pret.appel, 12)
    (evenement,) = Calendar.from_ical(
        calendrier(pret.membres[0].utilisateur, pret.appel).content
    ).events

    assert evenement.start == pret.appel.seance_comite


def test_l_agenda_est_celui_des_membres(pret):
    for qui in (pret.agente, UtilisateurFactory()):
        assert calendrier(qui, pret.appel).status_code == 404
