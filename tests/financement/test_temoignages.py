"""Témoignages et photos : qui consent, à quoi, quand ; rien de publié sans cela, ni lieu gardé."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from financement.models import PieceRapport, Rapport, Temoignage
from financement.photos import PhotoIllisible, sans_metadonnees
from financement.services import temoignages as services
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import AffectationFactory, MembreComiteFactory, dans
from tests.financement.objets import Formulaire, envoyer, page, un_projet, verbes

pytestmark = pytest.mark.django_db
CONSENTI = {
    "consentement": "publication",
    "consenti_par": "Amina T.",
    "consenti_le": dt.date(2026, 1, 5),
    "moyen": "ecrit",
}


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def projet():
    return un_projet()


def immense():
    """Quelques kilooctets qui s'ouvriraient sur 81 millions de points."""
    octets = io.BytesIO()
    Image.new("1", (9000, 9000)).save(octets, "PNG")
    return octets.getvalue()


def photo(nom="fete.jpg"):
    """Une photo prise à un endroit, l'appareil penché."""
    image = Image.new("RGB", (40, 20), "teal")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Appareil de Sofia"
    exif.get_ifd(0x8825)[2] = (46.0, 20.0, 37.0)
    tampon = io.BytesIO()
    image.save(tampon, "JPEG", exif=exif)
    assert b"Appareil de Sofia" in tampon.getvalue()
    return SimpleUploadedFile(nom, tampon.getvalue())


def ajouter(projet, **champs):
    champs = {"texte": "On s'est sentis chez nous.", "signature": "", **CONSENTI, **champs}
    return services.ajouter_temoignage(acteur=projet.gens.membre, rapport=projet.final, **champs)


def remettre(projet):
    Rapport.objects.filter(pk=projet.final.pk).update(etat="depose", depose_le=dans())


# --- La photo -------------------------------------------------------------------------------------
def test_la_photo_est_gardee_sans_lieu_ni_appareil_et_droite(projet):
    temoignage = ajouter(projet, photo=photo())
    with temoignage.photo.fichier.open("rb") as fichier:
        octets = fichier.read()
    assert b"Exif" not in octets
    assert b"Sofia" not in octets
    image = Image.open(io.BytesIO(octets))
    assert not image.getexif()
    assert image.size == (20, 40)


def test_une_photo_piegee_ne_s_ouvre_pas():
    envoi = SimpleUploadedFile("fete.png", immense())
    assert envoi.size < 100_000
    with pytest.raises(PhotoIllisible):
        sans_metadonnees(envoi)


@pytest.mark.parametrize("octets", [b"%PDF-1.7", b"", b"\xff\xd8\xff\xe0 pas une photo"])
def test_ce_qui_n_est_pas_une_photo_se_dit_pres_de_son_champ(projet, octets):
    reponse = envoyer(
        projet.gens.membre, "organisme:temoignages", projet.demande.reference, "final",
        texte="Une fête.", consentement="aucun", photo=SimpleUploadedFile("fete.jpg", octets),
    )  # fmt: skip
    assert reponse.status_code == 200
    assert Formulaire(reponse.text).erreur("photo")
    assert Formulaire(reponse.text).valeur("texte") == "Une fête."
    assert not Temoignage.objects.exists()
    assert not PieceRapport.objects.exists()


# --- Le consentement ------------------------------------------------------------------------------
def test_le_consentement_dit_qui_quand_et_comment(projet):
    donnees = {"texte": "Bien reçus.", **CONSENTI}
    for manque in ("consenti_par", "consenti_le", "moyen"):
        reponse = envoyer(
            projet.gens.membre, "organisme:temoignages", projet.demande.reference, "final",
            **{**donnees, manque: ""},
        )  # fmt: skip
        assert reponse.status_code == 200
        assert Formulaire(reponse.text).erreur(manque)
    a_venir = horloge.aujourdhui() + dt.timedelta(days=3)
    with pytest.raises(RegleViolee, match="à venir"):
        ajouter(projet, consenti_le=a_venir)
    reponse = envoyer(
        projet.gens.membre, "organisme:temoignages", projet.demande.reference, "final", **donnees
    )
    assert reponse.status_code == 302
    temoignage = Temoignage.objects.get()
    assert (temoignage.consenti_par, temoignage.consenti_le) == ("Amina T.", dt.date(2026, 1, 5))
    assert verbes(projet.final) == ["rapport.ajouter_temoignage"]


