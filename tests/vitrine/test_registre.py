"""Le registre : chercher sans accents, filtrer dans l'adresse, la carte, la page d'un projet."""

import json

import pytest
from django.urls import reverse

from appels.models import Demande
from tests.factories import (
    BesoinFactory,
    RapportFactory,
    ThemeFactory,
    UtilisateurFactory,
    VersionActiviteFactory,
)
from tests.financement.objets import requetes
from tests.vitrine.objets import dans_jours, un_projet_annonce

pytestmark = pytest.mark.django_db


def titres(client, **filtres):
    """Les titres de la liste, tels qu'une personne sans compte les lit."""
    reponse = client.get(reverse("registre"), filtres)
    assert reponse.status_code == 200
    return {element.titre for element in reponse.context["page_obj"]}


def points(client, **filtres):
    return json.loads(client.get(reverse("registre_points"), filtres).content)


@pytest.mark.parametrize(
    ("mots", "trouve"),
    [
        ("reunions", True),
        ("RÉUNION", True),
        ("cuisiner", True),
        ("cuis", True),
        ("peches", True),
        ("reunion absente", False),
        ("'; --", True),
    ],
)
def test_on_cherche_en_francais_sans_accents(client, mots, trouve):
    un_projet_annonce(
        demande__titre="Réunions de cuisine",
        demande__resume="Des repas.",
        demande__organisme__nom="Les Pêcheurs du Cap",
    )

    assert (titres(client, q=mots) == {"Réunions de cuisine"}) is trouve


def test_on_trouve_un_projet_par_ses_activites_et_un_service_par_qui_l_offre(client):
    projet = un_projet_annonce(demande__titre="Accueillir")
    VersionActiviteFactory(projet=projet, titre="Tricot à l'école")
    VersionActiviteFactory(titre="Prêt de livres")

    assert titres(client, q="ecole tricot") == {"Accueillir"}
    assert titres(client, q="bibliotheque") == {"Prêt de livres"}


def test_chaque_filtre_vaut_pour_les_projets_et_les_services(client):
    theme = ThemeFactory(code="emploi", libelle="Emploi")
    besoin = BesoinFactory(code="B90", theme=theme)
    projet = un_projet_annonce(demande__titre="Le projet", demande__secteur="Pointe-du-Lac")
    projet.besoins.add(besoin)
    VersionActiviteFactory(
        projet=projet, statuts=["etudes"], langues=["es"], secteur="Pointe-du-Lac"
    )
    service = VersionActiviteFactory(
        titre="Le service", statuts=["etudes"], langues=["es"], secteur="Pointe-du-Lac"
    )
    service.besoins.add(besoin)
    autre = un_projet_annonce(demande__titre="Autre projet")
    VersionActiviteFactory(projet=autre, statuts=["travail_temporaire"], gratuit=False, cout="5 $")
    VersionActiviteFactory(titre="Autre service", statuts=["travail_temporaire"], gratuit=False)

    for filtre in (
        {"theme": "emploi"}, {"besoin": "B90"}, {"statut": "etudes"}, {"langue": "es"},
        {"secteur": "Pointe-du-Lac"}, {"gratuit": "on"},
    ):  # fmt: skip
        assert titres(client, **filtre) == {"Le projet", "Le service"}, filtre
    assert titres(client, appel=projet.appel.code) == {"Le projet"}
    assert titres(client, genre="projets") == {"Le projet", "Autre projet"}
    assert titres(client, genre="services") == {"Le service", "Autre service"}


def test_la_periode_touche_celle_du_projet_ou_d_une_activite(client):
    projet = un_projet_annonce(demande__titre="Le projet")  # 2030-09-01 à 2031-08-31
    VersionActiviteFactory(projet=projet, debut=dans_jours(10), fin=dans_jours(20))
    VersionActiviteFactory(titre="Le service", debut=dans_jours(10), fin=dans_jours(20))

    assert titres(client, du="2031-01-01", au="2031-02-01") == {"Le projet"}
    assert titres(client, du=dans_jours(15), au=dans_jours(16)) == {"Le projet", "Le service"}
    assert titres(client, du=dans_jours(30), au=dans_jours(40)) == set()


def test_un_statut_non_coche_est_pour_tout_le_monde(client):
    VersionActiviteFactory(titre="Ouvert à tous")

    assert titres(client, statut="demandeuse_asile") == {"Ouvert à tous"}


def test_un_filtre_illisible_se_dit_et_garde_ce_qui_est_ecrit(client):
    reponse = client.get(reverse("registre"), {"du": "demain", "q": "café"})

    assert "Saisissez une date valide" in reponse.text
    assert 'value="demain"' in reponse.text
    assert 'value="café"' in reponse.text


def test_les_filtres_restent_dans_l_adresse_des_pages(client):
    for _ in range(30):
        VersionActiviteFactory(secteur="Centre-ville")
    texte = client.get(reverse("registre"), {"secteur": "Centre-ville"}).text

    assert "?secteur=Centre-ville&amp;page=2" in texte


