"""Fermer son compte : ce qui retient, ce qui s'efface, ce qui reste (regles.md, 18)."""

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from post_office.models import Email

from socle import horloge
from socle.exceptions import RegleViolee
from socle.models import EntreeJournal, Organisme, Utilisateur
from socle.services import organismes
from socle.services.fermeture_compte import fermer_compte, obstacles
from tests.evaluations.objets import un_comite
from tests.factories import AdhesionFactory, DemandeFactory, UtilisateurFactory
from tests.financement.objets import confirmer_l_identite, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def responsable():
    return AdhesionFactory(role="responsable").utilisateur


def test_la_page_dit_ce_qui_s_efface_puis_ferme_et_deconnecte(responsable):
    courriel, client = responsable.email, Client()
    client.force_login(responsable)
    assert reverse("compte_fermer") in client.get(reverse("mes_renseignements")).text
    lue = unescape(client.get(reverse("compte_fermer")).text)
    assert "Ce qui s'efface aussitôt" in lue
    assert "Ce qui reste, et pourquoi" in lue
    assert "Cochez la case" in client.post(reverse("compte_fermer"), {}).text
    # L'identité se redemande d'abord : rien n'est fermé.
    client.post(reverse("compte_fermer"), {"compris": "on"})
    responsable.refresh_from_db()
    assert responsable.is_active

    confirmer_l_identite(client, responsable)
    suite = client.post(reverse("compte_fermer"), {"compris": "on"}, follow=True)

    assert "Votre compte est fermé" in unescape(suite.text)
    assert client.get(reverse("mes_renseignements")).status_code == 302
    responsable.refresh_from_db()
    assert not responsable.is_active
    assert str(responsable) == "Compte effacé"
    assert courriel not in f"{responsable.email} {responsable.emailaddress_set.all()}"
    assert not responsable.has_usable_password()
    (dernier,) = Email.objects.filter(to=[courriel])
    assert "Vous avez fermé votre compte" in dernier.message
    assert EntreeJournal.objects.pour(responsable)[0].verbe == "compte.fermer"


def test_le_depot_signe_garde_le_nom_qui_engage_l_organisme(responsable):
    organisme = responsable.adhesions.get().organisme
    demande = DemandeFactory(organisme=organisme, recevable=True, etat="retiree")
    depot = demande.depots.create(
        numero="D-1",
        contenu={},
        empreinte="0" * 64,
        signataire="Ana Ruiz",
        depose_par=responsable,
        depose_le=horloge.maintenant(),
    )

    fermer_compte(acteur=responsable)

    depot.refresh_from_db()
    assert depot.signataire == "Ana Ruiz"
    assert str(depot.depose_par) == "Compte effacé"


def test_la_derniere_responsable_nomme_une_autre_personne_d_abord(responsable):
    organisme = responsable.adhesions.get().organisme
    autre = AdhesionFactory(organisme=organisme, role="redacteur")
    assert "nommez-en une autre d'abord" in obstacles(responsable)[0].libelle
    lue = unescape(page(responsable, "compte_fermer").text)
    assert "nommez-en une autre d'abord" in lue
    assert "Confirmer" not in lue
    with pytest.raises(RegleViolee, match="nommez-en une autre"):
        fermer_compte(acteur=responsable)

    organismes.changer_role(acteur=responsable, adhesion=autre, role="responsable")

    fermer_compte(acteur=responsable)
    assert list(organisme.adhesions.values_list("utilisateur", flat=True)) == [autre.utilisateur_id]


@pytest.mark.parametrize(
    ("etat", "annonce", "retient"),
    [
        ("brouillon", "", True), ("deposee", "", True), ("refusee", "", True),
        ("refusee", "refusee", False), ("retiree", "", False), ("fermee", "acceptee", False),
    ],
)  # fmt: skip
def test_seule_on_part_quand_rien_n_est_en_cours(responsable, etat, annonce, retient):
    organisme = responsable.adhesions.get().organisme
    demande = DemandeFactory(organisme=organisme, recevable=etat != "brouillon")
    type(demande).objects.filter(pk=demande.pk).update(etat=etat, etat_annonce=annonce)

    assert [demande.reference in un.libelle for un in obstacles(responsable)] == [True] * retient
    if not retient:
        fermer_compte(acteur=responsable)
        assert Organisme.objects.filter(pk=organisme.pk, adhesions=None).exists()


def test_un_role_a_la_ville_ou_un_siege_se_rend_d_abord():
    employee = UtilisateurFactory(agent=True)
    membre = un_comite().membres[0].utilisateur
    for personne, phrase in ((employee, "un rôle à la Ville"), (membre, "Vous siégez au comité")):
        with pytest.raises(RegleViolee, match=phrase):
            fermer_compte(acteur=personne)
        assert Utilisateur.objects.get(pk=personne.pk).is_active


def test_une_invitation_recue_ne_garde_pas_l_adresse(responsable):
    organisme = AdhesionFactory(role="responsable").organisme
    hote = organisme.adhesions.get().utilisateur
    invitation = organismes.inviter(
        acteur=hote, organisme=organisme, courriel=responsable.email, role="redacteur"
    )
    fermer_compte(acteur=responsable)
    invitation.refresh_from_db()
    assert invitation.courriel.endswith(".invalid")
