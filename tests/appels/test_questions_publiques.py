"""Les questions d'un appel : jusqu'à la clôture, sans nom, et ce que chacun en lit."""

import datetime as dt
import itertools
import threading
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from appels.models import QuestionPublique
from appels.services import echanges
from appels.services import questions_publiques as services
from socle.exceptions import PermissionRefusee, RegleViolee, TransitionRefusee
from socle.models import EntreeJournal
from tests.appels.conftest import toronto
from tests.appels.test_echanges import confirmee, connecter
from tests.factories import (
    MOT_DE_PASSE,
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    DemandeFactory,
    MembreComiteFactory,
    OrganismeFactory,
    UtilisateurFactory,
)
from tests.socle.test_permissions import personnes

pytestmark = pytest.mark.django_db
SECONDE = dt.timedelta(seconds=1)
CLOTURE = toronto(2026, 6, 12, 16)


def un_appel(**champs):
    """Un appel ouvert, une personne d'un organisme qui demande, une agente."""
    adhesion = AdhesionFactory(
        organisme=OrganismeFactory(nom="Café Parlures"),
        utilisateur=UtilisateurFactory(nom="Amina Bérubé"),
    )
    return SimpleNamespace(
        appel=AppelFactory(**({"ouvert": True} | champs)),
        personne=adhesion.utilisateur,
        organisme=adhesion.organisme,
        agente=UtilisateurFactory(agent=True),
    )


@pytest.fixture
def monde():
    return un_appel()


def poser(monde, texte="Le loyer est-il admissible ?", personne=None):
    return services.poser(acteur=personne or monde.personne, appel=monde.appel, texte=texte)


def publier(monde, question, enonce="Le loyer est-il admissible ?", reponse="Oui, au prorata."):
    return services.publier(acteur=monde.agente, question=question, enonce=enonce, reponse=reponse)


def page_publique(client, appel):
    return client.get(reverse("appel_public", args=[appel.code])).content.decode()


# --- Poser --------------------------------------------------------------------------------------
def test_on_demande_on_repond_tout_le_monde_lit(monde, client):
    adresse = reverse("question_poser", args=[monde.appel.code])
    client.force_login(monde.personne)
    client.post(adresse, {"texte": "Le loyer du Café Parlures est-il admissible ?", "envoyer": "1"})
    question = QuestionPublique.objects.get()
    assert "Envoyée" in client.get(adresse).content.decode()
    assert "Café Parlures est-il" not in page_publique(client, monde.appel)

    client.force_login(monde.agente)
    repondre = reverse("ville:question", args=[question.pk])
    assert "Café Parlures est-il" in client.get(repondre).content.decode()
    envoi = {"suite": "publier", "enonce": "Un loyer est-il admissible ?", "reponse": "Au prorata."}
    assert client.post(repondre, envoi).status_code == 302

    client.logout()
    lue = page_publique(client, monde.appel)
    assert 'id="question-1"' in lue
    assert "Un loyer est-il admissible ?" in lue
    assert "Au prorata." in lue
    for nom in ("Parlures", "Amina", "Bérubé", monde.personne.email):
        assert nom not in lue
    client.force_login(monde.personne)
    siennes = client.get(adresse).content.decode()
    assert f"{reverse('appel_public', args=[monde.appel.code])}#question-1" in siennes


def test_sans_compte_on_lit_et_on_est_mene_a_la_connexion(monde, client):
    publier(monde, poser(monde))

    assert "Question 1" in page_publique(client, monde.appel)
    adresse = reverse("question_poser", args=[monde.appel.code])
    assert client.post(adresse, {"texte": "x", "envoyer": "1"}).status_code == 302
    assert QuestionPublique.objects.count() == 1


def test_une_session_expiree_rend_la_question_sans_l_envoyer(monde, client):
    adresse = reverse("question_poser", args=[monde.appel.code])
    client.post(adresse, {"texte": "Ma longue question.", "envoyer": "1"})
    client.post(
        reverse("account_login"),
        {"login": confirmee(monde.personne).email, "password": MOT_DE_PASSE},
    )

    assert client.get(adresse).context["form"]["texte"].value() == "Ma longue question."
    assert not QuestionPublique.objects.exists()


