"""L'échéance d'un rapport : rappelée une fois par palier, puis en retard, et ce que cela bloque."""

import datetime as dt

import pytest
from django.conf import settings
from django.urls import reverse
from post_office.models import Email

from appels.services.recevabilite import points_proposes
from financement.models import RappelRapport, Rapport
from financement.services import rappels_rapports, versements
from financement.tasks import rappeler_rapports
from socle import horloge
from socle.exceptions import RegleViolee
from socle.models import EntreeJournal
from tests.factories import (
    AffectationFactory,
    DemandeFactory,
    MembreComiteFactory,
    UtilisateurFactory,
    dans,
)
from tests.financement.objets import page, requetes, un_projet

pytestmark = pytest.mark.django_db
JOUR = dt.timedelta(days=1)


@pytest.fixture
def projet():
    """Seul le rapport d'étape est attendu bientôt."""
    projet = un_projet()
    Rapport.objects.filter(pk=projet.final.pk).update(etat="accepte", depose_le=dans())
    return projet


def le(projet, ecart):
    """L'horloge à 9 h, ``ecart`` jours après l'échéance (négatif : avant)."""
    return horloge.a_la_date(horloge.a_midi(projet.etape.echeance + ecart * JOUR))


@pytest.mark.parametrize(
    ("ecart", "palier"),
    [
        (-31, None), (-30, "30_jours"), (-8, "30_jours"), (-7, "7_jours"), (-2, "7_jours"),
        (-1, "1_jour"), (0, None), (1, "retard"), (60, "retard"),
    ],
)  # fmt: skip
def test_chaque_jour_a_son_rappel(projet, ecart, palier):
    with le(projet, ecart):
        rappels_rapports.envoyer_rappels()
    assert [r.palier for r in projet.etape.rappels.all()] == ([palier] if palier else [])


def test_les_quatre_rappels_partent_une_fois_chacun_meme_relances(projet):
    for ecart in range(-32, 5):
        with le(projet, ecart):
            for _ in range(2):
                rappeler_rapports()
    assert projet.etape.rappels.count() == 4
    # Deux personnes dans l'organisme.
    assert Email.objects.count() == 8
    assert EntreeJournal.objects.filter(verbe="rapport.rappeler").count() == 4
    retard = Email.objects.order_by("-pk").first()
    assert "en retard" in retard.subject
    assert "aucun versement" in retard.message


def test_le_rappel_dit_ce_qui_manque_et_ou_l_ecrire(projet):
    with le(projet, -7):
        rappels_rapports.envoyer_rappels()
    texte = Email.objects.first().message
    assert "Décrivez les activités réalisées" in texte
    assert f"/organisme/demandes/{projet.demande.reference}/rapports/etape/" in texte


@pytest.mark.parametrize("quoi", ["depose", "resiliee", "non_conventionnee"])
def test_ce_qui_n_est_plus_attendu_ne_se_rappelle_pas(projet, quoi):
    if quoi == "depose":
        Rapport.objects.filter(pk=projet.etape.pk).update(etat="depose", depose_le=dans())
    else:
        etat = "resiliee" if quoi == "resiliee" else "acceptee"
        type(projet.demande).objects.filter(pk=projet.demande.pk).update(etat=etat)
    with le(projet, 3):
        assert rappels_rapports.envoyer_rappels() == 0
        assert not rappels_rapports.rappeler(rapport=projet.etape)
    assert not Email.objects.exists()


def test_une_echeance_reportee_a_ses_propres_rappels(projet):
    with le(projet, -7):
        rappels_rapports.envoyer_rappels()
    Rapport.objects.filter(pk=projet.etape.pk).update(echeance=projet.etape.echeance + 30 * JOUR)
    projet.etape.refresh_from_db()
    with le(projet, -7):
        rappels_rapports.envoyer_rappels()
    assert RappelRapport.objects.filter(palier="7_jours").count() == 2


