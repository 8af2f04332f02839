"""Le lot de lettres : partagé, arrêté, repris ; chacune une fois, même un ouvrier tué."""

import signal
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from post_office.models import Email

from financement.models import Lettre
from financement.services import lettres, lots_lettres
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import Document, Travail
from socle.services import travaux
from tests.conftest import lancer_un_ouvrier
from tests.factories import AdhesionFactory, DecisionFactory, DemandeFactory, UtilisateurFactory
from tests.financement.objets import envoyer, page


def un_lot(combien):
    """``combien`` décisions d'un même appel, chacune avec une personne à qui écrire."""
    decisions = [DecisionFactory(montant_accorde=1000)]
    appel = decisions[0].demande.appel
    for _ in range(combien - 1):
        demande = DemandeFactory(recommandee=True, appel=appel, etat="acceptee")
        decisions.append(
            DecisionFactory(
                demande=demande, resolution=decisions[0].resolution, montant_accorde=1000
            )
        )
    for decision in decisions:
        AdhesionFactory(organisme=decision.demande.organisme)
    return appel


@pytest.fixture
def agente(db):
    return UtilisateurFactory(agent=True)


@pytest.fixture
def en_file(monkeypatch):
    """Ce qui part en file, sans courtier."""
    confies = []
    monkeypatch.setitem(travaux._taches, lots_lettres.NATURE, confies.append)
    return confies


def attendre(condition, secondes=60):
    limite = time.monotonic() + secondes
    while not condition() and time.monotonic() < limite:
        time.sleep(0.05)
    assert condition()


# --- De vrais ouvriers ----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_un_ouvrier_tue_laisse_ses_lettres_a_un_autre_qui_les_finit_une_fois(ouvrier, agente):
    appel = un_lot(6)
    travail = lots_lettres.preparer_lot(acteur=agente, appel=appel)
    transmises = Lettre.objects.filter(etat="transmise")
    attendre(lambda: transmises.count() >= 1)

    ouvrier.send_signal(signal.SIGKILL)
    ouvrier.wait()
    faites = transmises.count()
    assert faites < 6, "L'ouvrier a fini avant d'être tué : allongez le lot."
    with lancer_un_ouvrier():
        attendre(lambda: Travail.objects.get(pk=travail.pk).etat == "fini")

    travail.refresh_from_db()
    assert (travail.faits, travail.erreurs) == (6, [])
    assert transmises.count() == 6
    assert Document.objects.filter(nature="lettre").count() == 6
    assert Email.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_la_lettre_qu_un_ouvrier_tient_est_laissee_par_les_autres(agente, en_file):
    travail = lots_lettres.preparer_lot(acteur=agente, appel=un_lot(3))
    assert len(en_file) == 3
    tenue = travail.lettres.order_by("pk").first()
    prise, rendue = threading.Event(), threading.Event()

    def tenir():
        try:
            with transaction.atomic():
                Lettre.objects.select_for_update(no_key=True).get(pk=tenue.pk)
                prise.set()
                rendue.wait(30)
        finally:
            connection.close()

    autre = threading.Thread(target=tenir)
    autre.start()
    assert prise.wait(30)
    lots_lettres.emettre_poignee(travail=travail)
    travail.refresh_from_db()
    assert (travail.etat, travail.faits) == ("en_cours", 2)

    # L'ouvrier tué rend sa ligne : la base défait ce qu'il tenait.
    rendue.set()
    autre.join()
    lots_lettres.emettre_poignee(travail=travail)
    travail.refresh_from_db()
    assert (travail.etat, travail.faits) == ("fini", 3)
    assert Document.objects.filter(nature="lettre").count() == Email.objects.count() == 3


# --- Arrêter, reprendre ---------------------------------------------------------------------------
@pytest.mark.django_db
def test_un_lot_s_arrete_et_se_reprend_par_sa_page(
    agente, en_file, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        travail = lots_lettres.preparer_lot(acteur=agente, appel=un_lot(3))
    assert lots_lettres.emettre_poignee(travail=travail, combien=1)
    assert "Arrêter" in page(agente, "travail", travail.cle).text

    envoyer(agente, "travail_agir", travail.cle, "arreter")
    assert not lots_lettres.emettre_poignee(travail=travail)
    texte = page(agente, "travail", travail.cle).text
    assert "1 sur 3" in texte
    assert "Arrêté" in texte

    en_file.clear()
    with django_capture_on_commit_callbacks(execute=True):
        envoyer(agente, "travail_agir", travail.cle, "reprendre")
    assert en_file == [travail.pk]
    assert not lots_lettres.emettre_poignee(travail=travail)
    travail.refresh_from_db()
    assert (travail.etat, travail.faits) == ("fini", 3)
    assert Email.objects.count() == 3


@pytest.mark.django_db
def test_une_lettre_qui_ne_se_rend_pas_n_arrete_pas_les_autres(agente, en_file, monkeypatch):
    travail = lots_lettres.preparer_lot(acteur=agente, appel=un_lot(3))
    mauvaise = travail.lettres.order_by("pk")[1]
    vraie = lettres.figer_document

    def figer(**arguments):
        if arguments["objet"] == mauvaise:
            raise OSError("disque plein")
        return vraie(**arguments)

    monkeypatch.setattr(lettres, "figer_document", figer)
    lots_lettres.emettre_poignee(travail=travail)
    travail.refresh_from_db()
    assert (travail.etat, travail.faits) == ("echoue", 3)
    assert travail.phrases_erreurs == [
        f"{mauvaise.demande.reference} : La lettre n'a pas pu être produite."
    ]
    assert Email.objects.count() == 2

    monkeypatch.setattr(lettres, "figer_document", vraie)
    travaux.reprendre_travail(acteur=agente, travail=travail)
    lots_lettres.emettre_poignee(travail=travail)
    travail.refresh_from_db()
    assert (travail.etat, travail.erreurs) == ("fini", [])
    assert Email.objects.count() == 3


@pytest.mark.django_db
def test_seule_la_personne_qui_l_a_confie_arrete_un_travail(agente, en_file):
    travail = lots_lettres.preparer_lot(acteur=agente, appel=un_lot(1))
    autre = UtilisateurFactory(agent=True)
    for action in (travaux.arreter_travail, travaux.reprendre_travail):
        with pytest.raises(PermissionRefusee):
            action(acteur=autre, travail=travail)
    with pytest.raises(RegleViolee):
        travaux.reprendre_travail(acteur=agente, travail=travail)
    assert envoyer(autre, "travail_agir", travail.cle, "arreter").status_code == 404
    assert envoyer(agente, "travail_agir", travail.cle, "casser").status_code == 404


@pytest.mark.django_db
def test_un_travail_muet_est_remis_en_file_une_fois(
    agente, en_file, django_capture_on_commit_callbacks
):
    travail = lots_lettres.preparer_lot(acteur=agente, appel=un_lot(1))
    assert travaux.relancer_les_muets() == 0
    Travail.objects.update(avance_le=horloge.maintenant() - timedelta(minutes=4))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        assert travaux.relancer_les_muets() == 1
    assert travail.pk in en_file
    assert travaux.relancer_les_muets() == 0


@pytest.mark.django_db
def test_rien_a_emettre_se_dit(agente):
    appel = un_lot(1)
    decision = appel.demandes.get().decisions.get()
    lettres.emettre_lettre(acteur=agente, lettre=lettres.preparer_lettre(decision=decision))
    with pytest.raises(RegleViolee) as refus:
        lots_lettres.preparer_lot(acteur=agente, appel=appel)
    assert refus.value.code == "rien"
