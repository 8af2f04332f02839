"""« Est-ce pour nous ? » : ce que disent les réponses, ce qui se garde, ce que la Ville écrit."""

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels.models import Appel, ConditionAdmissibilite, Demande, ReponseAdmissibilite
from appels.services import appels as services
from appels.services import conditions
from appels.services.demandes import commencer_demande
from appels.services.depot import deposer
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.factories import (
    MOT_DE_PASSE,
    AdhesionFactory,
    AppelFactory,
    PlanActionFactory,
    UtilisateurFactory,
    VoletFactory,
    dans,
)
from tests.parcours.gestes import regarder

pytestmark = pytest.mark.django_db


@pytest.fixture
def appel():
    """Un appel ouvert aux trois conditions : éliminatoire, réponse « non » attendue, souple."""
    appel = AppelFactory(ouvert=True)
    conditions.ecrire_conditions(
        appel,
        [
            {"question": "Êtes-vous constitués ?", "explication": "Il le faut."},
            {"question": "Devez-vous un rapport ?", "reponse_attendue": "non"},
            {"question": "Sous {plafond} ?", "eliminatoire": False, "explication": "{dates}"},
        ],
    )
    return appel


def adresse(appel):
    return reverse("appel_autodiagnostic", args=[appel.code])


def envoi(appel, *reponses, **plus):
    cles = appel.conditions.values_list("pk", flat=True)
    return {f"c{pk}": reponse for pk, reponse in zip(cles, reponses, strict=True)} | plus


# --- Ce que disent les réponses -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("reponses", "lignes", "verdict"),
    [
        (("oui", "non", "oui"), ["oui", "oui", "oui"], "oui"),
        (("non", "non", "oui"), ["non", "oui", "oui"], "non"),
        (("oui", "oui", "oui"), ["oui", "non", "oui"], "non"),
        (("oui", "non", "non"), ["oui", "oui", "a_verifier"], "a_verifier"),
        (("inconnu", "non", "oui"), ["a_verifier", "oui", "oui"], "a_verifier"),
        (("non", "inconnu", "non"), ["non", "a_verifier", "a_verifier"], "non"),
    ],
)
def test_la_reponse_dit_oui_non_ou_a_verifier_et_pourquoi(appel, client, reponses, lignes, verdict):
    page = client.post(adresse(appel), envoi(appel, *reponses))

    bilan = page.context["bilan"]
    assert [ligne.verdict for ligne in bilan.lignes] == lignes
    assert bilan.verdict == verdict
    texte = page.content.decode()
    assert {
        "oui": "Oui, cet appel semble fait pour vous",
        "non": "Non, cet appel ne semble pas fait pour vous",
        "a_verifier": "Rien ne vous écarte",
    }[verdict] in texte
    # Pourquoi : l'explication de chaque condition qui n'est pas remplie, et d'elles seules.
    assert ("Il le faut." in texte) is (lignes[0] != "oui")
    assert ("du 1er\u00a0septembre 2030 au 31\u00a0août 2031" in texte) is (lignes[2] != "oui")
    assert "Sous 20\u00a0000\u00a0$ ?" in texte


def test_une_question_sans_reponse_se_signale_a_sa_place(appel, client):
    donnees = envoi(appel, "oui", "non", "oui")
    premier = next(iter(donnees))
    del donnees[premier]

    page = client.post(adresse(appel), donnees)

    assert page.context["bilan"] is None
    assert page.context["form"].errors == {premier: ["Choisissez une réponse."]}
    # Ce qui était répondu l'est encore.
    assert page.content.decode().count("checked") == 2


@pytest.mark.parametrize(
    ("plafonds", "texte"),
    [
        ([], "montant à venir"),
        (["20000"], "20\u00a0000\u00a0$"),
        (["5000", "5000"], "5\u00a0000\u00a0$"),
        (["20000", "5000.50"], "20\u00a0000\u00a0$ au volet 1, 5\u00a0000,50\u00a0$ au volet 2"),
    ],
)
def test_les_reperes_prennent_les_valeurs_de_l_appel(plafonds, texte):
    appel = AppelFactory(garniture=False, projet_debut=None, projet_fin=None)
    for no, plafond in enumerate(plafonds, start=1):
        VoletFactory(appel=appel, no=no, plafond=Decimal(plafond))
    condition = ConditionAdmissibilite(appel=appel, question="{plafond} {dates} {autre}")

    assert condition.question_lisible == f"{texte} dates à venir {{autre}}"


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_conditions(
    appel, client, django_assert_num_queries
):
    seul = AppelFactory(ouvert=True)
    conditions.ecrire_conditions(seul, [{"question": "Sous {plafond} ?"}])
    with CaptureQueriesContext(connection) as une:
        client.post(adresse(seul), envoi(seul, "oui"))
    with django_assert_num_queries(len(une)):
        client.post(adresse(appel), envoi(appel, "oui", "oui", "oui"))


