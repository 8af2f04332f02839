"""Le banc d'essai : données valides, témoins nus, pages qui ne comptent pas par ligne."""

import json

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from appels.models import Demande
from config.banc.__main__ import _ligne, _tableau
from config.banc.donnees import FICHES, Jeu, peupler
from config.banc.mesures import MESURES, temoin_de
from config.banc.mesures import Demande as DemandeHttp
from config.banc.temoins import ENTETE
from evaluations.models import Evaluation
from financement.models import Decision

pytestmark = pytest.mark.django_db
REQUETES_AU_PLUS = 40


@pytest.fixture(autouse=True)
def reglages_du_banc(settings) -> None:
    settings.ROOT_URLCONF = "config.banc.urls"
    settings.MIDDLEWARE = ["config.banc.temoins.CompteurDeRequetes", *settings.MIDDLEWARE]


def demander(demande: DemandeHttp) -> int:
    """Le nombre de requêtes SQL de la page, qui doit réussir."""
    client = Client()
    if demande.compte:
        client.force_login(demande.compte)
    if demande.corps is None:
        reponse = client.get(demande.chemin)
    else:
        reponse = client.post(
            demande.chemin, demande.corps, content_type=demande.type_corps, headers=demande.entetes
        )
    assert reponse.status_code in {200, 204}
    return int(reponse[ENTETE])


def requetes(n: int) -> dict[str, int]:
    with transaction.atomic():
        jeu = peupler(n)
        trouvees = {nom: trouver(jeu) for nom, trouver in MESURES.items()}
        comptes = {nom: demander(demande) for nom, demande in trouvees.items() if demande}
        transaction.set_rollback(True)
    return comptes


def test_les_pages_ne_comptent_pas_par_ligne() -> None:
    """Autant de requêtes pour 2 demandes que pour 12 (CONTRIBUTING)."""
    peu, beaucoup = requetes(2), requetes(12)
    assert peu == beaucoup
    assert all(compte <= REQUETES_AU_PLUS for compte in beaucoup.values()), beaucoup


def test_les_temoins_sont_nus() -> None:
    jeu = peupler(3)
    for nom in ("liste_ville", "autosave"):
        assert demander(temoin_de(nom, jeu)) == 1
    jeu.reponse.refresh_from_db()
    assert jeu.reponse.valeur != "Début"


def test_l_enregistrement_automatique_enregistre() -> None:
    jeu = peupler(1)
    demander(MESURES["autosave"](jeu))
    jeu.reponse.refresh_from_db()
    assert jeu.reponse.valeur.startswith("Un texte qui grandit.")


def test_donnees() -> None:
    jeu: Jeu = peupler(6, lettres=4)
    assert jeu.evalue.demandes.count() == 6
    assert Evaluation.objects.comptees().count() == 6 * FICHES
    assert Decision.objects.filter(demande__appel=jeu.decide, en_vigueur=True).count() == 4
    assert Demande.objects.visibles_par(jeu.organisme).filter(pk=jeu.brouillon.pk).exists()


def test_les_adresses_des_temoins_ne_sont_qu_au_banc(settings) -> None:
    settings.ROOT_URLCONF = "config.urls"
    assert Client().get("/banc/lecture/").status_code == 404


def test_format() -> None:
    ligne = _ligne("liste_ville", 1000, 30.0, 12.0, 9)
    assert json.loads(json.dumps(ligne)) == {
        "nom": "liste_ville",
        "n": 1000,
        "mediane_ms": 30.0,
        "plancher_ms": 12.0,
        "ratio": 2.5,
        "requetes": 9,
    }
    tableau = _tableau([ligne, _ligne("lettre", 100, 80, 50, None)])
    assert "2,5" in tableau
    assert tableau.rstrip().endswith("—")
    assert reverse("banc_lecture") == "/banc/lecture/"
