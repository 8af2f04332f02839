"""Un organisme : le créer, le rejoindre, y inviter ; du compte neuf à « Mes demandes »."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from post_office.models import Email

from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import Adhesion, Invitation, Organisme
from socle.services import organismes as services
from tests.factories import AdhesionFactory, OrganismeFactory, UtilisateurFactory, neq_valide

pytestmark = pytest.mark.django_db


@pytest.fixture
def adhesion():
    return AdhesionFactory()


def inviter(adhesion, courriel="nouvelle@exemple.test", role="redacteur") -> Invitation:
    return services.inviter(
        acteur=adhesion.utilisateur, organisme=adhesion.organisme, courriel=courriel, role=role
    )


def test_qui_cree_un_organisme_en_devient_responsable():
    personne = UtilisateurFactory()
    neq = neq_valide(7)

    organisme = services.creer_organisme(
        acteur=personne, nom="  Café Parlures ", neq=f"{neq[:4]} {neq[4:7]} {neq[7:]}"
    )

    assert (organisme.nom, organisme.neq) == ("Café Parlures", neq)
    assert organisme.adhesions.get().role == "responsable"
    assert list(personne.organismes_ids) == [organisme.pk]


@pytest.mark.parametrize("neq", ["", "123", "4412345678", "11234567890", "11abcdefgh"])
def test_un_neq_impossible_est_refuse_pres_de_son_champ(neq):
    with pytest.raises(RegleViolee) as refus:
        services.creer_organisme(acteur=UtilisateurFactory(), nom="X", neq=neq)
    assert refus.value.champ == "neq"


def test_un_neq_deja_inscrit_propose_de_rejoindre(adhesion, client):
    personne = UtilisateurFactory()
    client.force_login(personne)
    donnees = {"nom": "Le même", "neq": adhesion.organisme.neq}

    page = client.post(reverse("organisme:nouveau"), donnees)
    assert "Demander à le rejoindre" in page.content.decode()
    assert page.context["form"].errors.keys() == {"neq"}
    assert Organisme.objects.count() == 1

    client.post(reverse("organisme:rejoindre", args=[adhesion.organisme_id]))
    assert "doit vous accueillir" in client.get(reverse("organisme:accueil")).content.decode()
    assert not personne.adhesions.exists()
    (courriel,) = Email.objects.all()
    assert courriel.to == [adhesion.utilisateur.email]

    client.force_login(adhesion.utilisateur)
    assert "demande à rejoindre" in client.get(reverse("organisme:accueil")).content.decode()
    demande = Invitation.objects.get()
    client.post(
        reverse("organisme:invitation_agir", args=[adhesion.organisme_id, demande.pk, "accepter"])
    )
    assert personne.adhesions.get().role == "redacteur"


def test_redemander_a_rejoindre_n_ecrit_pas_deux_fois_et_renait_une_fois_expiree(adhesion):
    personne = UtilisateurFactory()
    demander = {"acteur": personne, "organisme": adhesion.organisme}

    premiere = services.demander_adhesion(**demander)
    assert services.demander_adhesion(**demander) == premiere
    assert Email.objects.count() == 1

    with horloge.a_la_date(premiere.expire_le + dt.timedelta(seconds=1)):
        seconde = services.demander_adhesion(**demander)
        assert seconde != premiere
        assert services.invitations_a_traiter(personne) == [seconde]


def test_une_invitation_s_accepte_avec_son_adresse_et_une_seule_fois(adhesion):
    invitation = inviter(adhesion)
    autre = UtilisateurFactory()
    with pytest.raises(RegleViolee) as refus:
        services.accepter_invitation(acteur=autre, jeton=invitation.jeton)
    assert refus.value.code == "autre_adresse"

    invitee = UtilisateurFactory(email="Nouvelle@exemple.test")
    services.accepter_invitation(acteur=invitee, jeton=invitation.jeton)
    assert invitee.adhesions.get().role == "redacteur"
    with pytest.raises(RegleViolee):
        services.accepter_invitation(acteur=invitee, jeton=invitation.jeton)


def test_une_invitation_vaut_jusqu_a_son_echeance(adhesion):
    invitation = inviter(adhesion)
    invitee = UtilisateurFactory(email=invitation.courriel)
    with horloge.a_la_date(invitation.expire_le), pytest.raises(RegleViolee):
        services.accepter_invitation(acteur=invitee, jeton=invitation.jeton)
    with horloge.a_la_date(invitation.expire_le - dt.timedelta(seconds=1)):
        services.accepter_invitation(acteur=invitee, jeton=invitation.jeton)
    assert invitee.adhesions.exists()


def test_la_page_de_l_invitation_dit_de_qui_elle_vient(adhesion, client):
    invitation = inviter(adhesion)
    adresse = reverse("organisme:invitation", args=[invitation.jeton])
    client.force_login(UtilisateurFactory(email=invitation.courriel))

    assert invitation.organisme.nom in client.get(reverse("organisme:accueil")).content.decode()
    assert f"Rejoindre {invitation.organisme.nom}" in client.get(adresse).content.decode()
    client.post(adresse)
    assert "plus valable" in client.get(adresse).content.decode()

    autre = inviter(adhesion, courriel="autre@exemple.test")
    page = client.get(reverse("organisme:invitation", args=[autre.jeton])).content.decode()
    assert "bonne adresse" in page
    assert "Accepter l'invitation" not in page
    inconnu = client.get(reverse("organisme:invitation", args=["inconnu"])).content.decode()
    assert "plus valable" in inconnu


def test_une_redactrice_n_invite_pas(adhesion):
    redactrice = AdhesionFactory(organisme=adhesion.organisme, role="redacteur")
    with pytest.raises(PermissionRefusee):
        inviter(redactrice)


def test_on_n_invite_ni_un_membre_ni_deux_fois(adhesion):
    inviter(adhesion)
    for courriel in ("nouvelle@exemple.test", adhesion.utilisateur.email.upper()):
        with pytest.raises(RegleViolee) as refus:
            inviter(adhesion, courriel=courriel)
        assert refus.value.champ == "courriel"


def test_le_dernier_responsable_ne_part_ni_ne_change_de_role(adhesion):
    for agir in (
        lambda: services.retirer_membre(acteur=adhesion.utilisateur, adhesion=adhesion),
        lambda: services.changer_role(
            acteur=adhesion.utilisateur, adhesion=adhesion, role="redacteur"
        ),
    ):
        with pytest.raises(RegleViolee) as refus:
            agir()
        assert refus.value.code == "dernier_responsable"

    seconde = AdhesionFactory(organisme=adhesion.organisme)
    services.retirer_membre(acteur=adhesion.utilisateur, adhesion=adhesion)
    assert list(Adhesion.objects.all()) == [seconde]


def test_le_dossier_garde_ce_qui_est_tape_quand_un_champ_est_refuse(adhesion, client):
    client.force_login(adhesion.utilisateur)
    adresse = reverse("organisme:dossier", args=[adhesion.organisme_id])

    page = client.post(
        adresse, {"nom": "Nouveau nom", "code_postal": "12345", "telephone": "pas un numéro"}
    )
    assert {"code_postal", "telephone"} <= page.context["form"].errors.keys()
    assert "Nouveau nom" in page.content.decode()
    assert "pas un numéro" in page.content.decode()

    client.post(adresse, {"nom": "Nouveau nom", "code_postal": "g9a5h3", "ville": "Ville"})
    adhesion.organisme.refresh_from_db()
    assert (adhesion.organisme.nom, adhesion.organisme.code_postal) == ("Nouveau nom", "G9A 5H3")


def test_le_dossier_d_un_autre_organisme_n_existe_pas(adhesion, client):
    client.force_login(adhesion.utilisateur)
    autre = OrganismeFactory()
    for nom in ("dossier", "membres"):
        assert client.get(reverse(f"organisme:{nom}", args=[autre.pk])).status_code == 404


def test_du_compte_neuf_a_l_inscription_de_l_organisme(client, mailoutbox):
    mot_de_passe = "une-phrase-longue-2026"
    compte = {
        "nom": "Rosa",
        "email": "rosa@exemple.test",
        "password1": mot_de_passe,
        "password2": mot_de_passe,
    }
    client.post(reverse("account_signup"), compte)
    lien = re.search(r"https?://[^/]+(/connexion/verification/\S+)", mailoutbox[0].body)
    client.post(lien[1])

    reponse = client.post(
        reverse("account_login"), {"login": compte["email"], "password": mot_de_passe}, follow=True
    )

    chemins = [adresse for adresse, _ in reponse.redirect_chain]
    assert chemins[-1] == reverse("organisme:accueil")
    page = reponse.content.decode()
    assert "Inscrire mon organisme" in page

    suite = client.post(
        reverse("organisme:nouveau"),
        {"nom": "Rosa et compagnie", "neq": neq_valide(9)},
        follow=True,
    )
    assert "Le dossier de Rosa et compagnie" in suite.content.decode()


@pytest.mark.parametrize("geste", ["retirer", "retrograder"])
def test_qui_n_est_plus_responsable_ne_revient_pas_par_une_invitation_gardee(adhesion, geste):
    restante = AdhesionFactory(organisme=adhesion.organisme)
    gardee = inviter(adhesion, role="responsable")
    complice = UtilisateurFactory(email=gardee.courriel)

    if geste == "retirer":
        services.retirer_membre(acteur=restante.utilisateur, adhesion=adhesion)
    else:
        services.changer_role(acteur=restante.utilisateur, adhesion=adhesion, role="redacteur")

    with pytest.raises(RegleViolee) as refus:
        services.accepter_invitation(acteur=complice, jeton=gardee.jeton)
    assert refus.value.code == "expiree"


def test_une_page_ouverte_avant_n_annule_ni_n_accepte_ce_qui_est_deja_fait(adhesion):
    ouverte = inviter(adhesion)
    invitee = UtilisateurFactory(email=ouverte.courriel)
    services.accepter_invitation(acteur=invitee, jeton=ouverte.jeton)
    with pytest.raises(RegleViolee):
        services.annuler_invitation(acteur=adhesion.utilisateur, invitation=ouverte)

    demande = services.demander_adhesion(acteur=UtilisateurFactory(), organisme=adhesion.organisme)
    lue_avant = Invitation.objects.get(pk=demande.pk)
    services.annuler_invitation(acteur=adhesion.utilisateur, invitation=demande)
    with pytest.raises(RegleViolee):
        services.accepter_adhesion(acteur=adhesion.utilisateur, invitation=lue_avant)
    assert not adhesion.organisme.adhesions.filter(utilisateur=demande.creee_par).exists()


def test_les_invitations_d_une_journee_sont_comptees(adhesion, monkeypatch):
    monkeypatch.setattr(services, "INVITATIONS_PAR_JOUR", 2)
    inviter(adhesion, "une@exemple.test")
    inviter(adhesion, "deux@exemple.test")

    with pytest.raises(RegleViolee) as refus:
        inviter(adhesion, "trois@exemple.test")
    assert refus.value.code == "trop_d_invitations"
    with horloge.a_la_date(horloge.maintenant() + dt.timedelta(days=1, minutes=1)):
        inviter(adhesion, "trois@exemple.test")


def test_un_nom_sur_deux_lignes_n_empeche_pas_le_courriel_de_partir(adhesion):
    Organisme.objects.filter(pk=adhesion.organisme_id).update(nom="Café\r\nBcc: x@exemple.test")
    adhesion.organisme.refresh_from_db()
    inviter(adhesion)

    message = Email.objects.get().email_message()
    assert "\n" not in message.subject
    assert message.message()["Bcc"] is None
