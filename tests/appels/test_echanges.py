"""L'échange sur une demande : qui le lit, qui l'écrit, qui est prévenu, et ce qui reste figé."""

import itertools
import threading
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from appels.models import Demande, Message
from appels.models.echange import CLOS, echange_clos
from appels.services import echanges
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.appels.conftest import toronto
from tests.factories import (
    MOT_DE_PASSE,
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    DecisionFactory,
    DemandeFactory,
    MembreComiteFactory,
    UtilisateurFactory,
)
from tests.socle.test_permissions import personnes

pytestmark = pytest.mark.django_db
SECRET = "Mot-introuvable-ailleurs"


def un_fil(**champs):
    """Une demande déposée, deux membres de son organisme, deux agents."""
    demande = DemandeFactory(**({"deposee": True} | champs))
    return SimpleNamespace(
        demande=demande,
        membre=AdhesionFactory(organisme=demande.organisme).utilisateur,
        collegue=AdhesionFactory(organisme=demande.organisme, role="redacteur").utilisateur,
        agente=UtilisateurFactory(agent=True),
        autre_agent=UtilisateurFactory(agent=True),
    )


@pytest.fixture
def fil():
    return un_fil()


def dernier(demande):
    message = demande.messages.order_by("-pk").first()
    return message.pk if message else 0


def demander(fil, texte="Le loyer est-il admissible ?"):
    return echanges.ecrire_a_la_ville(
        acteur=fil.membre, demande=fil.demande, texte=texte, dernier_vu=dernier(fil.demande)
    )


def repondre(fil, texte="Oui, au prorata.", acteur=None):
    return echanges.repondre(
        acteur=acteur or fil.agente,
        demande=fil.demande,
        texte=texte,
        dernier_vu=dernier(fil.demande),
    )


def page(salle, demande):
    return reverse(f"{salle}:echange", kwargs={"reference": demande.reference})


def recuser(personne, demande, **traits):
    siege = MembreComiteFactory(appel=demande.appel, utilisateur=personne)
    return AffectationFactory(demande=demande, membre=siege, **traits)


# --- Écrire et répondre -------------------------------------------------------------------------
def test_une_question_et_sa_reponse_par_les_pages(fil, client):
    client.force_login(fil.membre)
    adresse = page("organisme", fil.demande)
    assert "Aucun message encore" in client.get(adresse).content.decode()

    envoi = client.post(adresse, {"texte": SECRET, "dernier_vu": 0, "envoyer": "1"})
    question = fil.demande.messages.get()
    assert envoi["Location"].endswith(f"#message-{question.pk}")
    assert (question.cote, question.auteur) == ("organisme", fil.membre)

    client.force_login(fil.agente)
    lue = client.get(page("ville", fil.demande))
    assert SECRET in lue.content.decode()
    assert lue.context["dernier_vu"] == question.pk
    client.post(
        page("ville", fil.demande),
        {"texte": "Oui.", "dernier_vu": question.pk, "envoyer": "1"},
    )

    client.force_login(fil.collegue)
    assert [m.cote for m in client.get(adresse).context["fil"]] == ["organisme", "ville"]


def test_un_message_vide_ou_trop_long_reste_a_corriger_avec_son_texte(fil, client):
    client.force_login(fil.membre)
    long = "x" * (echanges.LONGUEUR_MAX + 1)

    for texte in ("   ", long):
        reponse = client.post(
            page("organisme", fil.demande), {"texte": texte, "dernier_vu": 0, "envoyer": "1"}
        )
        assert reponse.status_code == 200
        assert reponse.context["form"].errors["texte"]
    assert long in reponse.content.decode()
    assert not Message.objects.exists()
    for texte in ("   ", long):
        with pytest.raises(RegleViolee):
            demander(fil, texte=texte)


def test_un_envoi_double_ne_part_qu_une_fois(fil, client):
    client.force_login(fil.membre)
    envoi = {"texte": "Une question.", "dernier_vu": 0, "envoyer": "1"}

    client.post(page("organisme", fil.demande), envoi)
    deuxieme = client.post(page("organisme", fil.demande), envoi)

    assert fil.demande.messages.count() == 1
    assert "Un message est arrivé" in deuxieme.content.decode()


