"""Les courriels, de la boîte d'envoi à un vrai serveur SMTP."""

import email
import email.policy
import socket
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.urls import reverse
from post_office.models import STATUS, Attachment, Email

from socle.services import courriels
from socle.services.envoi_courriels import VERROU, envoyer_en_attente
from socle.tasks import envoyer_courriels_en_attente
from tests.factories import AdhesionFactory, OrganismeFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


class Serveur:
    """Reçoit ; refuse les adresses de ``refusees``."""

    def __init__(self) -> None:
        self.recus: list[tuple[list[str], EmailMessage]] = []
        self.refusees: set[str] = set()

    async def handle_RCPT(self, serveur, session, enveloppe, adresse, options) -> str:
        if adresse in self.refusees:
            return "550 Adresse inconnue"
        enveloppe.rcpt_tos.append(adresse)
        return "250 OK"

    async def handle_DATA(self, serveur, session, enveloppe) -> str:
        message = email.message_from_bytes(enveloppe.content, policy=email.policy.default)
        self.recus.append((enveloppe.rcpt_tos, message))
        return "250 Reçu"


@pytest.fixture
def port() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return prise.getsockname()[1]


@pytest.fixture(autouse=True)
def gabarit(settings, port: int, tmp_path) -> None:
    """Un gabarit d'essai, et l'envoi par SMTP vers ``port``."""
    (tmp_path / "courriels").mkdir()
    (tmp_path / "courriels/essai.txt").write_text(
        "Bonjour,\n\n{{ texte|safe }}\n\n{{ ville.nom }}\n{{ site }}\n", encoding="utf-8"
    )
    gabarits = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    settings.TEMPLATES = gabarits
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.POST_OFFICE = {
        **settings.POST_OFFICE,
        "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
    }


@pytest.fixture
def demarrer(port: int) -> Iterator[Callable[[], Serveur]]:
    arrets = []

    def demarrer() -> Serveur:
        serveur = Serveur()
        controleur = Controller(serveur, hostname="127.0.0.1", port=port)
        controleur.start()
        arrets.append(controleur)
        return serveur

    yield demarrer
    for controleur in arrets:
        controleur.stop()


@pytest.fixture
def serveur(demarrer: Callable[[], Serveur]) -> Serveur:
    return demarrer()


def ecrire(*adresses: str, **options) -> None:
    courriels.envoyer(
        gabarit="essai",
        destinataires=adresses,
        objet="Votre demande AP-2026-01-D01 : « Café Parlures »",
        contexte={"texte": options.pop("texte", "Votre demande est reçue à l'hôtel de ville.")},
        **options,
    )


def test_un_courriel_par_personne_pieces_intactes(serveur: Serveur) -> None:
    ecrire(
        "marie@exemple.test",
        "jean@exemple.test",
        "Marie@exemple.test",
        "",
        pieces=[("lettre été.pdf", PDF, "application/pdf"), ("notes.txt", b"a\r\nb", "text/plain")],
    )
    assert serveur.recus == []

    envoyer_courriels_en_attente()

    assert [qui for qui, _ in serveur.recus] == [["marie@exemple.test"], ["jean@exemple.test"]]
    for (adresse,), message in serveur.recus:
        assert message["To"] == adresse
        assert "Cc" not in message
        assert "Bcc" not in message
        assert message["From"] == settings.DEFAULT_FROM_EMAIL
        assert message["Subject"].strip() == "Votre demande AP-2026-01-D01 : « Café Parlures »"
        corps = message.get_body(("plain",)).get_content()
        assert "Votre demande est reçue à l'hôtel de ville." in corps
        assert settings.VILLE["nom"] in corps
        lettre, notes = message.iter_attachments()
        assert lettre.get_filename() == "lettre été.pdf"
        assert lettre.get_content_type() == "application/pdf"
        assert lettre.get_content() == PDF
        assert notes.get_content().split() == ["a", "b"]
    identifiants = {message["Message-ID"] for _, message in serveur.recus}
    assert len(identifiants) == 2
    # Rangée une fois pour les deux personnes.
    assert Attachment.objects.count() == 2


def test_envoyer_deux_fois_n_envoie_qu_une(serveur: Serveur) -> None:
    ecrire("marie@exemple.test")
    envoyer_courriels_en_attente()
    envoyer_courriels_en_attente()
    assert len(serveur.recus) == 1
    courriel = Email.objects.get()
    assert courriel.status == STATUS.sent
    assert courriel.logs.count() == 1


def test_transaction_annulee_pas_de_courriel(serveur: Serveur) -> None:
    with transaction.atomic():
        ecrire("marie@exemple.test", pieces=[("l.pdf", PDF, "application/pdf")])
        transaction.set_rollback(True)
    envoyer_courriels_en_attente()
    assert serveur.recus == []
    assert not Email.objects.exists()


