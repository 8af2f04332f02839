"""Signer en ligne : identité redemandée, phrase, moment, adresse, SHA-256 ; la preuve se fige."""

import io
import re

import pdfua
import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from post_office.models import Email
from pypdf import PdfReader

from financement.models import Signature
from financement.services import avenants, conventions
from socle.exceptions import RegleViolee
from tests.factories import MOT_DE_PASSE, ConventionFactory, DecisionFactory
from tests.financement.objets import PREUVE, des_gens, envoyer, page, un_projet, verbes

pytestmark = pytest.mark.django_db
SAISIE = {"nom": "Alix Essai", "titre": "Direction", "consentement": "on"}


@pytest.fixture
def transmise():
    decision = DecisionFactory()
    demande = decision.demande
    type(demande).objects.filter(pk=demande.pk).update(etat_annonce="acceptee")
    demande.refresh_from_db()
    demande.gens = des_gens(demande.organisme)
    convention = conventions.preparer_convention(acteur=demande.gens.agent, demande=demande)
    demande.convention = conventions.transmettre_convention(
        acteur=demande.gens.agent, convention=convention
    )
    return demande


def lire(document):
    with document.pdf.open("rb") as fichier:
        octets = fichier.read()
    textes = (p.extract_text() for p in PdfReader(io.BytesIO(octets)).pages)
    return octets, re.sub(r"\s+", " ", " ".join(textes))


# --- L'identité -----------------------------------------------------------------------------------
def test_l_identite_est_redemandee_puis_la_signature_reprend_d_elle_meme(transmise):
    client, adresse = Client(), reverse("organisme:convention", args=[transmise.reference])
    client.force_login(transmise.gens.responsable)
    assert "Le projet se réalise du" in client.get(adresse).text

    reponse = client.post(adresse, SAISIE, REMOTE_ADDR="192.0.2.44")
    assert reponse.url.startswith(reverse("account_reauthenticate"))
    assert not Signature.objects.exists()
    faux = client.post(reponse.url, {"password": "pas-le-bon", "next": adresse})
    assert faux.status_code == 200
    assert not Signature.objects.exists()

    client.post(reponse.url, {"password": MOT_DE_PASSE, "next": adresse}, REMOTE_ADDR="192.0.2.44")

    signature = Signature.objects.get()
    document = transmise.convention.document
    assert (signature.verification, signature.adresse) == ("mot_de_passe", "192.0.2.44")
    assert (signature.personne, signature.nom) == (transmise.gens.responsable, "Alix Essai")
    assert signature.consentement.startswith("Je suis une personne autorisée à signer pour l'org")
    assert (signature.document, signature.empreinte) == (document, document.empreinte)
    assert transmise.conventions.get().etat == "signee"


def test_une_phrase_non_acceptee_se_dit_avant_de_redemander_l_identite(transmise):
    client = Client()
    client.force_login(transmise.gens.responsable)
    adresse = reverse("organisme:convention", args=[transmise.reference])
    reponse = client.post(adresse, {**SAISIE, "consentement": ""})
    assert reponse.status_code == 200
    assert "obligatoire" in reponse.text


def test_la_ville_aussi_redonne_son_identite(transmise):
    signer_en_ligne(transmise)
    client, reference = Client(), transmise.reference
    client.force_login(transmise.gens.approbation)
    adresse = reverse("ville:convention_agir", args=[reference, "contresigner"])
    reponse = client.post(adresse, {"consentement": "on"})
    assert reponse.url.startswith(reverse("account_reauthenticate"))
    assert Signature.objects.count() == 1
    sans = envoyer(transmise.gens.approbation, "ville:convention_agir", reference, "contresigner")
    assert "obligatoire" in sans.text
    with pytest.raises(RegleViolee) as refus:
        conventions.contresigner_convention(
            acteur=transmise.gens.approbation, convention=transmise.conventions.get(), preuve=None
        )
    assert refus.value.code == "preuve"


def signer_en_ligne(demande):
    return conventions.signer_convention(
        acteur=demande.gens.responsable,
        convention=demande.convention,
        nom="Alix Essai",
        titre="Direction",
        preuve=PREUVE,
    )