def test_un_message_arrive_entre_temps_se_lit_avant_d_envoyer(fil, client):
    vu = demander(fil).pk
    demander(fil, texte="J'ajoute une précision.")
    client.force_login(fil.agente)
    envoi = {"texte": "Ma réponse gardée.", "dernier_vu": vu, "envoyer": "1"}

    refusee = client.post(page("ville", fil.demande), envoi)

    corps = refusee.content.decode()
    assert "Un message est arrivé" in str(refusee.context["form"].errors["texte"])
    assert "Ma réponse gardée." in corps
    assert "J&#x27;ajoute une précision." in corps
    envoi["dernier_vu"] = refusee.context["dernier_vu"]
    assert client.post(page("ville", fil.demande), envoi).status_code == 302


@pytest.mark.parametrize("vu", ["", "abc", "-1", "99999999999999999999999"])
def test_un_dernier_vu_illisible_ne_casse_rien(fil, client, vu):
    demander(fil)
    client.force_login(fil.agente)

    reponse = client.post(
        page("ville", fil.demande), {"texte": "Oui.", "dernier_vu": vu, "envoyer": "1"}
    )

    assert reponse.status_code == 200
    assert fil.demande.messages.count() == 1


def test_une_session_expiree_rend_le_texte_sans_l_envoyer(fil, client):
    adresse = page("organisme", fil.demande)

    client.post(adresse, {"texte": SECRET, "dernier_vu": 0, "envoyer": "1"})
    client.post(
        reverse("account_login"),
        {"login": confirmee(fil.membre).email, "password": MOT_DE_PASSE},
    )
    reprise = client.get(adresse)

    assert reprise.context["form"]["texte"].value() == SECRET
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deux_agents_ne_repondent_pas_a_la_fois():
    fil = un_fil()
    vu = demander(fil).pk
    depart, issues = threading.Barrier(2), []

    def envoyer(agent):
        try:
            depart.wait(timeout=10)
            echanges.repondre(acteur=agent, demande=fil.demande, texte="Oui.", dernier_vu=vu)
            issues.append("envoyé")
        except RegleViolee as refus:
            issues.append(refus.code)
        finally:
            connections.close_all()

    fils = [threading.Thread(target=envoyer, args=[a]) for a in (fil.agente, fil.autre_agent)]
    for un in fils:
        un.start()
    for un in fils:
        un.join(timeout=20)

    assert sorted(issues) == ["depasse", "envoyé"]
    assert fil.demande.messages.filter(cote="ville").count() == 1


# --- Qui lit ------------------------------------------------------------------------------------
def test_la_liste_montre_exactement_ce_que_les_permissions_accordent():
    demandes = [DemandeFactory(en_evaluation=True), DemandeFactory()]
    tous = [p for demande in demandes for p in personnes(demande)]
    for demande in demandes:
        membre = AdhesionFactory(organisme=demande.organisme).utilisateur
        echanges.ecrire_a_la_ville(acteur=membre, demande=demande, texte="Question")

    for personne, demande in itertools.product(tous, demandes):
        visible = Message.objects.visibles_par(personne).filter(demande=demande).exists()
        permis = personne.peut("echange.ecrire", demande) or personne.peut(
            "echange.suivre", demande
        )
        assert visible == permis, (personne.roles, demande)


@pytest.mark.parametrize("traits", [{}, {"libre": True}, {"recusee": True}])
@pytest.mark.parametrize("roles", [[], ["agent"], ["approbation"]])
def test_ni_evaluateur_ni_recuse_ne_voit_rien_meme_employe(client, traits, roles):
    fil = un_fil(en_evaluation=True)
    personne = UtilisateurFactory(roles=roles)
    recuser(personne, fil.demande, **traits)
    demander(fil, texte=SECRET)
    client.force_login(personne)

    for adresse in (page("ville", fil.demande), page("organisme", fil.demande)):
        assert client.get(adresse).status_code == 404
        assert client.post(adresse, {"texte": "x", "envoyer": "1"}).status_code == 404
    with pytest.raises(PermissionRefusee):
        repondre(fil, acteur=personne)
    # Rien non plus sur les pages qui lui restent ouvertes.
    for nom in ("ville:echanges", "ville:accueil", "comite:accueil"):
        corps = client.get(reverse(nom)).content.decode()
        assert SECRET not in corps
        assert page("ville", fil.demande) not in corps
    lecture = client.get(reverse("ville:demande", args=[fil.demande.reference]))
    assert page("ville", fil.demande) not in lecture.content.decode()


