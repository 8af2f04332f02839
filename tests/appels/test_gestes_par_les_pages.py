"""Des gestes de l'espace des organismes et de la Ville, faits par leurs pages."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from appels.models import Demande
from appels.services.depot import deposer
from socle.models import Adhesion, EntreeJournal
from tests.appels.conftest import brouillon_complet, toronto
from tests.factories import AdhesionFactory, DemandeFactory, OrganismeFactory, UtilisateurFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("accuses_confies")]


@pytest.mark.parametrize(
    ("neq", "avis"),
    [
        ("1100000000", []),
        ("1100000009", ["La clé de ce NEQ semble inexacte"]),
        ("2200000000", ["il ne commence pas par 11"]),
    ],
)
def test_le_dossier_previent_d_un_neq_douteux_sans_le_refuser(client, neq, avis):
    organisme = OrganismeFactory(neq=neq)
    client.force_login(AdhesionFactory(organisme=organisme).utilisateur)

    page = client.get(reverse("organisme:dossier", args=[organisme.pk])).text

    assert page.count("Votre NEQ") == len(avis)
    assert all(phrase in page for phrase in avis)


def test_la_responsabilite_se_transmet_par_la_page_des_membres(client):
    responsable = AdhesionFactory()
    seconde = AdhesionFactory(organisme=responsable.organisme, role="redacteur")
    client.force_login(responsable.utilisateur)
    page = reverse("organisme:membres", args=[responsable.organisme_id])

    def agir(adhesion, action):
        adresse = reverse(
            "organisme:membre_agir", args=[adhesion.organisme_id, adhesion.pk, action]
        )
        return client.post(adresse, follow=True)

    assert "Rendre responsable" in client.get(page).text
    # La dernière responsable ne part pas : on lui dit quoi faire d'abord.
    assert "nommez-en une autre d" in agir(responsable, "retirer").text
    agir(seconde, "responsable")
    agir(responsable, "retirer")

    assert list(Adhesion.objects.values_list("utilisateur", "role")) == [
        (seconde.utilisateur_id, "responsable")
    ]


@pytest.mark.parametrize(
    ("analyse", "mot"), [("infectee", "Refusé"), ("en_attente", "Reçu"), ("saine", "Joint")]
)
def test_un_document_dit_ce_que_l_antivirus_en_pense(prete, client, analyse, mot):
    piece = prete.demande.pieces.create(nom="plan.pdf", taille=9, analyse=analyse)
    client.force_login(prete.redacteur)

    page = client.get(reverse("organisme:rediger", args=[prete.demande.reference, "pieces"])).text

    for autre in ("Refusé", "Reçu", "Joint"):
        assert (f"{autre}</span>" in page) is (autre == mot)
    lien = f'href="{reverse("organisme:piece", args=[piece.cle])}"'
    assert (lien in page) is (mot == "Joint")


def test_une_derogation_s_accorde_avec_son_motif_et_se_lit_au_journal(client, a_l_heure):
    cloture = toronto(2026, 6, 12, 16)
    a_l_heure(cloture + dt.timedelta(hours=2))
    monde = brouillon_complet(cloture=cloture)
    client.force_login(UtilisateurFactory(agent=True))
    page = reverse("ville:derogation", args=[monde.demande.reference])
    saisie = {"jusqu_a": "2026-06-15T12:00", "motif": ""}

    refus = client.post(page, saisie)
    assert refus.context["form"].errors.keys() == {"motif"}
    assert 'value="2026-06-15T12:00"' in refus.text
    client.post(page, {**saisie, "motif": "Panne du service"})

    entree = EntreeJournal.objects.get(verbe="demande.accorder_derogation")
    assert entree.motif == "Panne du service"
    assert deposer(acteur=monde.responsable, demande=Demande.objects.get(pk=monde.demande.pk))


def test_une_aide_annoncee_recalcule_les_taux_et_se_lit_des_deux_cotes(client):
    demande = DemandeFactory(recevable=True)
    client.force_login(AdhesionFactory(organisme=demande.organisme).utilisateur)
    page = reverse("organisme:aide", args=[demande.reference])
    saisie = {"libelle": "Programme fédéral", "source": "canada", "date": "2030-08-20"}

    refus = client.post(page, {**saisie, "montant": "douze"})
    assert refus.context["form"].errors.keys() == {"montant"}
    assert 'value="Programme fédéral"' in refus.text
    suite = client.post(page, {**saisie, "montant": "2 000,50"}, follow=True).text

    assert "Programme fédéral : 2\xa0000,50\xa0$" in suite
    budget = Demande.objects.get(pk=demande.pk).budget()
    assert (budget.public, budget.taux_cumul) == (Decimal("4000.50"), Decimal("100.0"))
    client.force_login(UtilisateurFactory(agent=True))
    ville = client.get(reverse("ville:demande", args=[demande.reference])).text
    assert "Les aides publiques dépassent de 2\xa0000,50" in ville
