"""Le dossier de l'organisme : ses documents rangés une fois, repris dans chaque demande."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from appels.models import Demande, PieceOrganisme
from appels.services import dossier
from appels.services.pieces import joindre_piece
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.appels.conftest import adresse, toronto
from tests.factories import AdhesionFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def exigee(prete):
    return prete.appel.pieces_exigees.create(
        code="etats", libelle="États financiers", genre_dossier="etats_financiers"
    )


def fichier(nom="etats.pdf", contenu=PDF):
    return SimpleUploadedFile(nom, contenu)


def ranger(monde, genre="etats_financiers", date=None, nom="etats.pdf"):
    return dossier.ranger_document(
        acteur=monde.redacteur,
        organisme=monde.demande.organisme,
        genre=genre,
        date_document=date or horloge.aujourdhui() - dt.timedelta(days=30),
        fichier=fichier(nom),
    )


def envoyer(client, monde, genre="etats_financiers", **champs):
    return client.post(
        reverse("organisme:ranger_document", args=[monde.demande.organisme_id, genre]),
        {"date_document": "2020-03-31", "fichier": fichier(), **champs},
    )


def test_un_document_se_range_et_celui_d_avant_reste_dans_l_histoire(prete, client):
    client.force_login(prete.redacteur)
    envoyer(client, prete)
    envoyer(client, prete, fichier=fichier("nouveaux.pdf"))

    rangees = list(PieceOrganisme.objects.order_by("pk"))
    assert [(p.nom, p.retiree_le is None) for p in rangees] == [
        ("etats.pdf", False),
        ("nouveaux.pdf", True),
    ]
    page = client.get(reverse("organisme:dossier", args=[prete.demande.organisme_id])).text
    assert "nouveaux.pdf" in page
    assert "À renouveler" in page


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"date_document": ""}, "champ--erreur"),
        ({"date_document": "2999-01-01"}, "ne peut pas être à venir"),
        ({"date_document": "hier"}, "champ--erreur"),
        ({"fichier": SimpleUploadedFile("a.exe", b"MZ")}, "Ce type de fichier"),
        ({"fichier": SimpleUploadedFile("a.pdf", b"pas un pdf")}, "Le contenu de ce fichier"),
        ({"fichier": ""}, "Choisissez d&#x27;abord un fichier."),
    ],
)
def test_un_document_refuse_le_dit_pres_de_son_champ(prete, client, champs, phrase):
    client.force_login(prete.redacteur)
    page = envoyer(client, prete, **champs)
    assert phrase.replace("&#x27;", "'") in page.text.replace("&#x27;", "'")
    assert not PieceOrganisme.objects.exists()


def test_un_document_annuel_vieillit_apres_dix_huit_mois_l_acte_jamais(prete, a_l_heure):
    a_l_heure(toronto(2031, 7, 1, 9))
    limite = dt.date(2031, 7, 1) - dt.timedelta(days=548)
    for genre, date, perimee in (
        ("etats_financiers", limite, False),
        ("rapport_annuel", limite - dt.timedelta(days=1), True),
        ("acte_constitutif", dt.date(1990, 1, 1), False),
    ):
        assert ranger(prete, genre=genre, date=date).est_perimee is perimee


def test_une_demande_neuve_reprend_ce_qui_est_a_jour(prete, client, exigee):
    prete.appel.pieces_exigees.create(
        code="rapport", libelle="Rapport", genre_dossier="rapport_annuel"
    )
    ranger(prete)
    ranger(prete, genre="rapport_annuel", date=dt.date(2015, 3, 31), nom="vieux.pdf")
    client.force_login(prete.redacteur)

    client.post(
        reverse("organisme:demande_nouvelle") + f"?appel={prete.appel.code}",
        {"organisme": prete.demande.organisme_id},
    )

    neuve = Demande.objects.latest("pk")
    assert [(p.nom, p.piece_exigee) for p in neuve.pieces.all()] == [("etats.pdf", exigee)]
    # Le vieux se voit, avec son âge, et ne se joint que si on le demande.
    page = client.get(adresse(neuve, "pieces")).text
    assert "vieux.pdf" in page
    assert "Plus de dix-huit mois" in page


def test_joindre_celui_du_dossier_en_fait_une_copie(prete, client, exigee):
    rangee = ranger(prete)
    joindre_piece(
        acteur=prete.redacteur,
        demande=prete.demande,
        fichier=fichier("autre.pdf", PDF + b"autre"),
        piece_exigee=exigee,
    )
    client.force_login(prete.redacteur)

    client.post(
        reverse("organisme:reprendre_du_dossier", args=[prete.demande.reference, exigee.pk])
    )
    ranger(prete, nom="plus-recents.pdf")

    active = prete.demande.pieces.get(retiree_le=None)
    assert (active.nom, active.empreinte) == ("etats.pdf", rangee.empreinte)
    assert active.fichier.name != rangee.fichier.name
    with active.fichier.open("rb") as copie:
        assert copie.read() == PDF


def test_sans_document_au_dossier_ou_sans_lien_rien_ne_se_reprend(prete, exigee):
    autre = prete.appel.pieces_exigees.create(code="x", libelle="X")
    for demandee in (exigee, autre):
        with pytest.raises(RegleViolee):
            dossier.reprendre_du_dossier(
                acteur=prete.redacteur, demande=prete.demande, piece_exigee=demandee
            )


def test_le_dossier_est_ferme_aux_autres(prete, client):
    rangee = ranger(prete)
    etranger = AdhesionFactory().utilisateur
    with pytest.raises(PermissionRefusee):
        dossier.ranger_document(
            acteur=etranger,
            organisme=prete.demande.organisme,
            genre="rapport_annuel",
            date_document=dt.date(2020, 1, 1),
            fichier=fichier(),
        )
    url = reverse("organisme:document_dossier", args=[rangee.cle])
    for personne, statut in (
        (etranger, 404),
        (prete.redacteur, 200),
        (UtilisateurFactory(agent=True), 200),
    ):
        client.force_login(personne)
        reponse = client.get(url)
        assert reponse.status_code == statut
        if reponse.streaming:
            b"".join(reponse.streaming_content)
    client.force_login(etranger)
    assert envoyer(client, prete).status_code == 404


def test_l_accueil_rappelle_ce_qui_est_a_renouveler(prete, client):
    ranger(prete, date=dt.date(2015, 3, 31))
    client.force_login(prete.redacteur)
    page = client.get(reverse("organisme:accueil")).text
    assert "Documents à renouveler" in page
    assert "Derniers états financiers" in page


def test_avec_clamd_un_document_attend_et_un_infecte_se_signale(prete, settings, monkeypatch):
    from post_office.models import Email

    from appels.services import pieces

    confies = []
    monkeypatch.setattr(pieces, "_confier_analyse", lambda *a: confies.append(a))
    settings.CLAMD_URL = "tcp://127.0.0.1:1"
    rangee = ranger(prete)
    assert not rangee.est_telechargeable
    monkeypatch.setattr(pieces, "signature_trouvee", lambda fichier, url: "Eicar")

    assert pieces.analyser(piece=rangee).analyse == "infectee"

    courriel = Email.objects.filter(subject__contains="etats.pdf").first()
    assert f"/organisme/{prete.demande.organisme_id}/dossier/" in courriel.message