@pytest.mark.parametrize("role", ["approbation", "tresorerie", "administration"])
def test_un_employe_qui_n_est_pas_agent_lit_sans_repondre(fil, client, role):
    demander(fil)
    personne = UtilisateurFactory(roles=[role])
    client.force_login(personne)

    lue = client.get(page("ville", fil.demande))
    assert lue.status_code == 200
    assert 'name="texte"' not in lue.content.decode()
    envoi = client.post(page("ville", fil.demande), {"texte": "x", "envoyer": "1"})
    assert envoi.status_code == 404
    assert fil.demande.messages.count() == 1


def test_un_membre_ne_passe_pas_par_la_page_de_la_ville(fil, client):
    client.force_login(fil.membre)
    assert client.get(page("ville", fil.demande)).status_code == 404
    with pytest.raises(PermissionRefusee):
        repondre(fil, acteur=fil.membre)


# --- Les courriels ------------------------------------------------------------------------------
def test_chaque_cote_recoit_un_lien_et_rien_du_contenu():
    fil = un_fil(en_evaluation=True)
    recuse, evaluateur = UtilisateurFactory(agent=True), UtilisateurFactory(agent=True)
    recuser(recuse, fil.demande, recusee=True)
    recuser(evaluateur, fil.demande, libre=True)
    UtilisateurFactory(agent=True, is_active=False)

    demander(fil, texte=SECRET)
    courriels = list(Email.objects.all())
    assert {adresse for c in courriels for adresse in c.to} == {
        fil.agente.email,
        fil.autre_agent.email,
    }
    repondre(fil, texte=SECRET)
    courriels += Email.objects.exclude(pk__in=[c.pk for c in courriels])

    assert {adresse for c in courriels[2:] for adresse in c.to} == {
        fil.membre.email,
        fil.collegue.email,
    }
    for courriel in courriels:
        assert SECRET not in courriel.message + courriel.subject
        assert fil.demande.titre not in courriel.message + courriel.subject
    assert page("ville", fil.demande) in courriels[0].message
    assert page("organisme", fil.demande) in courriels[2].message


def test_les_agents_ne_sont_prevenus_qu_au_premier_message_qui_attend(fil):
    demander(fil)
    demander(fil, texte="J'ajoute.")
    assert Email.objects.count() == 2  # un par agent
    repondre(fil)
    Email.objects.all().delete()

    demander(fil, texte="Et encore ceci ?")

    assert Email.objects.count() == 2


# --- Lu et non lu -------------------------------------------------------------------------------
def test_la_reponse_non_lue_se_voit_a_l_accueil_jusqu_a_sa_lecture(fil, client):
    demander(fil)
    repondre(fil)
    accueil = reverse("organisme:accueil")
    suivi = reverse("organisme:demande", args=[fil.demande.reference])
    client.force_login(fil.collegue)

    for adresse in (accueil, suivi):
        assert "La Ville vous a écrit" in client.get(adresse).content.decode()
    ouvert = client.get(page("organisme", fil.demande))
    assert [m.est_nouveau for m in ouvert.context["fil"]] == [True, True]
    for adresse in (accueil, suivi):
        assert "La Ville vous a écrit" not in client.get(adresse).content.decode()
    relu = client.get(page("organisme", fil.demande))
    assert [m.est_nouveau for m in relu.context["fil"]] == [False, False]
    # Chaque personne a sa propre lecture.
    client.force_login(fil.membre)
    assert "La Ville vous a écrit" in client.get(accueil).content.decode()


def test_ses_propres_messages_ne_sont_pas_nouveaux(fil, client):
    demander(fil)
    client.force_login(fil.membre)

    assert [m.est_nouveau for m in client.get(page("organisme", fil.demande)).context["fil"]] == [
        False
    ]