@pytest.mark.parametrize(
    ("ecart", "recue"), [(dt.timedelta(0), True), (SECONDE, False)], ids=["16:00:00", "16:00:01"]
)
def test_les_questions_se_posent_jusqu_a_la_cloture_a_la_seconde(a_l_heure, client, ecart, recue):
    a_l_heure(CLOTURE)
    monde = un_appel(cloture=CLOTURE, ouverture=CLOTURE - dt.timedelta(days=20))
    adresse = reverse("question_poser", args=[monde.appel.code])
    client.force_login(monde.personne)
    assert "vendredi 12\u00a0juin 2026 à\u00a016" in client.get(adresse).content.decode()
    assert "jusqu'à la clôture, vendredi 12\u00a0juin 2026" in page_publique(client, monde.appel)
    a_l_heure(CLOTURE + ecart)

    reponse = client.post(adresse, {"texte": "À temps ?", "envoyer": "1"})

    assert QuestionPublique.objects.exists() is recue
    if not recue:
        corps = reponse.content.decode()
        assert "se posaient jusqu&#x27;à la clôture" in corps
        assert "À temps ?" in corps  # rien d'écrit n'est perdu
        assert "Poser une question" not in page_publique(client, monde.appel)


@pytest.mark.parametrize("moment", ["avant", "brouillon", "annule"])
def test_un_appel_ferme_ne_recoit_pas_de_question(moment):
    dates = {"ouverture": CLOTURE, "cloture": CLOTURE + dt.timedelta(days=2000)}
    monde = un_appel(
        **{
            "avant": {"ouverture": toronto(2100, 1, 1), "cloture": toronto(2100, 2, 1)},
            "brouillon": {"ouvert": False},
            "annule": {"ouvert": False, "etat": "annule", **dates},
        }[moment]
    )

    with pytest.raises(RegleViolee) as refus:
        poser(monde)
    assert refus.value.code == "ferme"


def test_une_question_vide_ou_trop_longue_reste_a_corriger(monde, client):
    client.force_login(monde.personne)
    long = "x" * (services.LONGUEUR_MAX + 1)
    for texte in ("  ", long):
        reponse = client.post(
            reverse("question_poser", args=[monde.appel.code]), {"texte": texte, "envoyer": "1"}
        )
        assert reponse.context["form"].errors["texte"]
        with pytest.raises(RegleViolee):
            poser(monde, texte)
    assert long in reponse.content.decode()
    assert not QuestionPublique.objects.exists()


def test_une_personne_n_ensevelit_pas_la_ville(monde):
    for numero in range(services.SANS_REPONSE_MAX):
        question = poser(monde, f"Question {numero} ?")
    with pytest.raises(RegleViolee) as refus:
        poser(monde, "Une de plus ?")
    assert refus.value.code == "trop"

    publier(monde, question)

    poser(monde, "Une de plus ?")


@pytest.mark.django_db(transaction=True)
def test_un_envoi_double_n_inscrit_qu_une_question():
    monde = un_appel()
    depart, issues = threading.Barrier(2), []

    def envoyer():
        try:
            depart.wait(timeout=10)
            poser(monde)
            issues.append("inscrite")
        except RegleViolee as refus:
            issues.append(refus.code)
        finally:
            connections.close_all()

    fils = [threading.Thread(target=envoyer) for _ in range(2)]
    for un in fils:
        un.start()
    for un in fils:
        un.join(timeout=20)

    assert sorted(issues) == ["double", "inscrite"]


# --- Répondre et publier ------------------------------------------------------------------------
def test_repondre_sans_publier_ne_dit_rien_au_public(monde, client):
    question = poser(monde, "Mon projet à moi ?")
    client.force_login(monde.agente)
    adresse = reverse("ville:question", args=[question.pk])
    envoi = {"suite": "prive", "reponse": "Reponse-privee.", "motif": ""}

    refusee = client.post(adresse, envoi)
    assert refusee.context["form"].errors.keys() == {"motif"}
    assert "Reponse-privee." in refusee.content.decode()
    client.post(adresse, {**envoi, "motif": "Motif-prive."})

    autre = UtilisateurFactory()
    siennes = reverse("question_poser", args=[monde.appel.code])
    for personne, lit in ((monde.personne, True), (autre, False)):
        client.force_login(personne)
        corps = client.get(siennes).content.decode()
        assert ("Reponse-privee." in corps) is lit
        assert ("Motif-prive." in corps) is lit
    assert "prive" not in page_publique(client, monde.appel)