def test_sans_consentement_une_photo_ne_se_publie_pas(projet):
    temoignage = ajouter(projet, photo=photo(), consentement="aucun")
    remettre(projet)
    with pytest.raises(RegleViolee, match="n'a pas consenti"):
        services.publier_temoignage(acteur=projet.gens.agent, temoignage=temoignage)
    envoyer(projet.gens.agent, "ville:temoignage_agir", temoignage.pk, "publier")
    assert Temoignage.objects.get().publie_le is None
    assert (
        "Publier sur la page" not in page(projet.gens.agent, "ville:rapport", projet.final.pk).text
    )
    # La base le refuse aussi, quel que soit le code.
    with pytest.raises(IntegrityError), transaction.atomic():
        Temoignage.objects.update(publie_le=dans())


def test_publie_il_est_sur_la_page_du_projet_et_le_retrait_l_en_ote_aussitot():
    projet = un_projet()
    temoignage = ajouter(projet, photo=photo(), signature="Une participante")
    remettre(projet)
    public = reverse("projet", args=[projet.demande.reference])
    image = reverse("projet_photo", args=[projet.demande.reference, temoignage.photo.cle])
    anonyme = Client()
    assert "sentis chez nous" not in anonyme.get(public).text
    assert anonyme.get(image).status_code == 404

    envoyer(projet.gens.agent, "ville:temoignage_agir", temoignage.pk, "publier")
    texte = anonyme.get(public).text
    assert "sentis chez nous" in texte
    assert "Amina" not in texte
    reponse = anonyme.get(image)
    assert reponse.status_code == 200
    assert b"".join(reponse.streaming_content).startswith(b"\xff\xd8")

    # Même une fois le rapport remis, la personne peut changer d'avis.
    envoyer(
        projet.gens.membre, "organisme:temoignage_agir",
        projet.demande.reference, "final", temoignage.pk, "retirer-consentement",
    )  # fmt: skip
    assert "sentis chez nous" not in anonyme.get(public).text
    assert anonyme.get(image).status_code == 404
    with pytest.raises(RegleViolee, match="retiré son consentement"):
        services.publier_temoignage(acteur=projet.gens.agent, temoignage=temoignage)


def test_la_ville_peut_ne_plus_le_montrer(projet):
    temoignage = ajouter(projet)
    remettre(projet)
    for action, publie in (("publier", True), ("depublier", False)):
        envoyer(projet.gens.agent, "ville:temoignage_agir", temoignage.pk, action)
        assert (Temoignage.objects.get().publie_le is not None) is publie


# --- Qui ------------------------------------------------------------------------------------------
def test_retirer_un_temoignage_tant_que_le_rapport_s_ecrit(projet):
    temoignage = ajouter(projet, photo=photo())
    arguments = (projet.demande.reference, "final", temoignage.pk, "retirer")
    assert envoyer(projet.gens.autre, "organisme:temoignage_agir", *arguments).status_code == 404
    envoyer(projet.gens.membre, "organisme:temoignage_agir", *arguments)
    assert not Temoignage.objects.exists()
    assert not PieceRapport.objects.actives().exists()


@pytest.mark.parametrize("role", ["membre", "tresorerie", "autre", "mifi"])
def test_seul_l_agent_publie(projet, role):
    temoignage = ajouter(projet)
    remettre(projet)
    qui = getattr(projet.gens, role)
    assert envoyer(qui, "ville:temoignage_agir", temoignage.pk, "publier").status_code == 404
    with pytest.raises(PermissionRefusee):
        services.publier_temoignage(acteur=qui, temoignage=temoignage)


def test_qui_est_recuse_n_y_touche_pas(projet):
    temoignage = ajouter(projet)
    remettre(projet)
    agent = projet.gens.agent
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=agent)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    assert envoyer(agent, "ville:temoignage_agir", temoignage.pk, "publier").status_code == 404
