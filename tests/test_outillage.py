"""Ce que les tests promettent d'eux-mêmes : sans cela, les autres se tairaient."""

import threading
import time

import pytest
from django.conf import settings
from django.db import connection
from django.template import Context, Template

from config.celery import app
from tests.portier import Portier


@pytest.mark.parametrize(
    "source",
    ["{{ absente }}", "{{ objet.absente }}", "{{ absente|upper }}", "{% widthratio absente 1 2 %}"],
)
def test_une_variable_indefinie_fait_echouer_le_test(source):
    with pytest.raises(NameError, match="absente"):
        Template(source).render(Context({"objet": object()}))


@pytest.mark.parametrize(
    ("source", "attendu"),
    [
        ("{% if absente %}oui{% else %}non{% endif %}", "non"),
        ("{{ absente|default:'rien' }}", "rien"),
        ("{{ absente|default:presente }}", "là"),
        ("{{ presente }}{{ vide }}", "là"),
    ],
)
def test_une_absence_prevue_ne_le_fait_pas_echouer(source, attendu):
    assert Template(source).render(Context({"presente": "là", "vide": ""})) == attendu


def test_la_base_est_un_vrai_postgresql(db):
    assert connection.vendor == "postgresql"
    with connection.cursor() as curseur:
        curseur.execute("SHOW server_encoding")
        assert curseur.fetchone() == ("UTF8",)


def test_les_reglages_ne_sont_pas_ceux_du_developpement():
    assert settings.DEBUG is False
    assert not settings.CELERY_TASK_ALWAYS_EAGER


def test_un_vrai_ouvrier_prend_les_taches_de_la_file(ouvrier, django_user_model):
    from post_office import mail
    from post_office.models import STATUS, Email

    courriel = mail.send("a@exemple.test", "b@exemple.test", subject="Essai", message="Bonjour")

    app.send_task("socle.tasks.envoyer_courriels_en_attente")

    limite = time.monotonic() + 20
    while Email.objects.get(pk=courriel.pk).status == STATUS.queued:
        assert time.monotonic() < limite, "L'ouvrier n'a pas pris la tâche."
        assert ouvrier.poll() is None
        time.sleep(0.1)
    assert Email.objects.get(pk=courriel.pk).status == STATUS.sent


def test_axe_voit_ce_qui_bloque_une_personne(ouvrir_page, verifier_axe):
    page = ouvrir_page(largeur=320)
    page.set_content("<html lang='fr'><title>Essai</title><h1>Essai</h1><main><img src='/'></main>")

    with pytest.raises(AssertionError, match="image-alt"):
        verifier_axe(page)
    assert page.viewport_size["width"] == 320


def test_le_navigateur_recoit_les_fichiers_statiques(ouvrir_page, live_server):
    reponse = ouvrir_page().goto("/static/css/base.css")

    assert reponse.status == 200
    assert reponse.url.startswith(live_server.url)


def test_la_base_attend_les_requetes_d_une_page_deja_fermee():
    """Le portier ne rend la main qu'une fois la réponse fermée, et ne laisse plus rien entrer."""
    suite, statuts, fermee = threading.Event(), [], []

    def application(environ, start_response):
        start_response("200 OK", [])
        return iter(lambda: suite.wait() and b"", b"")

    def demander():
        return portier({}, lambda statut, entetes: statuts.append(statut))

    portier = Portier(application)
    demander()
    portier.ouvrir()
    reponse = demander()
    with pytest.raises(TimeoutError, match="1 requête"):
        portier.fermer(secondes=0.01)
    gardien = threading.Thread(target=lambda: fermee.append(portier.fermer()))
    gardien.start()
    demander()
    suite.set()
    assert list(reponse) == []
    assert not fermee
    reponse.close()
    gardien.join(5)

    assert fermee == [None]
    assert statuts == ["503 Service Unavailable", "200 OK", "503 Service Unavailable"]


def test_une_requete_qui_echoue_ne_retient_pas_la_base():
    portier = Portier(lambda environ, start_response: 1 / 0)
    portier.ouvrir()
    with pytest.raises(ZeroDivisionError):
        portier({}, None)

    portier.fermer(secondes=0)