# --- Avant tout compte --------------------------------------------------------------------------
def test_rien_ne_se_garde_d_une_personne_sans_compte(appel, client):
    client.get(adresse(appel))
    client.post(adresse(appel), envoi(appel, "oui", "non", "inconnu"))

    assert not Session.objects.exists()
    assert not ReponseAdmissibilite.objects.exists()
    assert "sessionid" not in client.cookies


def test_commencer_mene_les_reponses_dans_le_brouillon_jusqu_a_l_agent(
    appel, client, accuses_confies
):
    """Sans compte d'abord : elles traversent la connexion, puis la session les oublie."""
    adhesion = AdhesionFactory()
    responsable = adhesion.utilisateur
    suite = client.post(adresse(appel), envoi(appel, "oui", "non", "inconnu", commencer="1"))
    nouvelle = f"{reverse('organisme:demande_nouvelle')}?appel={appel.code}"
    assert suite.url == nouvelle
    assert client.session.get_expiry_age() <= 60 * 60
    connexion = client.get(nouvelle)
    assert connexion.url.startswith(reverse("account_login"))
    responsable.emailaddress_set.create(email=responsable.email, verified=True, primary=True)
    client.post(connexion.url, {"login": responsable.email, "password": MOT_DE_PASSE})
    assert "seront gardées avec la demande" in client.get(nouvelle).content.decode()

    client.post(nouvelle, {"organisme": adhesion.organisme_id})

    demande = Demande.objects.get()
    assert list(demande.reponses_admissibilite.values_list("condition__ordre", "reponse")) == [
        (0, "oui"), (1, "non"), (2, "inconnu"),
    ]  # fmt: skip
    assert "autodiagnostic" not in client.session
    assert "seront gardées" not in client.get(nouvelle).content.decode()

    Demande.objects.update(
        etat="deposee", deposee_le=dans(), volet=appel.volets.first(), montant_demande=1
    )
    client.force_login(UtilisateurFactory(agent=True))
    page = client.get(reverse("ville:demande", args=[demande.reference])).content.decode()
    recevabilite = page[page.index('id="recevabilite"') : page.index('id="projet"')]
    assert "a répondu à « Est-ce pour nous ? »" in recevabilite
    assert "Êtes-vous constitués ? <strong>Oui</strong>" in recevabilite
    assert "Sous 20\u00a0000\u00a0$ ? <strong>Je ne sais pas</strong>" in recevabilite
    assert recevabilite.count("Condition remplie") == 2
    assert recevabilite.count("À vérifier") == 1


def test_les_reponses_d_un_appel_ne_vont_pas_dans_un_autre(appel, client):
    adhesion = AdhesionFactory()
    autre = AppelFactory(ouvert=True)
    conditions.ecrire_conditions(autre, [{"question": "Autre ?"}])
    client.force_login(adhesion.utilisateur)
    client.post(adresse(appel), envoi(appel, "oui", "non", "oui", commencer="1"))
    client.post(adresse(autre), envoi(autre, "oui", commencer="1"))
    nouvelle = reverse("organisme:demande_nouvelle")

    client.post(f"{nouvelle}?appel={autre.code}", {"organisme": adhesion.organisme_id})

    demande = Demande.objects.get()
    assert [r.condition.question for r in demande.reponses_admissibilite.all()] == ["Autre ?"]
    assert client.session["autodiagnostic"].keys() == {appel.code}


def test_une_demande_sans_autodiagnostic_n_en_montre_pas(prete, client, accuses_confies):
    deposer(acteur=prete.responsable, demande=prete.demande)
    client.force_login(UtilisateurFactory(agent=True))
    page = client.get(reverse("ville:demande", args=[prete.demande.reference]))
    assert "Est-ce pour nous" not in page.content.decode()


@pytest.mark.parametrize("valeur", ["peut-être", "", None])
def test_une_reponse_forgee_n_entre_pas_dans_le_brouillon(appel, valeur):
    adhesion = AdhesionFactory()
    etrangere = AppelFactory(ouvert=True)
    conditions.ecrire_conditions(etrangere, [{"question": "D'ailleurs ?"}])
    demande = commencer_demande(
        acteur=adhesion.utilisateur,
        appel=appel,
        organisme=adhesion.organisme,
        autodiagnostic={
            str(appel.conditions.first().pk): valeur,
            str(etrangere.conditions.first().pk): "oui",
        },
    )
    assert not demande.reponses_admissibilite.exists()