def test_la_tache_est_planifiee():
    taches = [tache["task"] for tache in settings.CELERY_BEAT_SCHEDULE.values()]
    assert rappeler_rapports.name in taches


# --- Ce qu'un retard bloque -----------------------------------------------------------------------
def en_retard_d_un_jour(projet):
    hier = horloge.aujourdhui() - JOUR
    Rapport.objects.filter(pk=projet.etape.pk).update(echeance=hier)


def test_un_rapport_en_retard_bloque_tout_versement(projet):
    versement, gens = projet.versements[0], projet.gens
    with le(projet, 1), pytest.raises(RegleViolee, match="en retard"):
        versements.proposer_versement(acteur=gens.agent, versement=versement)
    with le(projet, 0):
        versements.proposer_versement(acteur=gens.agent, versement=versement)
    with le(projet, 1):
        with pytest.raises(RegleViolee, match="en retard"):
            versements.autoriser_versement(acteur=gens.approbation, versement=versement)
        Rapport.objects.filter(pk=projet.etape.pk).update(etat="depose", depose_le=dans())
        versement = versements.autoriser_versement(acteur=gens.approbation, versement=versement)
    assert versement.etat == "autorise"


def test_la_page_des_versements_dit_ce_qui_bloque(projet):
    proposer = reverse("ville:versement_agir", args=[projet.versements[0].pk, "proposer"])
    texte = page(projet.gens.agent, "ville:versements").text
    assert proposer in texte
    assert "Bloqué" not in texte
    en_retard_d_un_jour(projet)
    texte = page(projet.gens.agent, "ville:versements").text
    assert proposer not in texte
    assert "Bloqué" in texte
    assert reverse("ville:rapport", args=[projet.etape.pk]) in texte
    assert "en retard" in page(projet.gens.agent, "ville:accueil").text


def test_la_liste_des_rapports_se_filtre_sur_les_retards(projet):
    agent = projet.gens.agent
    assert projet.demande.titre not in page(agent, "ville:rapports", etat="en_retard").text
    en_retard_d_un_jour(projet)
    assert projet.demande.titre in page(agent, "ville:rapports", etat="en_retard").text


def test_la_liste_des_versements_coute_autant_avec_des_retards(projet):
    un = requetes(projet.gens.agent, "ville:versements")
    for _ in range(2):
        un_projet()
    Rapport.objects.update(echeance=dt.date(2020, 1, 1))
    assert requetes(projet.gens.agent, "ville:versements") == un


# --- Ce que la prochaine recevabilité en voit -----------------------------------------------------
def test_la_recevabilite_de_la_demande_suivante_nomme_le_rapport_en_retard(projet):
    suivante = DemandeFactory(organisme=projet.demande.organisme, deposee=True)
    agent = projet.gens.agent
    with le(projet, 0):
        assert points_proposes(suivante, agent)["rapports"] == ("oui", "Aucun retard.")
    with le(projet, 1):
        reponse, pourquoi = points_proposes(suivante, agent)["rapports"]
        assert reponse == "non"
        assert f"rapport d'étape de « {projet.demande.titre} »" in pourquoi
        assert pourquoi.count("rapport d'étape") == 1
        # Récusée du projet en retard, une personne sait seulement qu'il y en a un.
        membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=agent)
        AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
        assert points_proposes(suivante, agent)["rapports"] == ("non", "Rapport en retard.")


def test_la_page_de_la_demande_suivante_le_montre_a_la_ville(projet):
    suivante = DemandeFactory(organisme=projet.demande.organisme, deposee=True)
    en_retard_d_un_jour(projet)
    agent = projet.gens.agent
    assert "Rapport en retard" in page(agent, "ville:demande", suivante.reference).text


def test_le_retard_d_un_autre_organisme_ne_compte_pas(projet):
    with le(projet, 1):
        ailleurs = DemandeFactory(deposee=True)
        agent = UtilisateurFactory(agent=True)
        assert points_proposes(ailleurs, agent)["rapports"] == ("oui", "Aucun retard.")
