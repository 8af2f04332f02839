"""Un exemplaire signé, revenu numérisé : il prouve la signature qu'une personne inscrit."""

import datetime as dt
import html

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from financement.models import PageNumerisee, PileNumerisee, RetourNumerise, Signature
from financement.semaine import attentes
from financement.services import avenants, conventions, retours
from socle.documents import empreinte
from socle.exceptions import RegleViolee
from socle.models import Document
from tests.factories import ConventionFactory, UtilisateurFactory
from tests.financement.objets import PREUVE, envoyer, page, un_projet

pytestmark = pytest.mark.django_db


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


def un_document(objet):
    return Document.objects.create(
        nature="convention", titre="Convention", objet_type=objet._meta.label_lower,
        objet_id=str(objet.pk), html="<main>Le texte.</main>", empreinte="a" * 64, taille=1,
        pdf=ContentFile(b"%PDF-", "convention.pdf"),
    )  # fmt: skip


@pytest.fixture
def convention():
    """Transmise à signer, avec son document."""
    convention = ConventionFactory(etat="transmise")
    type(convention).objects.filter(pk=convention.pk).update(document=un_document(convention))
    convention.refresh_from_db()
    return convention


def revenir(document, agente, *, attendues=2, revenues=2):
    """Le document revenu numérisé, ``revenues`` de ses pages sur ``attendues``."""
    pile = PileNumerisee.objects.create(
        appel=retours.appel_du_document(document), nom="pile.pdf", empreinte="b" * 64, total=2,
        deposee_par=agente, fichier=ContentFile(b"%PDF-", "pile.pdf"),
    )  # fmt: skip
    octets = b"%PDF-signe"
    retour = RetourNumerise.objects.create(
        pile=pile, document=document, attendues=attendues, empreinte=empreinte(octets),
        fichier=ContentFile(octets, "retour.pdf"),
    )  # fmt: skip
    for no in range(1, revenues + 1):
        PageNumerisee.objects.create(pile=pile, no=no, etat="classee", retour=retour)
    return retour


def inscrire(agente, convention):
    return envoyer(
        agente, "ville:convention_agir", convention.demande.reference, "papier",
        nom="Amina Spécimen", titre="directrice",
    )  # fmt: skip


def test_le_retour_offre_d_inscrire_la_signature_et_la_prouve(agente, convention):
    retour = revenir(convention.document, agente)
    adresse = reverse("ville:convention", args=[convention.demande.reference])
    # La pile, « Ma semaine » et la convention y mènent.
    assert f"{adresse}#papier" in page(agente, "ville:pile", retour.pile.cle).text
    assert "Convention revenue signée" in {attente.sorte for attente in attentes(agente)}
    texte = html.unescape(page(agente, "ville:convention", convention.demande.reference).text)
    assert "avec toutes ses pages" in texte

    inscrire(agente, convention)

    signature = Signature.objects.get()
    assert (signature.cote, signature.mode) == ("organisme", "papier")
    assert signature.empreinte_du_retour == retour.empreinte
    assert f"{adresse}#papier" not in page(agente, "ville:pile", retour.pile.cle).text
    assert "Convention revenue signée" not in {attente.sorte for attente in attentes(agente)}


@pytest.mark.parametrize(("revenues", "phrase"), [(1, "Il manque des pages"), (0, "prouverait")])
def test_sans_toutes_ses_pages_le_retour_ne_prouve_rien(agente, convention, revenues, phrase):
    if revenues:
        revenir(convention.document, agente, revenues=revenues)
    texte = html.unescape(page(agente, "ville:convention", convention.demande.reference).text)
    assert phrase in texte
    inscrire(agente, convention)
    assert Signature.objects.get().empreinte_du_retour == ""


def test_la_page_des_preuves_porte_l_empreinte_de_l_exemplaire(agente, convention):
    retour = revenir(convention.document, agente)
    inscrire(agente, convention)
    convention.refresh_from_db()
    signee = conventions.contresigner_convention(
        acteur=UtilisateurFactory(approbation=True), convention=convention, preuve=None
    )
    assert retour.empreinte in signee.document_signe.html
    # La Ville a signé ensuite : ce numérisé ne prouve pas sa signature à elle.
    par_cote = dict(Signature.objects.values_list("cote", "empreinte_du_retour"))
    assert par_cote == {"organisme": retour.empreinte, "ville": ""}


def test_un_retour_qui_prouve_ne_change_plus_mais_se_detruit_en_son_temps(agente, convention):
    retour = revenir(convention.document, agente)
    inscrire(agente, convention)
    egaree = PageNumerisee.objects.create(pile=retour.pile, no=3, etat="illisible")
    with pytest.raises(RegleViolee, match="prouve une signature"):
        retours.classer_page(acteur=agente, page=egaree, document=convention.document)
    retours.detruire_retours(Document.objects.filter(pk=convention.document_id))
    assert not RetourNumerise.objects.exists()
    assert Signature.objects.get().empreinte_du_retour == retour.empreinte


def test_la_base_refuse_un_numerise_a_une_signature_en_ligne(convention, agente):
    for mode, valeur in (("en_ligne", "c" * 64), ("papier", "court")):
        with (
            pytest.raises(IntegrityError, match="signature_papier_numerisee"),
            transaction.atomic(),
        ):
            Signature.objects.create(
                convention=convention, cote="organisme", mode=mode, nom="X", personne=agente,
                verification="mot_de_passe", consentement="Oui.", adresse="192.0.2.1",
                document=convention.document, empreinte="a" * 64, empreinte_du_retour=valeur,
            )  # fmt: skip


def test_un_avenant_revenu_signe_s_inscrit_de_meme(agente):
    projet = un_projet()
    fin = projet.convention.fin + dt.timedelta(days=30)
    avenant = avenants.demander_avenant(
        acteur=projet.gens.responsable, convention=projet.convention, motif="Plus tard.", fin=fin
    )
    avenant = avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE
    )
    retour = revenir(avenant.document, agente)
    reference = avenant.demande.reference
    adresse = reverse("ville:avenant", args=[reference, avenant.no])
    assert f"{adresse}#papier" in page(agente, "ville:pile", retour.pile.cle).text
    envoyer(agente, "ville:avenant", reference, avenant.no, papier="1", nom="A", titre="")
    signature = Signature.objects.get(avenant=avenant, cote="organisme")
    assert signature.empreinte_du_retour == retour.empreinte