# --- La preuve ------------------------------------------------------------------------------------
def test_signe_des_deux_cotes_le_texte_et_ses_preuves_font_un_nouveau_document(transmise, tmp_path):
    signer_en_ligne(transmise)
    Email.objects.all().delete()
    envoyer(
        transmise.gens.approbation, "ville:convention_agir", transmise.reference, "contresigner",
        consentement="on",
    )  # fmt: skip

    convention = transmise.conventions.get()
    signe, origine = convention.document_signe, convention.document
    octets, texte = lire(signe)
    assert signe.pk != origine.pk
    for attendu in (
        "Preuves de signature", origine.empreinte, "Alix Essai, Direction", "192.0.2.10",
        "Je lis et j'accepte.", "Mot de passe demandé à nouveau", transmise.gens.responsable.email,
        transmise.gens.approbation.email, "articles 6 et 39", "Le projet se réalise du",
    ):  # fmt: skip
        assert attendu.replace(" ", "") in texte.replace(" ", ""), attendu
    fichier = tmp_path / "signe.pdf"
    fichier.write_bytes(octets)
    assert [f.message for f in pdfua.validate(fichier).findings] == []
    courriel = Email.objects.get(subject__startswith="Signé des deux parties")
    with courriel.attachments.get().file.open("rb") as joint:
        assert joint.read() == octets
    page_organisme = page(transmise.gens.membre, "organisme:convention", transmise.reference).text
    assert str(signe.cle) in page_organisme
    assert page(transmise.gens.membre, "document", signe.cle).status_code == 200
    assert page(transmise.gens.autre, "document", signe.cle).status_code == 404


def test_une_signature_ne_se_modifie_pas_meme_en_sql(transmise):
    signer_en_ligne(transmise)
    for changement in (
        lambda: Signature.objects.update(nom="Autre"),
        lambda: Signature.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError, match="signature"), transaction.atomic():
            changement()


def test_les_deux_parties_peuvent_signer_sur_papier(transmise):
    gens, reference = transmise.gens, transmise.reference
    envoyer(gens.agent, "ville:convention_agir", reference, "papier", nom="Alix Essai", titre="")
    assert "a signé sur papier" in page(gens.approbation, "ville:convention", reference).text
    envoyer(gens.approbation, "ville:convention_agir", reference, "contresigner")

    convention = transmise.conventions.get()
    assert convention.etat == "en_vigueur"
    assert [s.mode for s in convention.signatures.all()] == ["papier", "papier"]
    _, texte = lire(convention.document_signe)
    assert "À la main, sur l'exemplaire papier" in texte
    assert f"par {gens.agent.nom}" in texte


def test_sans_document_rien_ne_se_signe():
    convention = ConventionFactory(etat="transmise")
    gens = des_gens(convention.demande.organisme)
    with pytest.raises(RegleViolee) as refus:
        conventions.signer_convention(
            acteur=gens.responsable, convention=convention, nom="Alix", preuve=PREUVE
        )
    assert refus.value.code == "document"
    convention.refresh_from_db()
    assert convention.etat == "transmise"


# --- L'avenant suit le même chemin ----------------------------------------------------------------
@pytest.fixture
def approuve():
    projet = un_projet()
    avenant = avenants.demander_avenant(
        acteur=projet.gens.responsable, convention=projet.convention, motif="x", portee="Un soir."
    )
    projet.avenant = avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE
    )
    return projet


def test_un_avenant_se_signe_en_ligne_avec_ses_preuves(approuve):
    gens, reference = approuve.gens, approuve.demande.reference
    client, adresse = Client(), reverse("organisme:avenant", args=[reference, 1])
    client.force_login(gens.responsable)
    reponse = client.post(adresse, SAISIE)
    assert reponse.url.startswith(reverse("account_reauthenticate"))
    client.post(reponse.url, {"password": MOT_DE_PASSE, "next": adresse})

    approuve.avenant.refresh_from_db()
    assert approuve.avenant.etat == "signe"
    assert [s.cote for s in approuve.avenant.signatures.all()] == ["ville", "organisme"]
    _, texte = lire(approuve.avenant.document_signe)
    assert "Un soir." in texte
    assert approuve.avenant.document.empreinte in texte.replace(" ", "")
    assert Email.objects.filter(subject__startswith="Signé des deux parties").exists()


def test_la_signature_d_un_avenant_recue_sur_papier_s_inscrit(approuve):
    gens, reference = approuve.gens, approuve.demande.reference
    assert "Signature reçue sur papier" in page(gens.agent, "ville:avenant", reference, 1).text
    assert envoyer(gens.tresorerie, "ville:avenant", reference, 1, papier="1", nom="Alix",
                   titre="").status_code == 404  # fmt: skip
    vide = envoyer(gens.agent, "ville:avenant", reference, 1, papier="1", nom="", titre="")
    assert "obligatoire" in vide.text
    envoyer(gens.agent, "ville:avenant", reference, 1, papier="1", nom="Alix Essai", titre="")

    approuve.avenant.refresh_from_db()
    assert (approuve.avenant.etat, approuve.avenant.signature_papier) == ("signe", True)
    assert verbes(approuve.avenant)[-2:] == ["avenant.signer", "avenant.inscrire_signature"]


def test_un_document_se_dit_signe_a_la_page(transmise):
    signer_en_ligne(transmise)
    texte = page(transmise.gens.agent, "ville:convention", transmise.reference).text
    assert "Pour l&#x27;organisme" in texte
    assert transmise.convention.document.empreinte in texte
