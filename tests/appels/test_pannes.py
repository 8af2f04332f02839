"""Un morceau tombe : ce qui peut continuer continue, le reste le dit en une phrase."""

import datetime as dt
from collections.abc import Iterator

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse
from post_office.models import STATUS, Email

from appels.services.rattrapage import rattraper_accuses
from socle import horloge
from socle.models import Battement, Travail
from socle.services.travaux import relancer_les_muets, se_reprend
from tests.appels.conftest import DEPOT, adresse
from tests.factories import MOT_DE_PASSE, UtilisateurFactory

# Le port 1 de la machine est fermé : rien n'y écoute, la connexion y est refusée aussitôt.
FERME = "redis://:secret@127.0.0.1:1/0"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def valkey_arrete(settings) -> Iterator[None]:
    """Ni cache ni file : le vrai cache et le vrai Celery, à une adresse où rien ne répond."""
    settings.CACHES = {
        "default": {"BACKEND": "socle.cache_de_secours.CacheDeSecours", "LOCATION": FERME}
    }
    settings.CACHE_PUBLIC_SECONDES = 45
    avant = current_app.conf.broker_write_url
    _joindre(FERME)
    yield
    _joindre(avant)


def _joindre(courtier: str) -> None:
    current_app.conf.broker_read_url = current_app.conf.broker_write_url = courtier
    current_app._pool = current_app.amqp._producer_pool = None


# --- Valkey ---------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_sans_valkey_les_pages_publiques_et_la_connexion_servent(valkey_arrete, client):
    personne = UtilisateurFactory()
    for page in ("accueil", "registre", "donnees", "verifier"):
        assert client.get(reverse(page)).status_code == 200
    sante = client.get(reverse("sante"))
    assert (sante.status_code, sante.json()["base"], sante.json()["courtier"]) == (
        503,
        "ok",
        "panne",
    )

    faux = client.post(reverse("account_login"), {"login": personne.email, "password": "non"})
    assert faux.status_code == 200
    bon = {"login": personne.email, "password": MOT_DE_PASSE}
    assert client.post(reverse("account_login"), bon).status_code == 302
    assert client.get(reverse("mon_espace")).status_code in {200, 302}


@pytest.mark.django_db
def test_sans_valkey_les_tentatives_de_connexion_restent_comptees(valkey_arrete, client):
    personne = UtilisateurFactory()
    codes = [
        client.post(
            reverse("account_login"), {"login": personne.email, "password": f"non{n}"}
        ).status_code
        for n in range(7)
    ]
    bon = {"login": personne.email, "password": MOT_DE_PASSE}

    assert codes[0] == 200
    assert client.post(reverse("account_login"), bon).status_code != 302


@pytest.mark.django_db
def test_sans_valkey_on_ecrit_on_depose_et_l_accuse_se_rattrape(
    valkey_arrete, questionnaire, client, django_capture_on_commit_callbacks
):
    question = questionnaire.questions["texte_court"]
    client.force_login(questionnaire.responsable)
    cle = {"reference": questionnaire.demande.reference, "pk": question.pk}
    gardee = client.post(
        reverse("organisme:enregistrer_reponse", kwargs=cle), {f"q{question.pk}": "Une phrase"}
    )
    assert gardee.json()["message"].startswith("Enregistré à ")

    with django_capture_on_commit_callbacks(execute=True):
        reponse = client.post(adresse(questionnaire.demande), DEPOT)
    assert reponse.url.endswith("/accuse/")
    assert client.get(reponse.url).status_code == 200
    depot = questionnaire.demande.depots.get()
    assert depot.document is None

    assert rattraper_accuses() == 0, "une tâche en file a dix minutes pour passer"
    with horloge.a_la_date(depot.depose_le + dt.timedelta(minutes=11)):
        assert rattraper_accuses() == 1
        assert rattraper_accuses() == 0
    depot.refresh_from_db()
    assert depot.document is not None
    assert Email.objects.filter(subject__contains=depot.numero).exists()


