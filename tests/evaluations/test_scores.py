"""Le score d'une demande, tenu par la base : la moyenne de ses fiches (regles.md, 6)."""

import threading
import time
from decimal import Decimal

import pytest
from django.db import connection, transaction

from evaluations.classement import lignes_de
from evaluations.models import ScoreDemande
from evaluations.services.fiches import rouvrir_fiche
from tests.evaluations.objets import declarer, soumettre, un_comite
from tests.factories import AffectationFactory, AppelFactory, DemandeFactory, EvaluationFactory

pytestmark = pytest.mark.django_db
TIERS, DEUX_TIERS = "33.333333333333", "66.666666666667"


def notee(*scores, **champs):
    """La ligne de classement d'une demande qui a ces fiches."""
    appel = AppelFactory(en_evaluation=True, **{"evaluations_min": 2, **champs})
    demande = DemandeFactory(en_evaluation=True, appel=appel)
    for score in scores:
        affectation = AffectationFactory(demande=demande, libre=True)
        EvaluationFactory(affectation=affectation, soumise=True, score=Decimal(score))
    return lignes_de(appel).get(demande.pk)


@pytest.mark.parametrize(
    ("fiches", "attendu"),
    [
        (["80.05", "80.05"], "80.1"),
        (["80.04", "80.05"], "80.0"),
        (["80.049999999999", "80.05"], "80.1"),  # le rangement d'un tiers ne compte pas
        (["80.04999", "80.05"], "80.0"),
        (["80.05", "80.06"], "80.1"),
        (["0", "0"], "0.0"),
        (["100", "100"], "100.0"),
        ([TIERS, TIERS, TIERS], "33.3"),
        ([TIERS, DEUX_TIERS, "50.15"], "50.1"),  # 50,05 exactement
    ],
)
def test_la_moyenne_s_arrondit_demie_vers_le_haut(fiches, attendu):
    assert notee(*fiches).score == Decimal(attendu)


@pytest.mark.parametrize(("nombre", "attendu"), [(1, None), (2, 70), (3, 70)])
def test_sous_le_minimum_de_fiches_il_n_y_a_pas_de_score(nombre, attendu):
    ligne = notee(*["70"] * nombre)
    assert (ligne.score, ligne.nb_fiches) == (attendu, nombre)


def test_sans_fiche_il_n_y_a_pas_de_ligne():
    assert notee() is None


@pytest.mark.parametrize(
    ("basse", "alerte"), [("60", False), ("59.9999999999", False), ("59.99", True)]
)
def test_l_ecart_se_signale_au_dela_du_seuil(basse, alerte):
    assert notee("80", basse, seuil_alerte_ecart=Decimal(20)).alerte_ecart is alerte


def test_chaque_changement_d_une_fiche_se_compte():
    pret = un_comite(membres=3)
    demande, appel = pret.demandes[0], pret.appel
    premiere = soumettre(demande, pret.membres[0], (5, 5))
    soumettre(demande, pret.membres[1], (3, 3))
    soumettre(demande, pret.membres[2], (1, 1))
    vue = lignes_de(appel)[demande.pk]
    assert (vue.score, vue.ecart, vue.nb_fiches) == (Decimal(60), Decimal(80), 3)

    rouvrir_fiche(acteur=pret.membres[0].utilisateur, evaluation=premiere, motif="Erreur.")
    assert lignes_de(appel)[demande.pk].score == Decimal(40)
    declarer(demande, pret.membres[2], conflit=True)
    vue = lignes_de(appel)[demande.pk]
    assert (vue.score, vue.nb_fiches) == (None, 1)


def test_une_fiche_effacee_ne_compte_plus_et_la_demande_s_efface_avec_elles():
    ligne = notee("80", "60")
    demande = ligne.demande
    demande.affectations.first().evaluation.delete()
    assert ScoreDemande.objects.get(pk=demande.pk).fiches == 1

    demande.delete()
    assert not ScoreDemande.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deux_fiches_soumises_au_meme_instant_comptent_toutes_deux():
    """Chacune s'écrit dans sa transaction, ouverte avant que l'autre se termine."""
    demande = DemandeFactory(en_evaluation=True)
    affectations = [AffectationFactory(demande=demande, libre=True) for _ in range(3)]
    depart = threading.Barrier(3)
    refus = []

    def rendre(affectation, score):
        try:
            with transaction.atomic():
                depart.wait(timeout=10)
                EvaluationFactory(affectation=affectation, soumise=True, score=score)
                time.sleep(0.05)
        except Exception as erreur:
            refus.append(erreur)
        finally:
            connection.close()

    fils = [
        threading.Thread(target=rendre, args=(affectation, Decimal(score)))
        for affectation, score in zip(affectations, (100, 80, 60), strict=True)
    ]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(timeout=20)

    assert not refus
    compte = ScoreDemande.objects.get(pk=demande.pk)
    assert (compte.fiches, compte.moyenne) == (3, Decimal(80))