def test_publier_sans_texte_montre_chaque_erreur_a_son_champ(monde, client):
    question = poser(monde)
    client.force_login(monde.agente)

    reponse = client.post(
        reverse("ville:question", args=[question.pk]),
        {"suite": "publier", "enonce": " ", "reponse": ""},
    )

    assert reponse.context["form"].errors.keys() == {"enonce", "reponse"}
    for enonce, texte in ((" ", "Oui."), ("Quoi ?", " "), ("x" * 2001, "Oui.")):
        with pytest.raises(RegleViolee):
            publier(monde, question, enonce, texte)


@pytest.mark.parametrize(
    ("champ", "texte"),
    [
        ("enonce", "Le loyer du café parlures ?"),
        ("reponse", "Bonjour AMINA  BERUBE, oui."),
        ("reponse", "Écrivez à {email}."),
    ],
)
def test_on_ne_publie_pas_le_nom_de_qui_demande(monde, client, champ, texte):
    question = poser(monde)
    client.force_login(monde.agente)
    envoi = {"suite": "publier", "enonce": "Un loyer ?", "reponse": "Oui."}
    envoi[champ] = texte.format(email=monde.personne.email)

    reponse = client.post(reverse("ville:question", args=[question.pk]), envoi)

    assert "qui a posé la question" in str(reponse.context["form"].errors[champ])
    assert envoi[champ] in reponse.context["form"][champ].value()
    question.refresh_from_db()
    assert question.etat == "posee"


def test_un_nom_d_un_mot_ordinaire_ne_bloque_pas(monde):
    monde.organisme.nom = "Accueil"
    monde.organisme.save()

    assert publier(monde, poser(monde), "L'accueil compte-t-il ?", "Oui.").etat == "publiee"


def test_la_derniere_publiee_est_a_la_fin_et_les_numeros_ne_resservent_pas(monde, client):
    questions = [poser(monde, f"Question {lettre} ?") for lettre in "ABC"]
    for rang in (2, 0, 1):
        publier(monde, questions[rang], f"Énoncé {rang} ?")
    services.retirer(acteur=monde.agente, question=questions[1], motif="Erreur.")

    lus = [q["enonce"] for q in QuestionPublique.objects.publiees()]
    assert lus == ["Énoncé 2 ?", "Énoncé 0 ?"]
    lue = page_publique(client, monde.appel)
    assert lue.index("Énoncé 2 ?") < lue.index("Énoncé 0 ?")
    assert "Énoncé 1 ?" not in lue
    nouvelle = publier(monde, poser(monde, "Question D ?"))
    assert nouvelle.numero == 4
    assert publier(monde, questions[1]).numero == 3


@pytest.mark.django_db(transaction=True)
def test_deux_publications_ensemble_ont_deux_numeros():
    monde = un_appel()
    questions = [poser(monde, f"Question {lettre} ?") for lettre in "AB"]
    depart, erreurs = threading.Barrier(2), []

    def envoyer(question):
        try:
            depart.wait(timeout=10)
            publier(monde, question)
        except Exception as erreur:
            erreurs.append(erreur)
        finally:
            connections.close_all()

    fils = [threading.Thread(target=envoyer, args=[question]) for question in questions]
    for un in fils:
        un.start()
    for un in fils:
        un.join(timeout=20)

    assert not erreurs
    assert sorted(q.numero for q in QuestionPublique.objects.all()) == [1, 2]