# --- PostgreSQL -----------------------------------------------------------------------------------
@pytest.fixture
def base_arretee(django_db_blocker) -> Iterator[None]:
    """La connexion du processus mène à un port fermé."""
    vraie = connections["default"]
    coupee = connections.create_connection("default")
    coupee.settings_dict = {**vraie.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
    connections["default"] = coupee
    with django_db_blocker.unblock():
        yield
    connections["default"] = vraie


def test_sans_base_une_page_503_le_dit_et_la_sante_aussi(base_arretee, client):
    client.raise_request_exception = False
    client.cookies["sessionid"] = "quelconque"
    for page in ("accueil", "mon_espace"):
        reponse = client.get(reverse(page))
        assert reponse.status_code == 503
        assert reponse["Retry-After"] == "30"
        assert "Le service est interrompu pour un moment" in reponse.text
        assert "Traceback" not in reponse.text

    sante = client.get(reverse("sante"))
    assert sante.status_code == 503
    assert (sante.json()["etat"], sante.json()["base"]) == ("panne", "panne")


# --- Ouvrier --------------------------------------------------------------------------------------
def etat(client) -> dict[str, str]:
    """Le JSON de ``/sante/`` et les phrases de la page d'état."""
    return client.get(reverse("sante")).json()


@pytest.mark.django_db
def test_ouvrier_arrete_le_travail_dit_qu_il_attend_et_la_page_d_etat_aussi(client):
    agent = UtilisateurFactory(agent=True)
    client.force_login(agent)
    travail = Travail.objects.create(nature="essai", titre="Lettres", total=12, cree_par=agent)
    page = reverse("travail", kwargs={"cle": travail.cle})
    Battement.battre(Battement.Nom.OUVRIER)
    assert "Ce travail attend" not in client.get(page).text
    assert etat(client)["ouvrier"] == "ok"

    tantot = horloge.maintenant() - dt.timedelta(minutes=10)
    Travail.objects.update(avance_le=tantot)
    Battement.objects.update(le=tantot)

    assert "Ce travail attend" in client.get(page).text
    assert etat(client)["ouvrier"] == "attention"
    assert "l'ouvrier est arrêté ou occupé" in client.get(reverse("ville:etat")).text.replace(
        "&#x27;", "'"
    )
    Travail.objects.update(etat="fini", faits=12)
    assert "Ce travail attend" not in client.get(page).text


@pytest.mark.django_db
@pytest.mark.parametrize("nature", ["bilan", "repartition", "lettres", "archive", "retours"])
def test_tout_travail_que_la_file_n_a_pas_pris_est_relance(nature, valkey_arrete):
    agent = UtilisateurFactory(agent=True)
    travail = Travail.objects.create(nature=nature, titre="Un travail", total=1, cree_par=agent)
    assert relancer_les_muets() == 0

    with horloge.a_la_date(travail.avance_le + dt.timedelta(minutes=4)):
        assert relancer_les_muets() == 1
    assert se_reprend(travail) == (nature not in {"bilan", "repartition"})


# --- Fichiers -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_dossier_des_fichiers_ferme_la_page_le_dit_pres_du_champ(prete, client, settings, tmp_path):
    # Un fichier tient la place du dossier : rien ne s'y écrit, même pour l'administrateur.
    settings.MEDIA_ROOT = str(tmp_path / "plein")
    (tmp_path / "plein").write_text("")
    client.force_login(prete.responsable)
    client.raise_request_exception = False

    reponse = client.post(
        adresse(prete.demande, "pieces"), {"fichier": SimpleUploadedFile("appui.pdf", PDF)}
    )

    assert reponse.status_code == 200
    assert "n'a pas pu être rangé" in reponse.text.replace("&#x27;", "'")
    assert not prete.demande.pieces.exists()


@pytest.mark.django_db
def test_disque_et_sauvegarde_se_disent_a_la_ville(client, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "absent")
    assert etat(client)["disque"] == "ok"
    assert etat(client)["sauvegarde"] == "attention"
    Battement.battre(Battement.Nom.SAUVEGARDE)
    assert etat(client)["sauvegarde"] == "ok"
    Battement.objects.update(le=horloge.maintenant() - dt.timedelta(days=2))
    assert etat(client)["sauvegarde"] == "attention"


# --- Courriel -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_courriels_qui_attendent_ou_echouent_se_disent_a_la_ville(client):
    assert etat(client)["courriels"] == "ok"
    courriel = Email.objects.create(
        from_email="v@exemple.test", to=["a@exemple.test"], status=STATUS.queued
    )
    assert etat(client)["courriels"] == "ok"
    Email.objects.update(created=horloge.maintenant() - dt.timedelta(hours=1))
    assert etat(client)["courriels"] == "attention"
    client.force_login(UtilisateurFactory(agent=True))
    assert "1 en attente, le plus vieux écrit il y a 1" in client.get(reverse("ville:etat")).text
    Email.objects.filter(pk=courriel.pk).update(status=STATUS.failed)
    assert "1 en échec depuis 7 jours" in client.get(reverse("ville:etat")).text