def test_classer_ferme_l_attente_sans_courriel_ni_avis(fil, client):
    demander(fil, texte="Merci !")
    Email.objects.all().delete()
    client.force_login(fil.agente)
    adresse = reverse("ville:echange_classer", args=[fil.demande.reference])

    client.post(adresse, {"dernier_vu": dernier(fil.demande) + 1})
    assert len(echanges.en_attente(fil.agente)) == 1
    client.post(adresse, {"dernier_vu": dernier(fil.demande)})

    assert not echanges.en_attente(fil.agente)
    assert not Email.objects.exists()
    assert echanges.non_lus_par_demande(fil.membre) == {}
    client.post(adresse, {"dernier_vu": dernier(fil.demande)})
    assert fil.demande.messages.filter(nature="classement").count() == 1
    # Un nouveau message attend de nouveau.
    demander(fil, texte="Autre chose ?")
    assert [ligne["nombre"] for ligne in echanges.en_attente(fil.agente)] == [1]


def test_un_classement_se_defait_et_le_message_attend_a_son_age(fil, client):
    premier = demander(fil, texte="Peut-on changer de salle ?")
    client.force_login(fil.agente)
    classer = reverse("ville:echange_classer", args=[fil.demande.reference])
    reprendre = reverse("ville:echange_reprendre", args=[fil.demande.reference])
    client.post(classer, {"dernier_vu": dernier(fil.demande)})
    Email.objects.all().delete()
    assert reprendre in client.get(page("ville", fil.demande)).text

    # Une page d'avant le classement ne défait rien.
    client.post(reprendre, {"dernier_vu": premier.pk})
    assert not echanges.en_attente(fil.agente)
    client.post(reprendre, {"dernier_vu": dernier(fil.demande)})

    (ligne,) = echanges.en_attente(fil.agente)
    assert (ligne["nombre"], ligne["depuis"]) == (1, premier.ecrit_le)
    repris = client.get(page("ville", fil.demande)).text
    assert "La Ville a repris cet échange" in repris
    assert "a remis un message classé en attente" in repris
    assert classer in repris
    assert reprendre not in repris
    assert not Email.objects.exists()
    assert echanges.non_lus_par_demande(fil.membre) == {}
    client.force_login(fil.membre)
    assert not any(m.est_nouveau for m in client.get(page("organisme", fil.demande)).context["fil"])
    client.force_login(fil.agente)
    with pytest.raises(RegleViolee, match="Rien n'est classé"):
        echanges.reprendre(acteur=fil.agente, demande=fil.demande, dernier_vu=dernier(fil.demande))
    # Classé de nouveau, puis un autre message : la reprise d'avant ne rouvre rien d'autre.
    client.post(classer, {"dernier_vu": dernier(fil.demande)})
    assert not echanges.en_attente(fil.agente)
    demander(fil, texte="Merci.")
    assert [ligne["nombre"] for ligne in echanges.en_attente(fil.agente)] == [1]


def test_seul_qui_peut_repondre_defait_un_classement(fil):
    demander(fil)
    echanges.classer(acteur=fil.agente, demande=fil.demande, dernier_vu=dernier(fil.demande))
    with pytest.raises(PermissionRefusee):
        echanges.reprendre(acteur=fil.membre, demande=fil.demande, dernier_vu=dernier(fil.demande))


# --- Ce qui attend la Ville ---------------------------------------------------------------------
def test_ma_semaine_et_la_liste_disent_l_age_de_la_plus_ancienne(fil, client, a_l_heure):
    a_l_heure(toronto(2030, 6, 10, 9))
    demander(fil)
    a_l_heure(toronto(2030, 6, 12, 9))
    demander(fil, texte="Je relance.")
    a_l_heure(toronto(2030, 6, 13, 13))
    client.force_login(fil.agente)

    semaine = client.get(reverse("ville:accueil")).content.decode()
    liste = client.get(reverse("ville:echanges"))

    assert "attend une réponse depuis 3 jours et 4 heures" in semaine
    assert "Passé" not in semaine.split("attend une réponse")[1].split("</li>")[0]
    assert "Depuis 3 jours et 4 heures" in liste.content.decode()
    assert [ligne["nombre"] for ligne in liste.context["lignes"]] == [2]
    assert "2 messages" in liste.content.decode()
    repondre(fil)
    assert "Question" not in client.get(reverse("ville:accueil")).content.decode().split("<h1>")[1]
    assert "Tout est répondu" in client.get(reverse("ville:echanges")).content.decode()