# --- Quand l'appel n'est pas ouvert -------------------------------------------------------------
def test_a_venir_on_se_pose_les_questions_sans_pouvoir_commencer(appel, client):
    Appel.objects.update(ouverture=dans(days=1), cloture=dans(days=5))
    page = client.get(reverse("appel_public", args=[appel.code])).content.decode()
    assert f'href="{adresse(appel)}"' in page

    reponse = client.post(adresse(appel), envoi(appel, "oui", "non", "oui", commencer="1"))

    assert reponse.status_code == 200
    assert "Commencer la demande" not in reponse.content.decode()
    assert not Session.objects.exists()


def test_clos_ou_sans_conditions_la_page_de_l_appel_n_y_mene_pas(appel, client):
    sans = AppelFactory(ouvert=True)
    assert (
        adresse(sans) not in client.get(reverse("appel_public", args=[sans.code])).content.decode()
    )
    assert "Pas de questions pour cet appel" in client.get(adresse(sans)).content.decode()
    assert client.post(adresse(sans), {"commencer": "1"}).status_code == 200
    Appel.objects.update(ouverture=dans(days=-5), cloture=dans(days=-1))
    page = client.get(reverse("appel_public", args=[appel.code])).content.decode()
    assert adresse(appel) not in page


@pytest.mark.parametrize("etat", ["brouillon", "annule"])
def test_un_appel_qui_n_est_pas_public_n_en_a_pas(appel, client, etat):
    Appel.objects.update(etat=etat)
    assert client.get(adresse(appel)).status_code == 404


# --- Les conditions, côté Ville -----------------------------------------------------------------
@pytest.fixture
def brouillon():
    agente = UtilisateurFactory(agent=True)
    appel = services.creer_appel(
        acteur=agente,
        plan=PlanActionFactory(),
        champs={
            "code": "AP-2031-01",
            "titre": "Essai",
            "ouverture": dans(days=1),
            "cloture": dans(days=30),
            "projet_debut": dt.date(2031, 9, 1),
            "projet_fin": dt.date(2032, 8, 31),
        },
        volets=[],
        criteres=[],
    )
    appel.agente = agente
    return appel


def test_un_appel_nait_avec_les_six_conditions_livrees(brouillon):
    lues = list(brouillon.conditions.values_list("ordre", "reponse_attendue", "eliminatoire"))
    assert lues == [
        (0, "oui", True), (1, "oui", True), (2, "oui", True),
        (3, "non", False), (4, "oui", False), (5, "oui", False),
    ]  # fmt: skip
    dates, plafond = brouillon.conditions.all()[4:]
    assert "(du 1er\u00a0septembre 2031 au 31\u00a0août 2032)" in dates.question_lisible
    assert "(montant à venir)" in plafond.question_lisible
    assert all(condition.explication for condition in brouillon.conditions.all())


def lignes(*contenus, initiales):
    """Les champs du formset : un dictionnaire par ligne, dans l'ordre de la page."""
    donnees = {
        "form-TOTAL_FORMS": len(contenus),
        "form-INITIAL_FORMS": initiales,
    }
    for rang, contenu in enumerate(contenus):
        donnees |= {f"form-{rang}-{champ}": valeur for champ, valeur in contenu.items()}
    return donnees


def test_la_ville_reordonne_retire_et_ajoute_des_conditions(brouillon, client):
    services.enregistrer_conditions(
        acteur=brouillon.agente,
        appel=brouillon,
        conditions=[{"question": "A ?"}, {"question": "B ?"}, {"question": "C ?"}],
    )
    client.force_login(brouillon.agente)
    url = reverse("ville:appel_conditions", args=[brouillon.code])
    oui = {"reponse_attendue": "oui", "eliminatoire": "on"}
    vide = {"question": "", "explication": "", "ORDER": "", **oui}

    reponse = client.post(
        url,
        lignes(
            {"question": "A ?", "ORDER": 2, **oui},
            {"question": "B ?", "ORDER": 3, "DELETE": "on", **oui},
            {"question": "C ?", "ORDER": 1, "reponse_attendue": "non"},
            {"question": "D ?", "ORDER": "", "explication": "Parce que.", **oui},
            vide,
            initiales=3,
        ),
    )

    assert reponse.status_code == 302
    assert list(
        brouillon.conditions.values_list(
            "question", "reponse_attendue", "eliminatoire", "explication"
        )
    ) == [
        ("C ?", "non", False, ""),
        ("A ?", "oui", True, ""),
        ("D ?", "oui", True, "Parce que."),
    ]
    entree = EntreeJournal.objects.filter(verbe="appel.modifier").latest("pk")
    assert (entree.acteur, entree.details) == (brouillon.agente, {"partie": "conditions"})


