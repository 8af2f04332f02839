"""La consultation : ce que la Ville en garde, ses règles, ses pages."""

import json

import pytest
from django.urls import reverse

from appels.models import Consultation, PointSouleve
from appels.services import consultations, plans
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.factories import (
    AtelierFactory,
    BesoinFactory,
    ConsultationFactory,
    PlanActionFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db
LIVREE = json.loads(plans.CONSULTATION.read_text(encoding="utf-8"))


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


def vides(*prefixes):
    """Les lignes d'un formulaire, sans aucune."""
    return {f"{p}-{cle}_FORMS": "0" for p in prefixes for cle in ("TOTAL", "INITIAL", "MAX_NUM")}


def test_la_consultation_livree_se_charge_entiere_une_seule_fois():
    plan = plans.charger_consultation(LIVREE)
    plans.charger_consultation(LIVREE)

    consultation = plan.consultations.get()
    atelier = consultation.ateliers.get()
    assert not consultation.est_publiee
    assert consultation.source == LIVREE["source"]
    assert (atelier.date.isoformat(), atelier.lieu) == ("2025-02-19", "Colisée Vidéotron")
    assert (atelier.personnes, atelier.organisations) == (39, 25)
    assert [atelier.groupe_min, atelier.groupe_max] == LIVREE["atelier"]["taille_des_groupes"]
    assert [q.texte.lower() for q in atelier.questions.all()] == [
        but.lower() for but in LIVREE["atelier"]["buts"]
    ]
    assert [(i.nom, i.role) for i in consultation.instances.all()] == [
        (i["libelle"], i["role"]) for i in LIVREE["instances"]
    ]
    assert [(e.libelle, f"{e.prevue_le:%Y-%m}") for e in consultation.etapes.all()] == [
        (e["libelle"], e["date"]) for e in LIVREE["etapes"]
    ]
    forces = atelier.points.filter(genre="force")
    assert [point.texte for point in forces] == [force["libelle"] for force in LIVREE["forces"]]
    assert not any(point.besoins.exists() for point in forces)
    nommes = {
        point.besoins.get().code: point.texte for point in atelier.points.exclude(genre="force")
    }
    assert nommes == {besoin["code"]: besoin["libelle"] for besoin in LIVREE["besoins"]}


def test_ce_que_la_ville_a_corrige_reste_au_chargement_suivant(agente):
    plan = plans.charger_consultation(LIVREE)
    point = PointSouleve.objects.filter(genre="force").first()
    consultations.retirer(acteur=agente, objet=point)

    plans.charger_consultation(LIVREE)

    assert plan.consultations.get().ateliers.get().points.filter(genre="force").count() == 7


def test_on_ne_publie_pas_une_consultation_sans_atelier(agente):
    consultation = ConsultationFactory()
    with pytest.raises(RegleViolee, match="Inscrivez un atelier"):
        consultations.publier(acteur=agente, consultation=consultation)

    AtelierFactory(consultation=consultation)
    consultations.publier(acteur=agente, consultation=consultation)

    assert Consultation.objects.publiees().get() == consultation
    assert EntreeJournal.objects.pour(consultation).first().verbe == "consultation.publier"


def test_seule_la_ville_qui_gere_le_plan_ecrit(agente):
    tresorerie = UtilisateurFactory(tresorerie=True)
    consultation = AtelierFactory().consultation
    with pytest.raises(PermissionRefusee):
        consultations.publier(acteur=tresorerie, consultation=consultation)
    assert not Consultation.objects.visibles_par(UtilisateurFactory(mifi=True)).exists()
    assert Consultation.objects.visibles_par(tresorerie).exists()


def test_l_atelier_garde_ses_questions_ses_groupes_et_les_points_qui_les_nomment(agente, client):
    consultation = ConsultationFactory()
    client.force_login(agente)
    adresse = reverse("ville:atelier_nouveau", args=[consultation.pk])
    saisie = {
        "date": "2026-10-01", "lieu": "Salle Pélican", "personnes": "12",
        **vides("questions", "groupes"),
        "questions-TOTAL_FORMS": "1", "questions-0-texte": "Que manque-t-il ?",
        "groupes-TOTAL_FORMS": "2", "groupes-0-nom": "Bleu", "groupes-0-personnes": "5",
        "groupes-1-nom": "Vert", "groupes-1-personnes": "7",
    }  # fmt: skip
    assert client.post(adresse, saisie).status_code == 302
    atelier = consultation.ateliers.get()
    bleu, vert = atelier.groupes.all()
    question = atelier.questions.get()
    point = consultations.enregistrer_point(
        acteur=agente,
        atelier=atelier,
        champs={"genre": "defi", "texte": "Le dimanche", "question": question, "groupe": vert},
        besoins=[],
    )

    # Le groupe bleu s'en va, la question change de mots : le point les suit.
    saisie |= {
        "questions-INITIAL_FORMS": "1", "questions-0-pk": question.pk,
        "questions-0-texte": "Que manque-t-il encore ?",
        "groupes-INITIAL_FORMS": "2", "groupes-0-pk": bleu.pk, "groupes-0-DELETE": "on",
        "groupes-1-pk": vert.pk,
    }  # fmt: skip
    adresse = reverse("ville:atelier", args=[consultation.pk, atelier.pk])
    assert client.post(adresse, saisie).status_code == 302

    point.refresh_from_db()
    assert point.question.texte == "Que manque-t-il encore ?"
    assert [groupe.nom for groupe in atelier.groupes.all()] == ["Vert"]
    assert point.groupe == vert


@pytest.mark.parametrize(
    ("changement", "phrase"),
    [
        ({"personnes": "3"}, "Les groupes réunissent 6 personnes"),
        ({"groupe_min": "9", "groupe_max": "4"}, "Le plus grand groupe a moins de monde"),
        ({"date": "hier"}, "date"),
        ({"lieu": ""}, "obligatoire"),
    ],
)
def test_une_saisie_fausse_se_dit_et_ne_perd_rien(agente, client, changement, phrase):
    consultation = ConsultationFactory()
    client.force_login(agente)
    saisie = {
        "date": "2026-10-01", "lieu": "Salle Pélican", "personnes": "12",
        **vides("questions", "groupes"),
        "groupes-TOTAL_FORMS": "1", "groupes-0-nom": "Groupe rouge", "groupes-0-personnes": "6",
        **changement,
    }  # fmt: skip

    reponse = client.post(reverse("ville:atelier_nouveau", args=[consultation.pk]), saisie)

    assert reponse.status_code == 200
    assert phrase in reponse.text
    assert "Groupe rouge" in reponse.text
    assert not consultation.ateliers.exists()


def test_une_force_n_est_pas_un_besoin_et_un_point_reste_dans_son_atelier(agente):
    atelier = AtelierFactory()
    ailleurs = AtelierFactory().questions.create(texte="Ailleurs ?")
    besoin = BesoinFactory(plan=atelier.consultation.plan)
    champs = {"genre": "force", "texte": "On s'entend bien", "question": None, "groupe": None}
    with pytest.raises(RegleViolee, match="pas un besoin"):
        consultations.enregistrer_point(
            acteur=agente, atelier=atelier, champs=champs, besoins=[besoin]
        )
    with pytest.raises(RegleViolee, match="autre atelier"):
        consultations.enregistrer_point(
            acteur=agente,
            atelier=atelier,
            champs={**champs, "genre": "defi", "question": ailleurs},
            besoins=[besoin],
        )


def test_une_etape_n_est_faite_que_quand_on_le_dit(agente):
    consultation = ConsultationFactory()
    champs = {"libelle": "Présentation", "prevue_le": "2025-05-01", "faite_le": None}
    etape = consultations.enregistrer_etape(acteur=agente, consultation=consultation, champs=champs)
    etape.refresh_from_db()
    assert not etape.est_faite
    with pytest.raises(RegleViolee, match="à venir"):
        consultations.enregistrer_etape(
            acteur=agente,
            consultation=consultation,
            etape=etape,
            champs={"faite_le": etape.prevue_le.replace(year=2999)},
        )


def test_retirer_montre_ses_effets_puis_le_fait_et_le_journal_s_en_souvient(agente, client):
    atelier = AtelierFactory()
    point = atelier.points.create(genre="defi", texte="Le bus du dimanche")
    client.force_login(agente)
    adresse = reverse(
        "ville:consultation_retirer", args=[atelier.consultation_id, "point", point.pk]
    )

    assert "restent dans le plan" in client.get(adresse).text
    client.post(adresse)

    assert not atelier.points.exists()
    entree = EntreeJournal.objects.latest("pk")
    assert (entree.verbe, entree.objet_libelle) == ("pointsouleve.retirer", "Le bus du dimanche")


def test_le_dernier_atelier_d_une_consultation_publiee_ne_se_retire_pas(agente):
    atelier = AtelierFactory(consultation__publiee=True)
    with pytest.raises(RegleViolee, match="au moins un atelier"):
        consultations.retirer(acteur=agente, objet=atelier)


def test_la_page_de_la_ville_coute_autant_de_requetes_a_un_point_qu_a_trois(
    agente, client, django_assert_max_num_queries
):
    plan = PlanActionFactory()
    atelier = AtelierFactory(consultation__plan=plan)
    client.force_login(agente)
    adresse = reverse("ville:consultation", args=[atelier.consultation_id])

    def ajouter():
        point = atelier.points.create(genre="defi", texte="Un défi")
        point.besoins.add(BesoinFactory(plan=plan))
        atelier.consultation.etapes.create(libelle="Étape", prevue_le="2025-05-01")

    ajouter()
    with django_assert_max_num_queries(50) as une:
        client.get(adresse)
    ajouter()
    ajouter()
    with django_assert_max_num_queries(50) as trois:
        client.get(adresse)
    assert len(une) == len(trois)