@pytest.mark.parametrize(
    ("personne", "nom", "reponses"),
    [
        ("agente", "ville:echanges", False),
        ("agente", "ville:accueil", False),
        ("membre", "organisme:accueil", True),
    ],
)
def test_meme_nombre_de_requetes_a_une_et_a_trois_lignes(client, personne, nom, reponses):
    fils = [un_fil()]
    qui = getattr(fils[0], personne)
    comptes = []
    for _ in range(2):
        for un in fils:
            demander(un)
            if reponses:
                repondre(un)
        client.force_login(qui)
        client.get(reverse(nom))
        with CaptureQueriesContext(connection) as requetes:
            assert client.get(reverse(nom)).status_code == 200
        comptes.append(len(requetes))
        appel, organisme = fils[0].demande.appel, fils[0].demande.organisme
        fils = [
            SimpleNamespace(
                demande=DemandeFactory(deposee=True, appel=appel, organisme=organisme),
                membre=fils[0].membre,
                agente=fils[0].agente,
            )
            for _ in range(2)
        ]

    assert comptes[0] == comptes[1]


def test_un_fil_de_trois_messages_coute_autant_qu_un_fil_d_un(fil, client):
    comptes = []
    for nombre in (1, 2):
        for _ in range(nombre):
            demander(fil)
        client.force_login(fil.agente)
        client.get(page("ville", fil.demande))
        with CaptureQueriesContext(connection) as requetes:
            client.get(page("ville", fil.demande))
        comptes.append(len(requetes))

    assert comptes[0] == comptes[1]