def test_une_ligne_fautive_garde_tout_ce_qui_etait_saisi(brouillon, client):
    client.force_login(brouillon.agente)
    url = reverse("ville:appel_conditions", args=[brouillon.code])

    page = client.post(
        url,
        lignes(
            {"question": "", "ORDER": 1, "reponse_attendue": "oui", "explication": "Mon texte."},
            initiales=1,
        ),
    )

    assert page.status_code == 200
    assert page.context["lignes"].forms[0].errors.keys() == {"question"}
    assert "Mon texte." in page.content.decode()
    assert brouillon.conditions.count() == 6


def test_publie_les_conditions_sont_gelees(brouillon, client):
    Appel.objects.update(etat="publie", publie_le=dans())
    client.force_login(brouillon.agente)
    url = reverse("ville:appel_conditions", args=[brouillon.code])

    page = client.get(url).content.decode()
    assert "ses conditions ne changent plus" in page
    assert "form-0-question" not in page
    client.post(
        url,
        lignes({"question": "X ?", "ORDER": 1, "reponse_attendue": "oui"}, initiales=1),
    )
    assert brouillon.conditions.count() == 6
    with pytest.raises(RegleViolee, match="gelée"):
        services.enregistrer_conditions(acteur=brouillon.agente, appel=brouillon, conditions=[])


def test_seule_une_personne_agente_ecrit_les_conditions(brouillon):
    for personne in (UtilisateurFactory(approbation=True), AdhesionFactory().utilisateur):
        with pytest.raises(PermissionRefusee):
            services.enregistrer_conditions(acteur=personne, appel=brouillon, conditions=[])
    assert brouillon.conditions.count() == 6


# --- Dans un navigateur -------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_sans_javascript_et_accessible(brouillon, ouvrir_page, verifier_axe):
    VoletFactory(appel=brouillon, no=1)
    Appel.objects.update(
        etat="publie", publie_le=dans(days=-1), ouverture=dans(days=-1), cloture=dans(days=9)
    )
    page = ouvrir_page(largeur=320, javascript=False)
    page.goto(f"/appels/{brouillon.code}/")
    page.get_by_role("link", name="Est-ce pour nous ?").click()
    page.get_by_role("button", name="Voir la réponse").click()
    assert page.get_by_text("Choisissez une réponse.").count() >= 6
    for condition in brouillon.conditions.all():
        page.locator(f"[name=c{condition.pk}][value={condition.reponse_attendue}]").check()
    page.get_by_role("button", name="Voir la réponse").click()
    page.get_by_text("Oui, cet appel semble fait pour vous").wait_for()
    for largeur in (320, 1280):
        page.set_viewport_size({"width": largeur, "height": 900})
        debordement = page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
        assert debordement <= 0, largeur
    page.get_by_role("button", name="Commencer la demande").click()
    page.wait_for_url("**/connexion/**")

    avec = ouvrir_page(largeur=320)
    avec.goto(f"/appels/{brouillon.code}/autodiagnostic/")
    regarder(avec, verifier_axe)
    for condition in brouillon.conditions.all():
        avec.locator(f"[name=c{condition.pk}][value=inconnu]").check()
    avec.get_by_role("button", name="Voir la réponse").click()
    avec.get_by_text("Rien ne vous écarte").wait_for()
    regarder(avec, verifier_axe)


@pytest.mark.django_db(transaction=True)
def test_la_page_des_conditions_est_accessible(brouillon, ouvrir_page, verifier_axe):
    brouillon.agente.emailaddress_set.create(
        email=brouillon.agente.email, verified=True, primary=True
    )
    page = ouvrir_page(largeur=320)
    page.goto(f"/ville/appels/{brouillon.code}/conditions/")
    page.fill("[name=login]", brouillon.agente.email)
    page.fill("[name=password]", MOT_DE_PASSE)
    page.press("[name=password]", "Enter")
    page.get_by_role("heading", name="Conditions d'admissibilité").wait_for()
    verifier_axe(page)