def test_autant_de_requetes_pour_une_ligne_que_pour_trois():
    personne, comptes = UtilisateurFactory(), []
    for total in (1, 3):
        while Demande.objects.filter(etat_annonce="acceptee").count() < total:
            VersionActiviteFactory(projet=un_projet_annonce())
            VersionActiviteFactory()
        comptes.append(
            [
                requetes(personne, nom, sujet="francais")
                for nom in ("registre", "registre_points", "services", "calendrier")
            ]
        )

    assert comptes[0] == comptes[1]


def test_rien_d_un_projet_avant_sa_lettre(client):
    projet = un_projet_annonce(demande__titre="Secret")
    version = VersionActiviteFactory(
        projet=projet, titre="Secrète", latitude="46.35", longitude="-72.54", debut=dans_jours(-1)
    )
    Demande.objects.filter(pk=projet.pk).update(etat_annonce="")

    for nom in ("registre", "services", "calendrier", "calendrier_ics", "registre_points"):
        reponse = client.get(reverse(nom), {"sujet": "francais"} if nom == "services" else {})
        assert b"Secr" not in reponse.content, nom
    assert b"Secr" not in client.get(reverse("guide", args=["etudes"])).content
    assert client.get(reverse("projet", args=[projet.reference])).status_code == 404
    assert client.get(reverse("activite", args=[version.activite.cle])).status_code == 404
    assert client.get(reverse("activite_ics", args=[version.activite.cle])).status_code == 404


# --- La carte -----------------------------------------------------------------------------------
def test_la_carte_montre_ce_que_la_liste_montre(client):
    situe = un_projet_annonce(demande__titre="Situé")
    VersionActiviteFactory(projet=situe, titre="Atelier", latitude="46.35", longitude="-72.54")
    un_projet_annonce(demande__titre="Sans lieu", demande__secteur="Pointe-du-Lac")
    VersionActiviteFactory(titre="Comptoir", secteur="Pointe-du-Lac")

    carte = points(client)
    assert [lieu["titre"] for lieu in carte["lieux"]] == ["Atelier"]
    assert [(b["secteur"], b["nombre"]) for b in carte["bulles"]] == [("Pointe-du-Lac", 2)]
    assert titres(client, secteur="Pointe-du-Lac") == {"Sans lieu", "Comptoir"}
    assert carte["bulles"][0]["url"].endswith("secteur=Pointe-du-Lac")
    assert points(client, genre="services")["lieux"] == []


def test_la_page_est_entiere_sans_la_carte(client, settings):
    VersionActiviteFactory(titre="Comptoir")
    texte = client.get(reverse("registre")).text
    assert "Comptoir" in texte
    assert 'data-tuiles=""' in texte
    assert "hidden" in texte.partition("data-carte")[2].partition(">")[0]

    settings.LEAFLET_CONFIG = {
        **settings.LEAFLET_CONFIG, "TILES": "https://tuiles.exemple.test/{z}/{x}/{y}.png"
    }  # fmt: skip
    assert "https://tuiles.exemple.test/{z}/{x}/{y}.png" in client.get(reverse("registre")).text


# --- La page d'un projet ------------------------------------------------------------------------
def test_la_page_d_un_projet_dit_quoi_pour_qui_ou_quand_comment_et_a_qui_parler(client):
    projet = un_projet_annonce(demande__resume="Des repas partagés.")
    version = VersionActiviteFactory(
        projet=projet, pour_qui="Parents", statuts=["etudes"], lieu="Salle Pélican",
        debut=dans_jours(-1), fin=dans_jours(9), jours=[1], inscription="Venez sans rendez-vous.",
        contact_nom="Amina Traoré", contact_telephone="+18193742002", contact_consenti=True,
    )  # fmt: skip

    du_projet = client.get(reverse("projet", args=[projet.reference])).text
    for attendu in ("Des repas partagés.", version.texte, "Parents", "Salle Pélican", "Le mardi",
                    "Gratuit", "Venez sans rendez-vous.", "Amina Traoré"):  # fmt: skip
        assert attendu in du_projet
    texte = client.get(reverse("activite", args=[version.activite.cle])).text
    for attendu in ("Parents", "études", "Salle Pélican", "Le mardi", "Venez sans rendez-vous",
                    "Amina Traoré", "tel:+1-819-374-2002", projet.titre):  # fmt: skip
        assert attendu in texte


def test_les_resultats_paraissent_une_fois_le_projet_clos_et_masques(client):
    projet = un_projet_annonce()
    rapport = RapportFactory(demande=projet, accepte=True)
    for modalite, valeur in (("femmes", 2), ("hommes", 12), ("autre_ou_non_declare", 20)):
        rapport.valeurs.create(indicateur="par_genre", modalite=modalite, valeur=valeur)
    adresse = reverse("projet", args=[projet.reference])
    assert "Ce que le projet a donné" not in client.get(adresse).text

    Demande.objects.filter(pk=projet.pk).update(etat="fermee")
    texte = client.get(adresse).text
    assert "Personnes immigrantes par genre" in texte
    assert "&lt;5" in texte
    assert ">—<" in texte
    assert ">12<" not in texte