# --- Figé ---------------------------------------------------------------------------------------
def test_la_base_refuse_de_modifier_ou_d_effacer_un_message(fil):
    message = demander(fil)

    for geste in (
        lambda: Message.objects.filter(pk=message.pk).update(texte="Autre"),
        lambda: Message.objects.filter(pk=message.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
            geste()
    assert Message.objects.get().texte == message.texte


def test_le_journal_garde_l_empreinte_et_rien_du_texte(fil):
    message = demander(fil, texte=SECRET)

    entree = EntreeJournal.objects.pour(message).get()
    assert len(entree.details["empreinte"]) == 64
    assert SECRET not in f"{entree.objet_libelle}{entree.motif}{entree.details}"
    # L'histoire de la demande, que d'autres lisent, n'en dit rien.
    assert not EntreeJournal.objects.pour(fil.demande).exists()


@pytest.mark.parametrize("etat", ["fermee", "retiree", "resiliee"])
def test_une_demande_close_se_lit_encore_et_ne_s_ecrit_plus(fil, client, etat):
    demander(fil, texte=SECRET)
    Demande.objects.filter(pk=fil.demande.pk).update(etat=etat)

    for personne, salle in ((fil.membre, "organisme"), (fil.agente, "ville")):
        client.force_login(personne)
        lue = client.get(page(salle, fil.demande)).content.decode()
        assert SECRET in lue
        assert "Cette demande est close" in lue
        assert 'name="texte"' not in lue
        envoi = {"texte": "x", "dernier_vu": dernier(fil.demande), "envoyer": "1"}
        refusee = client.post(page(salle, fil.demande), envoi)
        assert "ne s&#x27;écrit plus" in refusee.content.decode()
    assert not echanges.en_attente(fil.agente)
    # La base le répète, quel que soit le code qui écrit.
    with pytest.raises(DatabaseError, match="ne s'écrit plus"), transaction.atomic():
        Message.objects.create(demande=fil.demande, cote="ville", texte="x", auteur=fil.agente)
    assert fil.demande.messages.count() == 1


@pytest.mark.parametrize("appel_archive", [True, False])
def test_la_regle_de_cloture_est_la_meme_en_liste_et_a_l_unite(appel_archive):
    appel = AppelFactory(ouvert=True)
    demande = DemandeFactory(appel=appel, deposee=True)
    membre = AdhesionFactory(organisme=demande.organisme).utilisateur
    echanges.ecrire_a_la_ville(acteur=membre, demande=demande, texte="Question")
    if appel_archive:
        type(appel).objects.filter(pk=appel.pk).update(etat="archive")

    for etat, annonce in itertools.product(Demande.Etat.values, ["", "refusee", "acceptee"]):
        if etat == "irrecevable":
            Demande.objects.filter(pk=demande.pk).update(motif_irrecevabilite="Motif")
        Demande.objects.filter(pk=demande.pk).update(etat=etat, etat_annonce=annonce)
        lue = Demande.objects.select_related("appel").get(pk=demande.pk)
        en_liste = Message.objects.filter(CLOS, demande=demande).exists()
        assert echange_clos(lue) == en_liste, (etat, annonce)


@pytest.mark.parametrize("archive", [True, False])
def test_l_echange_ne_trahit_pas_une_decision_sans_lettre(client, archive):
    pages = set()
    for traits in ({}, {"refusee": True}, {"en_attente": True}):
        demande = DecisionFactory(**traits).demande
        if archive:
            type(demande.appel).objects.filter(pk=demande.appel_id).update(etat="archive")
        client.force_login(AdhesionFactory(organisme=demande.organisme).utilisateur)
        lue = client.get(page("organisme", demande))
        pages.add((lue.context["clos"], lue.context["ecrivable"]))

    assert pages == {(False, True)}


# --- À l'écran ----------------------------------------------------------------------------------
def confirmee(personne):
    personne.emailaddress_set.create(email=personne.email, verified=True, primary=True)
    return personne


def connecter(ecran, personne):
    ecran.goto("/connexion/")
    ecran.fill("[name=login]", personne.email)
    ecran.fill("[name=password]", MOT_DE_PASSE)
    ecran.press("[name=password]", "Enter")
    ecran.wait_for_url(lambda adresse: "connexion" not in adresse)


@pytest.mark.django_db(transaction=True)
def test_a_320_px_sans_faute(ouvrir_page, verifier_axe):
    fil = un_fil()
    demander(fil, texte="Uneadressesansespace" * 12)
    for personne, salle in ((fil.membre, "organisme"), (fil.agente, "ville")):
        ecran = ouvrir_page(largeur=320)
        connecter(ecran, confirmee(personne))
        ecran.goto(page(salle, fil.demande))
        verifier_axe(ecran)
        ecran.get_by_role("button", name="Envoyer").click()
        ecran.get_by_text("Écrivez votre message.").first.wait_for()
        verifier_axe(ecran)
        assert ecran.evaluate("document.documentElement.scrollWidth") <= 320
        ecran.fill("[name=texte]", f"De la part de {salle}.")
        ecran.get_by_role("button", name="Envoyer").click()
        ecran.get_by_text("Votre message est envoyé").wait_for()
        assert "#message-" in ecran.url
    demander(fil)
    for nom in ("ville:echanges", "ville:accueil"):
        ecran.goto(reverse(nom))
        ecran.get_by_role("link", name=fil.demande.titre).first.wait_for()
        verifier_axe(ecran)
        assert ecran.evaluate("document.documentElement.scrollWidth") <= 320
    ecran = ouvrir_page(largeur=320)
    connecter(ecran, confirmee(fil.collegue))
    ecran.get_by_text("La Ville vous a écrit").wait_for()
    verifier_axe(ecran)


@pytest.mark.django_db(transaction=True)
def test_sans_javascript(ouvrir_page):
    fil = un_fil()
    ecran = ouvrir_page(javascript=False)
    connecter(ecran, confirmee(fil.membre))
    ecran.goto(page("organisme", fil.demande))
    ecran.get_by_role("button", name="Envoyer").click()
    ecran.get_by_text("Écrivez votre message.").first.wait_for()
    ecran.fill("[name=texte]", "Une question.")
    ecran.get_by_role("button", name="Envoyer").click()

    ecran.locator(f"#message-{dernier(fil.demande)}").wait_for()
