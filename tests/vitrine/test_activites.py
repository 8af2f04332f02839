"""Les pages d'activité : l'organisme propose, la Ville publie, le public lit ce qui est publié."""

from html import unescape

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.utils import ProgrammingError
from django.urls import reverse
from post_office.models import Email

from appels.models import Demande
from financement.conservation import Sort
from financement.services.conservation import APurger, purger
from socle import horloge
from socle.exceptions import PermissionRefusee
from socle.verbes import phrase
from tests.factories import (
    AffectationFactory,
    MembreComiteFactory,
    UtilisateurFactory,
    VersionActiviteFactory,
)
from tests.financement.objets import Formulaire, des_gens, envoyer, messages_de, page, verbes
from tests.vitrine.objets import saisie, un_projet_annonce
from vitrine.models import Activite, TempsFort, VersionActivite
from vitrine.services import activites, temps_forts

pytestmark = pytest.mark.django_db


@pytest.fixture
def projet():
    return un_projet_annonce()


@pytest.fixture
def gens(projet):
    return des_gens(projet.organisme)


def proposer(gens, projet, **changements):
    reponse = envoyer(
        gens.membre, "organisme:activite_nouvelle", projet.reference, **saisie(**changements)
    )
    assert reponse.status_code == 302, Formulaire(reponse.text).arbre
    return VersionActivite.objects.latest("pk")


def publier(gens, version):
    return envoyer(
        gens.agent, "ville:activite", version.activite_id, publier="1", retouche=version.retouche
    )


def lue(client, version):
    return client.get(reverse("activite", args=[version.activite.cle]))


def test_proposee_puis_publiee_puis_mise_a_jour(client, gens, projet):
    version = proposer(gens, projet)
    assert lue(client, version).status_code == 404

    publier(gens, version)
    assert "Café du mardi" in lue(client, version).text

    seconde = envoyer(
        gens.membre, "organisme:activite", projet.reference, version.activite.cle,
        **saisie(titre="Café du mercredi", jours=["2"]),
    )  # fmt: skip
    assert seconde.status_code == 302
    assert "Café du mardi" in lue(client, version).text
    publier(gens, VersionActivite.objects.get(etat="proposee"))
    assert "Café du mercredi" in lue(client, version).text
    version.refresh_from_db()
    assert version.etat == "remplacee"
    faits = ["versionactivite.proposer", "versionactivite.publier", "versionactivite.remplacer"]
    assert verbes(version) == faits
    for lecteur, *adresse in (
        (gens.agent, "ville:activite", version.activite_id),
        (gens.membre, "organisme:activite", projet.reference, version.activite.cle),
    ):
        histoire = unescape(page(lecteur, *adresse).text)
        assert all(phrase(fait) in histoire for fait in faits)
    assert "publiée" in Email.objects.filter(to=gens.membre.email).last().message


def test_renvoyee_l_organisme_lit_pourquoi_et_reprend(client, gens, projet):
    version = proposer(gens, projet)
    vide = envoyer(gens.agent, "ville:activite", version.activite_id, renvoyer="1", motif="")
    assert "obligatoire" in Formulaire(vide.text.split('name="publier"')[1]).erreur("motif")

    envoyer(gens.agent, "ville:activite", version.activite_id, renvoyer="1", motif="Quelle salle ?")
    assert "Quelle salle ?" in page(gens.membre, "organisme:activites", projet.reference).text
    reprise = page(gens.membre, "organisme:activite", projet.reference, version.activite.cle)
    assert "Quelle salle ?" in reprise.text
    assert Formulaire(reprise.text).valeur("titre") == "Café du mardi"
    assert "Quelle salle ?" in Email.objects.get(to=gens.membre.email).message
    envoyer(
        gens.membre, "organisme:activite", projet.reference, version.activite.cle,
        **saisie(lieu="Salle 2"),
    )  # fmt: skip
    publier(gens, VersionActivite.objects.get(etat="proposee"))
    assert "Salle 2" in lue(client, version).text