def test_serveur_absent_le_courriel_attend(demarrer: Callable[[], Serveur]) -> None:
    ecrire("marie@exemple.test", "jean@exemple.test", pieces=[("l.pdf", PDF, "application/pdf")])
    for _ in range(10):  # plus que MAX_RETRIES : une longue panne n'use pas les essais
        envoyer_courriels_en_attente()
    assert set(Email.objects.values_list("status", "number_of_retries")) == {(STATUS.queued, None)}

    serveur = demarrer()
    envoyer_courriels_en_attente()
    envoyer_courriels_en_attente()
    assert [qui for qui, _ in serveur.recus] == [["marie@exemple.test"], ["jean@exemple.test"]]
    (piece,) = serveur.recus[1][1].iter_attachments()
    assert piece.get_content() == PDF


def test_une_adresse_refusee_n_arrete_pas_les_autres(serveur: Serveur) -> None:
    serveur.refusees = {"partie@exemple.test"}
    ecrire("marie@exemple.test", "partie@exemple.test", "jean@exemple.test")
    envoyer_courriels_en_attente()
    assert [qui for qui, _ in serveur.recus] == [["marie@exemple.test"], ["jean@exemple.test"]]
    refuse = Email.objects.get(to="partie@exemple.test")
    assert (refuse.status, refuse.number_of_retries) == (STATUS.requeued, 1)
    assert "550" in refuse.logs.get().message

    for _ in range(settings.POST_OFFICE["MAX_RETRIES"]):
        Email.objects.filter(pk=refuse.pk).update(scheduled_time=None)
        envoyer_courriels_en_attente()
    refuse.refresh_from_db()
    assert refuse.status == STATUS.failed
    assert len(serveur.recus) == 2


def test_piece_disparue_n_arrete_pas_les_autres(serveur: Serveur) -> None:
    ecrire("marie@exemple.test", pieces=[("l.pdf", PDF, "application/pdf")])
    default_storage.delete(Attachment.objects.get().file.name)
    ecrire("jean@exemple.test")
    envoyer_courriels_en_attente()
    assert [qui for qui, _ in serveur.recus] == [["jean@exemple.test"]]
    assert Email.objects.get(to="marie@exemple.test").status == STATUS.requeued


def test_un_seul_expediteur_a_la_fois(serveur: Serveur) -> None:
    ecrire("marie@exemple.test")
    pret, finir = threading.Event(), threading.Event()

    def autre_machine() -> None:
        with connection.cursor() as curseur:
            curseur.execute("SELECT pg_advisory_lock(%s)", [VERROU])
            pret.set()
            finir.wait(10)
            # Fermer suffirait, mais un serveur chargé tarde à s'en apercevoir.
            curseur.execute("SELECT pg_advisory_unlock(%s)", [VERROU])
        connection.close()

    fil = threading.Thread(target=autre_machine)
    fil.start()
    assert pret.wait(10)
    assert envoyer_en_attente() == 0
    finir.set()
    fil.join(10)
    assert envoyer_en_attente() == 1
    assert len(serveur.recus) == 1


def test_adresses_reservees_et_silence(serveur: Serveur) -> None:
    ecrire("personne@import.invalid", "AUTRE@EXEMPLE.INVALID")
    with courriels.silencieux():
        ecrire("marie@exemple.test")
    assert not Email.objects.exists()
    ecrire("jean@exemple.test")
    envoyer_courriels_en_attente()
    assert [qui for qui, _ in serveur.recus] == [["jean@exemple.test"]]


def test_la_boite_envoie_les_courriels_de_compte(serveur: Serveur, client, settings) -> None:
    """Le courriel d'allauth passe par la même boîte (que les tests de Django court-circuitent)."""
    settings.EMAIL_BACKEND = "post_office.EmailBackend"
    reponse = client.post(reverse("account_reset_password"), {"email": UtilisateurFactory().email})
    assert reponse.status_code == 302
    assert envoyer_en_attente() == 1
    assert len(serveur.recus) == 1


def test_adresses_d_un_organisme() -> None:
    organisme = OrganismeFactory()
    responsable = AdhesionFactory(organisme=organisme).utilisateur
    redaction = AdhesionFactory(organisme=organisme, role="redacteur").utilisateur
    AdhesionFactory(organisme=organisme, utilisateur__is_active=False)
    AdhesionFactory()
    assert set(courriels.adresses_organisme(organisme)) == {responsable.email, redaction.email}
    assert courriels.adresses_organisme(organisme, responsables=True) == [responsable.email]


@pytest.mark.django_db
def test_un_texte_qui_ressemble_a_un_gabarit_part_tel_quel():
    """Le titre d'un projet arrive dans l'objet : il ne s'exécute pas et n'arrête pas l'envoi."""
    hostile = "{{ site }} {% include 'base.html' %} {{ a b c }} <b>&</b>"
    (courriel,) = courriels.envoyer(
        gabarit="lettre_decision",
        destinataires=["a@exemple.test"],
        objet=f"Décision — {hostile}",
        contexte={"demande": {"titre": hostile, "reference": "D01"}, "lien": "/"},
    )
    assert courriel.subject == f"Décision — {hostile}"
    assert f"votre projet « {hostile} »" in courriel.message
