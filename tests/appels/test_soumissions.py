"""La soumission d'un fournisseur, jointe à sa ligne de dépense."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from appels.models import Demande
from appels.services.pieces import joindre_piece
from socle.exceptions import RegleViolee
from tests.appels.conftest import adresse
from tests.factories import DemandeFactory

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def budget(page, *montants, **reste):
    """Ce que la page renvoie : ses clés, ``montants`` et une soumission à la première ligne."""
    formulaires = page.context["postes"].forms
    donnees = {
        "base": page.context["base"],
        "postes-TOTAL_FORMS": len(montants),
        "postes-INITIAL_FORMS": 0,
        "revenus-TOTAL_FORMS": 0,
        "revenus-INITIAL_FORMS": 0,
        "montant_demande": "800",
        **reste,
    }
    for rang, montant in enumerate(montants):
        cle = formulaires[rang]["cle"].value() if rang < len(formulaires) else ""
        donnees |= {
            f"postes-{rang}-categorie": "materiel",
            f"postes-{rang}-montant": montant,
            f"postes-{rang}-cle": cle or "",
        }
    return donnees


def test_la_soumission_suit_sa_ligne_quand_le_budget_se_reecrit(prete, client):
    client.force_login(prete.redacteur)
    url = adresse(prete.demande, "budget")
    page = client.get(url)
    devis = SimpleUploadedFile("devis.pdf", PDF)
    client.post(url, budget(page, "500", "", "300", **{"postes-2-soumission": devis}))

    seconde = prete.demande.postes.get(montant=300)
    piece = prete.demande.pieces.get()
    assert piece.poste_cle == seconde.cle
    client.post(url, budget(client.get(url), "550", "350"))

    assert prete.demande.postes.get(montant=350).cle == piece.poste_cle
    assert "devis.pdf" in client.get(url).text
    # Elle se lit avec les documents, sans se mêler aux « autres documents ».
    assert "Soumission : devis.pdf" in client.get(adresse(prete.demande, "relecture")).text
    assert client.get(adresse(prete.demande, "pieces")).context["autres"] == []


def test_une_soumission_refusee_n_annule_pas_le_budget(prete, client):
    client.force_login(prete.redacteur)
    url = adresse(prete.demande, "budget")
    mauvaise = SimpleUploadedFile("devis.exe", b"MZ")

    page = client.post(
        url, budget(client.get(url), "500", **{"postes-0-soumission": mauvaise}), follow=True
    )

    assert "Ce type de fichier" in page.text
    assert [p.montant for p in Demande.objects.get(pk=prete.demande.pk).postes.all()] == [500]
    assert not prete.demande.pieces.exists()


def test_la_ligne_d_une_autre_demande_ne_recoit_rien(prete):
    autre = DemandeFactory().postes.create(categorie="materiel", montant=1)
    with pytest.raises(RegleViolee):
        joindre_piece(
            acteur=prete.redacteur,
            demande=prete.demande,
            fichier=SimpleUploadedFile("devis.pdf", PDF),
            poste=autre,
        )
