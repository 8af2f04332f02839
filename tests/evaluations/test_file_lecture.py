"""La file d'un membre : un ordre à lui, fixe, et la prochaine à noter."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.file_lecture import file_de, ordre_de_lecture
from evaluations.models import CollecteSouhaits
from socle import horloge
from tests.evaluations.objets import declarer, soumettre, un_comite
from tests.factories import DemandeFactory

DEMANDES = list(range(1, 21))


def test_chaque_siege_a_son_ordre_et_le_garde():
    ordres = [ordre_de_lecture(siege, DEMANDES) for siege in range(1, 7)]

    assert ordres == [ordre_de_lecture(siege, reversed(DEMANDES)) for siege in range(1, 7)]
    assert len({tuple(ordre) for ordre in ordres}) == 6
    assert all(sorted(ordre) == DEMANDES for ordre in ordres)


def test_une_demande_ajoutee_ne_deplace_pas_les_autres():
    avant = ordre_de_lecture(3, DEMANDES)
    apres = ordre_de_lecture(3, [*DEMANDES, 99])

    assert [demande for demande in apres if demande != 99] == avant


def test_la_fin_de_la_file_ne_tombe_pas_toujours_sur_les_memes():
    """Sur cent membres, chaque demande se lit en dernier par quelques-uns, par personne trop."""
    dernieres = [ordre_de_lecture(siege, DEMANDES)[-1] for siege in range(100)]

    assert max(dernieres.count(demande) for demande in DEMANDES) <= 15
    assert len(set(dernieres)) >= 15


@pytest.fixture
def pret(db):
    pret = un_comite(demandes=4)
    pret.membre = pret.membres[1]
    for demande in pret.demandes[:3]:
        declarer(demande, pret.membre)
    return pret


def test_la_file_ne_contient_que_ce_qui_est_declare_sans_conflit(pret):
    declarer(pret.demandes[3], pret.membre, conflit=True)

    assert {place.projet.code for place in file_de(pret.membre).places} == {"D01", "D02", "D03"}


def test_suivante_mene_a_la_prochaine_a_noter_puis_fait_le_tour(pret):
    file = file_de(pret.membre)
    premiere, deuxieme, troisieme = (place.reference for place in file.places)
    soumettre(next(d for d in pret.demandes if d.reference == deuxieme), pret.membre)
    file = file_de(pret.membre)

    assert file.suivante(premiere).reference == troisieme
    assert file.suivante(troisieme).reference == premiere
    assert (file.soumises, file.total, len(file.a_noter)) == (1, 3, 2)


def test_soumettre_mene_a_la_suivante_et_la_derniere_a_l_accueil(pret):
    client = Client()
    client.force_login(pret.membre.utilisateur)
    adresses = []
    for place in file_de(pret.membre).places:
        donnees = {}
        for critere in pret.appel.criteres.all():
            donnees |= {f"note_{critere.pk}": "3", f"commentaire_{critere.pk}": "Bien."}
        client.post(reverse("comite:enregistrer", args=[place.reference]), donnees)
        adresses.append(client.post(reverse("comite:soumettre", args=[place.reference])).url)

    file = file_de(pret.membre)
    suivantes = [reverse("comite:lecture", args=[p.reference]) for p in file.places[1:]]
    assert adresses == [*suivantes, reverse("comite:accueil")]


def test_a_lire_suit_l_ordre_du_membre_et_dit_ou_il_en_est(pret):
    soumettre(pret.demandes[0], pret.membre)
    client = Client()
    client.force_login(pret.membre.utilisateur)
    texte = client.get(reverse("comite:accueil")).text

    places = file_de(pret.membre).a_noter
    positions = [texte.index(f">{place.projet.titre}</a>") for place in places]
    assert positions == sorted(positions)
    assert " ".join(texte.split()).count("1 fiche soumise sur 3") == 1


@pytest.mark.parametrize("anonyme", [False, True])
def test_les_requetes_ne_croissent_pas_avec_la_file(anonyme, db):
    nombres = []
    for demandes in (1, 3):
        pret = un_comite(demandes=demandes, lecture_anonyme=anonyme)
        for demande in pret.demandes:
            declarer(demande, pret.membres[0])
        client = Client()
        client.force_login(pret.membres[0].utilisateur)
        pages = [
            reverse("comite:accueil"),
            reverse("comite:interets", args=[pret.appel.code]),
            reverse("comite:lecture", args=[pret.demandes[0].reference]),
            reverse("comite:livret", args=[pret.appel.code]),
        ]
        comptes = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as compte:
                assert client.get(page).status_code == 200
            comptes.append(len(compte))
        nombres.append(comptes)
    assert nombres[0] == nombres[1]


def _lire(pret, nom, **parametres):
    navigateur = Client()
    navigateur.force_login(pret.membre.utilisateur)
    code = () if nom == "comite:accueil" else (pret.appel.code,)
    return navigateur.get(reverse(nom, args=code), parametres)


def test_une_longue_file_se_lit_par_pages_ce_qui_reste_d_abord(pret, monkeypatch):
    monkeypatch.setattr("evaluations.views.accueil.PAR_PAGE", 2)
    premiere_lue = file_de(pret.membre).places[0]
    soumettre(next(d for d in pret.demandes if d.reference == premiere_lue.reference), pret.membre)
    restent = [place.reference for place in file_de(pret.membre).a_noter]

    premiere = _lire(pret, "comite:accueil")
    (groupe,) = premiere.context["groupes"]
    assert [place.reference for place in groupe.a_noter] == restent
    assert not groupe.soumises
    assert "À noter (2)" in premiere.text
    seconde = _lire(pret, "comite:accueil", **{f"page-{pret.appel.code}": "2"})
    (groupe,) = seconde.context["groupes"]
    assert [place.reference for place in groupe.soumises] == [premiere_lue.reference]
    assert "Soumises (1)" in seconde.text
    assert "1 fiche soumise sur 3" in seconde.text
    # Ce qui attend se compte en entier, quelle que soit la page.
    assert seconde.context["a_faire"] == premiere.context["a_faire"] == 3


def test_les_interets_se_declarent_page_par_page(db, monkeypatch):
    monkeypatch.setattr("evaluations.views.interets.PAR_PAGE", 2)
    pret = un_comite(demandes=5)
    pret.membre = pret.membres[1]
    lues = [_lire(pret, "comite:interets", a_declarer=n) for n in (1, 2, 3)]
    assert "Enregistrez avant de changer de page" in lues[0].text
    pages = [lue.context["formulaire"] for lue in lues]
    montrees = [affectation.pk for form in pages for affectation in form.affectations]
    assert [len(form.affectations) for form in pages] == [2, 2, 1]
    assert len(set(montrees)) == 5

    navigateur = Client()
    navigateur.force_login(pret.membre.utilisateur)
    adresse = reverse("comite:interets", args=[pret.appel.code])
    reponses = {f"conflit_{pk}": "non" for pk in montrees[2:4]}
    suite = navigateur.post(f"{adresse}?a_declarer=2", reponses)
    assert suite.url == adresse
    # La page a changé depuis : ce qui fut répondu se déclare quand même.
    suite = navigateur.post(f"{adresse}?a_declarer=1", {f"conflit_{montrees[4]}": "non"})
    assert suite.url == adresse
    assert len(file_de(pret.membre).places) == 3
    declarees = _lire(pret, "comite:interets", declarees="2").context["declarees"]
    assert (declarees.paginator.count, len(list(declarees))) == (3, 1)
    refusee = navigateur.post(f"{adresse}?a_declarer=1", {f"conflit_{montrees[0]}": "oui"})
    assert "Dites quel est le lien." in refusee.text
    reponses = {f"conflit_{pk}": "non" for pk in montrees[:2]}
    assert navigateur.post(adresse, reponses).url == reverse("comite:accueil")


@pytest.mark.parametrize("envoi", ["portrait", "souhaits"])
def test_apres_un_envoi_refuse_les_pages_restent_celles_de_la_liste(db, monkeypatch, envoi):
    """Les adresses d'envoi ne se lisent pas : un lien relatif y mènerait à une erreur."""
    monkeypatch.setattr("evaluations.views.interets.PAR_PAGE", 2)
    pret = un_comite(demandes=6)
    for demande in pret.demandes[:3]:
        declarer(demande, pret.membres[1])
    CollecteSouhaits.objects.create(
        appel=pret.appel, jusqu_au=horloge.aujourdhui() + dt.timedelta(days=5)
    )
    for _ in range(3):
        DemandeFactory(recevable=True, appel=pret.appel)
    navigateur = Client()
    navigateur.force_login(pret.membres[1].utilisateur)
    liste = reverse("comite:interets", args=[pret.appel.code])
    offertes = navigateur.get(liste).context["souhaits"].demandes
    refus = {"employeur": "x" * 161, f"souhait_{offertes[0].pk}": "lien"}
    page = navigateur.post(reverse(f"comite:{envoi}", args=[pret.appel.code]), refus)
    assert page.context["envoye"].errors
    navigations = re.findall(r'<nav class="pagination-liste".*?</nav>', page.text, re.DOTALL)
    liens = [lien for nav in navigations for lien in re.findall(r'href="([^"]*)"', nav)]
    assert len(navigations) == 3
    assert {lien.partition("?")[0] for lien in liens} == {liste}
    assert {lien.partition("?")[2].partition("=")[0] for lien in liens} == {
        "a_declarer", "page", "declarees",
    }  # fmt: skip
    assert navigateur.get(liens[0]).status_code == 200