def test_une_correction_se_dit_et_le_journal_ne_garde_pas_l_ancien_texte(monde, client):
    question = publier(monde, poser(monde), "Mot-efface ?", "Oui.")
    client.force_login(monde.agente)
    adresse = reverse("ville:question", args=[question.pk])

    client.post(adresse, {"enonce": "Mot-efface ?", "reponse": "Oui."})
    question.refresh_from_db()
    assert question.corrigee_le is None  # rien n'a changé
    client.post(adresse, {"enonce": "Autre énoncé ?", "reponse": "Non."})

    lue = page_publique(client, monde.appel)
    assert "corrigée le" in lue
    assert "Mot-efface" not in lue
    entrees = list(EntreeJournal.objects.pour(question))
    assert [e.verbe.split(".")[1] for e in entrees] == ["corriger", "publier", "poser"]
    assert not [e for e in entrees if "Mot-efface" in f"{e.objet_libelle}{e.motif}{e.details}"]


def test_une_question_retiree_ne_parait_plus_et_la_personne_sait_pourquoi(monde, client):
    question = publier(monde, poser(monde), "Énoncé retiré ?")
    client.force_login(monde.agente)
    adresse = reverse("ville:question_retirer", args=[question.pk])

    assert client.post(adresse, {"motif": " "}).context["form"].errors["motif"]
    client.post(adresse, {"motif": "Elle nommait un tiers."})

    assert "Énoncé retiré ?" not in page_publique(client, monde.appel)
    assert client.get(adresse).status_code == 404
    client.force_login(monde.personne)
    siennes = client.get(reverse("question_poser", args=[monde.appel.code])).content.decode()
    assert "Elle nommait un tiers." in siennes


def test_deux_agents_ne_repondent_pas_chacun(monde):
    question = poser(monde)
    perimee = QuestionPublique.objects.get(pk=question.pk)
    publier(monde, question)

    with pytest.raises(TransitionRefusee):
        services.repondre_sans_publier(
            acteur=monde.agente, question=perimee, reponse="Non.", motif="Non."
        )


def test_on_repond_encore_apres_la_cloture(monde, client):
    question = poser(monde)
    type(monde.appel).objects.filter(pk=monde.appel.pk).update(
        ouverture=toronto(2020, 1, 1), cloture=toronto(2020, 2, 1)
    )

    publier(monde, question)

    assert "Question 1" in page_publique(client, monde.appel)


# --- De l'échange à la page publique ------------------------------------------------------------
@pytest.fixture
def fil(monde):
    demande = DemandeFactory(
        appel=monde.appel, organisme=monde.organisme, deposee=True, titre="Soupes du monde"
    )
    monde.demande = demande
    monde.message = echanges.ecrire_a_la_ville(
        acteur=monde.personne, demande=demande, texte="Notre loyer de Soupes du monde, admissible ?"
    )
    echanges.repondre(
        acteur=monde.agente,
        demande=demande,
        texte="Oui, au prorata.",
        dernier_vu=monde.message.pk,
    )
    return monde


def test_une_question_d_un_echange_devient_publique_sans_nom(fil, client):
    client.force_login(fil.agente)
    echange = reverse("ville:echange", args=[fil.demande.reference])
    adresse = reverse("ville:message_publier", args=[fil.message.pk])
    assert adresse in client.get(echange).content.decode()
    form = client.get(adresse).context["form"]
    assert form["enonce"].value() == fil.message.texte
    assert form["reponse"].value() == "Oui, au prorata."

    refusee = client.post(adresse, {"enonce": fil.message.texte, "reponse": "Oui."})
    assert "soupes du monde" in str(refusee.context["form"].errors["enonce"]).lower()
    refusee = client.post(adresse, {"enonce": "Un loyer ?", "reponse": fil.demande.reference})
    assert refusee.context["form"].errors.keys() == {"reponse"}
    assert not QuestionPublique.objects.exists()
    Email.objects.all().delete()
    client.post(adresse, {"enonce": "Un loyer est-il admissible ?", "reponse": "Au prorata."})

    lue = page_publique(client, fil.appel)
    assert "Un loyer est-il admissible ?" in lue
    assert "Soupes" not in lue
    apres = client.get(echange).content.decode()
    assert adresse not in apres
    assert "#question-1" in apres
    client.force_login(fil.personne)
    assert (
        "#question-1"
        in client.get(reverse("organisme:echange", args=[fil.demande.reference])).content.decode()
    )
    assert [e.to for e in Email.objects.all()] == [[fil.personne.email]]
    with pytest.raises(RegleViolee) as refus:
        services.publier_message(
            acteur=fil.agente, message=fil.message, enonce="Encore ?", reponse="Oui."
        )
    assert refus.value.code == "double"