def test_on_ne_publie_que_ce_qu_on_a_lu(gens, projet):
    version = proposer(gens, projet)
    envoyer(
        gens.membre, "organisme:activite", projet.reference, version.activite.cle,
        **saisie(titre="Autre chose"),
    )  # fmt: skip
    assert VersionActivite.objects.count() == 1
    assert "relisez-la" in messages_de(publier(gens, version))
    version.refresh_from_db()
    assert version.etat == "proposee"


@pytest.mark.parametrize(
    ("champ", "changements", "phrase"),
    [
        ("titre", {"titre": ""}, "obligatoire"),
        ("sujets", {"sujets": None}, "obligatoire"),
        ("fin", {"fin": "2020-01-01"}, "vient avant le premier"),
        ("debut", {"debut": ""}, "Donnez le premier jour"),
        ("heure_fin", {"heure_fin": "17:00"}, "vient avant celle du début"),
        ("heure_debut", {"heure_debut": ""}, "l'heure du début"),
        ("cout", {"gratuit": None}, "combien"),
        ("longitude", {"latitude": "46.35"}, "les deux coordonnées"),
        ("latitude", {"latitude": "45.5", "longitude": "-72.5"}, "de 46,15 à 46,60"),
        ("longitude", {"latitude": "46.35", "longitude": "72.5"}, "de −73,00 à −72,25"),
        ("contact_consenti", {"contact_nom": "Amina"}, "y consent"),
        ("contact_telephone", {"contact_telephone": "12"}, "numéro"),
        ("lien", {"lien": "pas une adresse"}, "URL"),
    ],
)
def test_une_saisie_fausse_se_dit_pres_du_champ_et_reste(gens, projet, champ, changements, phrase):
    reponse = envoyer(
        gens.membre, "organisme:activite_nouvelle", projet.reference, **saisie(**changements)
    )

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text)
    assert phrase in formulaire.erreur(champ)
    assert formulaire.valeur("texte") == "On parle français ensemble, sans examen."
    assert not VersionActivite.objects.exists()


# --- Qui voit, qui agit -------------------------------------------------------------------------
def test_seuls_les_membres_d_un_projet_annonce_tiennent_ses_pages(gens, projet):
    for qui in (gens.autre, gens.agent, gens.mifi):
        assert page(qui, "organisme:activites", projet.reference).status_code == 404
    version = proposer(gens, projet)
    with pytest.raises(PermissionRefusee):
        activites.publier(acteur=gens.membre, version=version, retouche=version.retouche)
    Demande.objects.filter(pk=projet.pk).update(etat_annonce="")
    assert page(gens.membre, "organisme:activites", projet.reference).status_code == 404


def test_une_personne_recusee_ne_voit_rien_des_pages_du_projet(gens, projet):
    version = proposer(gens, projet)
    recuse = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=projet.appel, utilisateur=recuse)
    AffectationFactory(demande=projet, membre=siege, recusee=True)

    assert page(recuse, "ville:activite", version.activite_id).status_code == 404
    for salle in ("ville:activites", "ville:accueil"):
        assert version.titre not in page(recuse, salle).text
        assert version.titre in page(gens.agent, salle).text
    with pytest.raises(PermissionRefusee):
        activites.publier(acteur=recuse, version=version, retouche=version.retouche)


def test_visibles_par_dit_comme_la_permission(gens, projet):
    VersionActiviteFactory(projet=projet)
    VersionActiviteFactory()
    for qui in (gens.agent, gens.membre, gens.autre, gens.mifi):
        visibles = set(Activite.objects.visibles_par(qui))
        for activite in Activite.objects.all():
            permis = qui.peut("activite.retirer", activite)
            assert (activite in visibles) is permis, (qui, activite.genre)


# --- Le contact ---------------------------------------------------------------------------------
def test_le_contact_s_efface_quand_la_page_est_remplacee_ou_retiree(client, gens, projet):
    contact = {
        "contact_nom": "Amina Traoré", "contact_courriel": "amina@exemple.test",
        "contact_consenti": "on",
    }  # fmt: skip
    version = proposer(gens, projet, **contact)
    publier(gens, version)
    assert "Amina Traoré" in lue(client, version).text
    envoyer(
        gens.membre, "organisme:activite", projet.reference, version.activite.cle,
        **saisie(**contact),
    )  # fmt: skip
    publier(gens, VersionActivite.objects.get(etat="proposee"))
    version.refresh_from_db()
    assert (version.contact_nom, version.contact_courriel) == ("", "")

    retrait = envoyer(
        gens.membre, "organisme:activite_retirer", projet.reference, version.activite.cle,
        motif="C'est fini.",
    )  # fmt: skip
    assert retrait.status_code == 302
    assert lue(client, version).status_code == 404
    assert not VersionActivite.objects.filter(contact_consenti=True).exists()