def test_seul_un_message_de_l_organisme_se_publie_et_seulement_par_qui_repond(fil, client):
    client.force_login(fil.agente)
    reponse = fil.demande.messages.get(cote="ville")
    assert client.get(reverse("ville:message_publier", args=[reponse.pk])).status_code == 404
    with pytest.raises(RegleViolee):
        services.publier_message(
            acteur=fil.agente, message=reponse, enonce="Quoi ?", reponse="Oui."
        )
    evaluatrice = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=fil.appel, utilisateur=evaluatrice)
    AffectationFactory(demande=fil.demande, membre=siege, libre=True)
    client.force_login(evaluatrice)
    assert client.get(reverse("ville:message_publier", args=[fil.message.pk])).status_code == 404
    for personne in (evaluatrice, fil.personne):
        with pytest.raises(PermissionRefusee):
            services.publier_message(
                acteur=personne, message=fil.message, enonce="Quoi ?", reponse="Oui."
            )


# --- Qui peut quoi ------------------------------------------------------------------------------
def test_la_liste_montre_exactement_ce_que_la_permission_accorde():
    demandes = [DemandeFactory(en_evaluation=True), DemandeFactory()]
    tous = [p for demande in demandes for p in personnes(demande)]
    questions = [
        demande.appel.questions_publiques.create(posee_par=tous[0], texte="Une question ?")
        for demande in demandes
    ]

    for personne, question in itertools.product(tous, questions):
        visible = QuestionPublique.objects.traitables_par(personne).filter(pk=question.pk)
        assert visible.exists() == personne.peut("question.repondre", question), personne.roles


def test_les_courriels_menent_aux_pages_sans_rien_dire(monde):
    recuse = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=monde.appel, utilisateur=recuse)
    AffectationFactory(demande=DemandeFactory(appel=monde.appel), membre=siege, recusee=True)
    UtilisateurFactory(agent=True, is_active=False)

    question = poser(monde, "Mot-secret ?")
    assert [e.to for e in Email.objects.all()] == [[monde.agente.email]]
    poser(monde, "Encore Mot-secret ?")
    assert Email.objects.count() == 1  # les agents le savent déjà
    services.repondre_sans_publier(
        acteur=monde.agente, question=question, reponse="Mot-secret.", motif="Mot-secret."
    )

    courriels = list(Email.objects.order_by("pk"))
    assert [e.to for e in courriels] == [[monde.agente.email], [monde.personne.email]]
    assert reverse("ville:questions", args=[monde.appel.code]) in courriels[0].message
    assert reverse("question_poser", args=[monde.appel.code]) in courriels[1].message
    assert not [e for e in courriels if "Mot-secret" in e.message + e.subject]


def test_ma_semaine_dit_combien_attendent_et_depuis_quand(monde, client, a_l_heure):
    a_l_heure(monde.appel.cloture - dt.timedelta(days=5))
    premiere = poser(monde)
    a_l_heure(monde.appel.cloture - dt.timedelta(days=2))
    poser(monde, "Et ceci ?")
    client.force_login(monde.agente)

    for nom, phrase in (
        ("ville:accueil", "2 à répondre, depuis 3 jours"),
        ("ville:echanges", "2 questions à répondre"),
    ):
        assert phrase in client.get(reverse(nom)).content.decode()
    publier(monde, premiere)
    assert "1 à répondre, depuis moins" in client.get(reverse("ville:accueil")).content.decode()
    type(monde.appel).objects.filter(pk=monde.appel.pk).update(etat="annule")
    assert not services.en_attente(monde.agente)


def test_meme_nombre_de_requetes_a_une_et_a_trois_questions(monde, client):
    pages = [
        ("appel_public", [monde.appel.code]),
        ("question_poser", [monde.appel.code]),
        ("ville:questions", [monde.appel.code]),
        ("ville:echanges", []),
    ]
    comptes = []
    for lot in ("A", "BC"):
        for lettre in lot:
            publier(monde, poser(monde, f"Publiée {lettre} ?"))
            poser(monde, f"Posée {lettre} ?")
            services.repondre_sans_publier(
                acteur=monde.agente,
                question=poser(monde, f"Privée {lettre} ?"),
                reponse="Oui.",
                motif="Non.",
            )
        mesures = []
        for nom, args in pages:
            client.force_login(monde.personne if nom == "question_poser" else monde.agente)
            client.get(reverse(nom, args=args))
            with CaptureQueriesContext(connection) as requetes:
                assert client.get(reverse(nom, args=args)).status_code == 200
            mesures.append(len(requetes))
        comptes.append(mesures)

    assert comptes[0] == comptes[1]


def test_les_publiees_ne_portent_que_ce_qui_est_public(monde):
    publier(monde, poser(monde))

    (lue,) = QuestionPublique.objects.publiees()
    assert lue.keys() == {"numero", "enonce", "reponse", "publiee_le", "corrigee_le"}


def test_la_base_fige_la_question_posee_et_complete_la_publiee(monde):
    question = poser(monde)
    lignes = QuestionPublique.objects.filter(pk=question.pk)

    for geste in (
        lambda: lignes.update(texte="Autre"),
        lambda: lignes.update(posee_par=monde.agente),
        lambda: lignes.delete(),
        lambda: lignes.update(etat="publiee"),
        lambda: lignes.update(etat="repondue", reponse="Oui."),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            geste()
    question.refresh_from_db()
    assert (question.etat, question.texte) == ("posee", "Le loyer est-il admissible ?")


# --- À l'écran ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_320_px_sans_faute(ouvrir_page, verifier_axe):
    monde = un_appel()
    publier(monde, poser(monde, "Première ?"), "Uneadressesansespace" * 12)
    poser(monde, "Deuxième ?")
    services.repondre_sans_publier(
        acteur=monde.agente, question=poser(monde, "Privée ?"), reponse="Oui.", motif="À vous seul."
    )
    publique, siennes, liste = (
        reverse(nom, args=[monde.appel.code])
        for nom in ("appel_public", "question_poser", "ville:questions")
    )

    def verifier(ecran):
        verifier_axe(ecran)
        assert ecran.evaluate("document.documentElement.scrollWidth") <= 320

    ecran = ouvrir_page(largeur=320)
    ecran.goto(f"{publique}#question-1")
    verifier(ecran)
    connecter(ecran, confirmee(monde.personne))
    ecran.goto(siennes)
    ecran.get_by_role("button", name="Envoyer la question").click()
    ecran.get_by_text("Écrivez votre question.").first.wait_for()
    verifier(ecran)

    ville = ouvrir_page(largeur=320)
    connecter(ville, confirmee(monde.agente))
    ville.goto(liste)
    verifier(ville)
    ville.get_by_role("link", name="Répondre : Deuxième ?").click()
    ville.get_by_label("Va seulement à la personne qui demande").check()
    ville.fill("[name=reponse]", "Une réponse gardée.")
    ville.get_by_role("button", name="Répondre").click()
    ville.get_by_text("Dites pourquoi la question n'est pas publiée.").first.wait_for()
    assert ville.input_value("[name=reponse]") == "Une réponse gardée."
    verifier(ville)
    ville.goto(liste)
    ville.get_by_role("link", name="Retirer la question 1").click()
    verifier(ville)


@pytest.mark.django_db(transaction=True)
def test_sans_javascript(ouvrir_page):
    monde = un_appel()
    question = poser(monde)
    ville = ouvrir_page(javascript=False)
    connecter(ville, confirmee(monde.agente))
    ville.goto(reverse("ville:question", args=[question.pk]))
    ville.fill("[name=reponse]", "Oui, au prorata.")
    ville.get_by_role("button", name="Répondre").click()
    ville.get_by_text("La question et sa réponse paraissent.").wait_for()
    ville.goto(reverse("appel_public", args=[monde.appel.code]))

    assert ville.locator("#question-1").inner_text().count("Oui, au prorata.") == 1