def test_la_base_refuse_un_contact_sans_consentement_et_une_page_publiee_changee():
    with pytest.raises(IntegrityError), transaction.atomic():
        VersionActiviteFactory(contact_nom="Amina")
    version = VersionActiviteFactory()
    with pytest.raises((InternalError, ProgrammingError), match="ne se modifie pas"), \
            transaction.atomic(), connection.cursor() as curseur:  # fmt: skip
        curseur.execute(
            "UPDATE vitrine_versionactivite SET titre = 'x' WHERE id = %s", [version.pk]
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        VersionActiviteFactory(activite=version.activite)


def test_un_projet_anonymise_n_a_plus_de_page(projet):
    version = VersionActiviteFactory(projet=projet, contact_nom="Amina", contact_consenti=True)
    jour = horloge.aujourdhui()
    purger(APurger("Projets", str(projet), jour, jour, Sort.ANONYMISER, projet))

    assert not Activite.objects.filter(pk=version.activite_id).exists()


# --- La Ville -----------------------------------------------------------------------------------
def test_la_ville_ajoute_ses_services_et_ceux_de_ses_partenaires(client, gens):
    service = saisie(genre="partenaire", porteur="Service d'accueil", latitude="46.35",
                     longitude="-72.54")  # fmt: skip
    assert envoyer(gens.agent, "ville:service_nouveau", **service).status_code == 302
    version = VersionActivite.objects.get()
    assert (version.etat, version.activite.porteur) == ("publiee", "Service d'accueil")
    assert b"Caf" in client.get(reverse("registre_points"), {"genre": "services"}).content

    change = {**service, "titre": "Café du jeudi", "genre": "ville"}
    envoyer(gens.agent, "ville:service", version.activite_id, **change)
    assert "Café du jeudi" in lue(client, version).text
    assert "Service de la Ville" in client.get(reverse("registre")).text

    vide = envoyer(gens.agent, "ville:service_nouveau", **{**service, "porteur": ""})
    assert "obligatoire" in Formulaire(vide.text).erreur("porteur")
    for qui in (gens.approbation, gens.membre):
        assert page(qui, "ville:service_nouveau").status_code == 404
    envoyer(gens.agent, "ville:activite_retirer", version.activite_id, motif="Fermé.")
    assert lue(client, version).status_code == 404


def test_les_pages_de_deux_memes_titres_ont_deux_adresses(gens, projet):
    assert {proposer(gens, projet).activite.cle for _ in range(3)} == {
        "cafe-du-mardi", "cafe-du-mardi-2", "cafe-du-mardi-3",
    }  # fmt: skip
    assert proposer(gens, projet, titre="Calendrier").activite.cle == "calendrier-2"


def test_les_temps_forts_sont_a_l_agent(gens):
    envoyer(gens.agent, "ville:temps_forts", titre="SQRI", texte="",
            debut="2030-11-04", fin="2030-11-10")  # fmt: skip
    sqri = TempsFort.objects.get()
    faux = envoyer(gens.agent, "ville:temps_fort", sqri.pk, titre="SQRI", texte="",
                   debut="2030-11-04", fin="2030-11-01")  # fmt: skip
    assert "vient avant le premier" in Formulaire(faux.text).erreur("fin")
    envoyer(gens.agent, "ville:temps_fort", sqri.pk, titre="SQRI 2030", texte="",
            debut="2030-11-04", fin="2030-11-11")  # fmt: skip
    sqri.refresh_from_db()
    assert sqri.titre == "SQRI 2030"
    assert verbes(sqri) == ["tempsfort.inscrire", "tempsfort.modifier"]
    with pytest.raises(PermissionRefusee):
        temps_forts.enregistrer(
            acteur=gens.membre, titre="x", texte="", debut=sqri.debut, fin=sqri.fin
        )
