"""Le jeu d'indicateurs : documenté, choisi par appel, prévu dans la demande, additionné juste."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from appels.catalogue_indicateurs import CATALOGUE
from appels.completude import manques
from appels.indicateurs import PAR_DEFAUT, incoherences, valider_choix
from appels.models import Question
from appels.questions import TypeQuestion
from appels.services import appel_suivant, formulaires
from appels.services import appels as services
from socle.exceptions import RegleViolee
from tests.factories import AdhesionFactory, AppelFactory, DemandeFactory, UtilisateurFactory
from tests.financement.objets import Formulaire, page


# --- Le jeu ---------------------------------------------------------------------------------------
def test_le_jeu_compte_tout_ce_que_la_reddition_demande():
    assert [i.code for i in CATALOGUE] == [
        "activites_realisees", "participations", "personnes_distinctes", "personnes_immigrantes",
        "societe_accueil", "par_statut", "par_genre", "par_age", "par_arrivee", "jumelages",
        "benevoles", "heures_benevoles", "partenaires", "employeurs", "orientations", "outils",
        "satisfaction", "aide_accordee", "aide_versee", "depenses_reelles", "effet_levier",
    ]  # fmt: skip
    assert {i.code for i in CATALOGUE if i.calcule} == {
        "aide_accordee", "aide_versee", "depenses_reelles", "effet_levier",
    }  # fmt: skip


def test_chaque_ventilation_permet_l_inconnu():
    for indicateur in CATALOGUE:
        if indicateur.ventile:
            derniere = list(indicateur.modalites)[-1]
            assert "inconnu" in derniere or "non_declare" in derniere, indicateur.code


@pytest.mark.django_db
def test_la_page_publique_documente_chaque_indicateur(client):
    texte = client.get(reverse("indicateurs")).text.replace("&#x27;", "'")
    for indicateur in CATALOGUE:
        assert f'id="{indicateur.code}"' in texte
        for dit in (
            indicateur.definition, indicateur.unite, indicateur.comptage, indicateur.exemple,
            *indicateur.modalites.values(),
        ):  # fmt: skip
            assert dit
            assert dit.replace("'", "'") in texte or dit.capitalize() in texte, dit


# --- Ce qui s'additionne --------------------------------------------------------------------------
TOTAUX = {("personnes_distinctes", ""): 30, ("personnes_immigrantes", ""): 22}


@pytest.mark.parametrize(
    ("valeurs", "fautif"),
    [
        ({("personnes_immigrantes", ""): 30}, None),
        ({("personnes_immigrantes", ""): 31}, "personnes_immigrantes"),
        ({("participations", ""): 30}, None),
        ({("participations", ""): 29}, "personnes_distinctes"),
        ({("societe_accueil", ""): 8}, None),
        ({("societe_accueil", ""): 9}, "societe_accueil"),
        ({("societe_accueil", ""): 31}, "societe_accueil"),
        ({("par_arrivee", "moins-1"): 20, ("par_arrivee", "inconnu"): 2}, None),
        ({("par_arrivee", "moins-1"): 20, ("par_arrivee", "inconnu"): 1}, "par_arrivee"),
        ({("par_genre", "femmes"): 22}, None),
        ({("par_genre", "femmes"): 23}, "par_genre"),
        ({("par_statut", "etudes"): 22}, None),
        ({("par_age", "inconnu"): 21}, "par_age"),
        ({("satisfaction", "repondants"): 5, ("satisfaction", "satisfaits"): 5}, None),
        ({("satisfaction", "repondants"): 5, ("satisfaction", "satisfaits"): 6}, "satisfaction"),
        ({("heures_benevoles", ""): 1, ("benevoles", ""): 1}, None),
        ({("heures_benevoles", ""): 1, ("benevoles", ""): 0}, "heures_benevoles"),
        ({("heures_benevoles", ""): 1}, None),
    ],
)
def test_chaque_regle_des_deux_cotes_de_sa_borne(valeurs, fautif):
    trouvees = incoherences(TOTAUX | valeurs)
    assert [code for code, _ in trouvees] == ([fautif] if fautif else [])


def test_ce_qui_n_est_pas_compte_n_est_jamais_faux():
    assert incoherences({}) == []
    assert incoherences({("personnes_immigrantes", ""): 4}) == []


# --- Le choix de l'appel --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("codes", "phrase"),
    [
        (["inconnu"], "inconnu"),
        (["aide_versee"], "aide_versee"),
        (["par_genre"], "personnes immigrantes"),
        (["outils", "outils"], "une fois"),
        ("outils", "une fois"),
    ],
)
def test_un_choix_impossible_se_refuse(codes, phrase):
    with pytest.raises(ValidationError, match=phrase):
        valider_choix(codes)


def test_le_choix_livre_est_permis_et_aucun_aussi():
    valider_choix(list(PAR_DEFAUT))
    valider_choix([])


@pytest.mark.django_db
def test_la_ville_choisit_les_indicateurs_de_l_appel_en_le_composant():
    agente = UtilisateurFactory(agent=True)
    appel = AppelFactory()
    texte = page(agente, "ville:appel_modifier", appel.code, "indicateurs").text
    assert texte.count('name="indicateurs"') == len([i for i in CATALOGUE if not i.calcule])

    page(
        agente, "ville:appel_modifier", appel.code, "indicateurs", methode="post",
        indicateurs=["benevoles", "outils"],
    )  # fmt: skip
    appel.refresh_from_db()
    assert appel.indicateurs == ["benevoles", "outils"]

    reponse = page(
        agente, "ville:appel_modifier", appel.code, "indicateurs", methode="post",
        indicateurs=["par_age"],
    )  # fmt: skip
    assert "demande aussi « personnes immigrantes »" in Formulaire(reponse.text).erreur(
        "indicateurs"
    )
    appel.refresh_from_db()
    assert appel.indicateurs == ["benevoles", "outils"]


@pytest.mark.django_db
def test_publie_l_appel_garde_ses_indicateurs_et_son_suivant_les_reprend():
    agente = UtilisateurFactory(agent=True)
    appel = AppelFactory(ouvert=True, indicateurs=["outils"])
    with pytest.raises(RegleViolee):
        services.modifier_appel(acteur=agente, appel=appel, champs={"indicateurs": ["benevoles"]})
    assert "indicateurs" in appel_suivant.REGLES


# --- Le prévu, dans la demande --------------------------------------------------------------------
@pytest.fixture
def demande(db):
    """Un brouillon dont l'appel demande trois totaux et une ventilation."""
    appel = AppelFactory(
        indicateurs=["personnes_distinctes", "personnes_immigrantes", "par_genre", "outils"]
    )
    formulaire = formulaires.creer_formulaire(
        appel=appel,
        sections=[
            {
                "code": "vises",
                "titre": "Les résultats visés",
                "questions": [{"code": "vises", "libelle": "Combien ?", "type": "resultats"}],
            }
        ],
    )
    type(appel).objects.filter(pk=appel.pk).update(etat="publie", publie_le=appel.ouverture)
    demande = DemandeFactory(appel=appel, formulaire=formulaire)
    demande.auteur = AdhesionFactory(organisme=demande.organisme).utilisateur
    demande.question = Question.objects.get(section__formulaire=formulaire)
    return demande


def viser(demande, **cases):
    """Répond à la question par la page ; rend ce qui manque encore dans cette partie."""
    donnees = {f"q{demande.question.pk}-{nom}": valeur for nom, valeur in cases.items()}
    page(demande.auteur, "organisme:rediger", demande.reference, "vises", methode="post", **donnees)
    return " ".join(m.libelle for m in manques(demande) if m.partie == "vises")


def test_la_demande_prevoit_les_seuls_indicateurs_que_l_appel_demande(demande):
    texte = page(demande.auteur, "organisme:rediger", demande.reference, "vises").text
    for libelle in ("Personnes différentes à rejoindre", "Outils produits", "Femmes"):
        assert libelle in texte
    for absent in ("Participations prévues", "Résidence permanente", "Jumelages"):
        assert absent not in texte


@pytest.mark.parametrize(
    ("cases", "manque"),
    [
        ({}, "réponse attendue"),
        ({"personnes_distinctes": "30", "personnes_immigrantes": "30"}, "Outils produits"),
        ({"personnes_distinctes": "30", "personnes_immigrantes": "30", "outils": "0"}, ""),
        (
            {"personnes_distinctes": "30", "personnes_immigrantes": "31", "outils": "0"},
            "31 personnes immigrantes pour 30",
        ),
        (
            {"personnes_distinctes": "30", "personnes_immigrantes": "2,5", "outils": "0"},
            "nombre entier",
        ),
        (
            {"personnes_distinctes": "30", "personnes_immigrantes": "-1", "outils": "0"},
            "nombre entier",
        ),
    ],
)
def test_le_prevu_se_verifie_avant_le_depot(demande, cases, manque):
    trouve = viser(demande, **cases)
    assert manque in trouve
    assert bool(trouve) is bool(manque)


def test_le_formulaire_livre_demande_le_prevu(db):
    types = [q["type"] for s in formulaires.sections_par_defaut() for q in s["questions"]]
    assert types.count(TypeQuestion.RESULTATS) == 1


def test_une_reponse_forgee_ne_garde_que_les_cases_montrees(demande):
    viser(demande, personnes_distinctes="3", jumelages="9", par_genre="4")
    assert demande.reponses.get().valeur == {"personnes_distinctes": "3"}
    assert "Personnes différentes à rejoindre : 3" in demande.reponses.get().texte


VISES = {"personnes_distinctes": "30", "personnes_immigrantes": "10", "outils": "0"}


@pytest.mark.parametrize(
    ("cases", "manque"),
    [
        ({"par_genre:femmes": "6", "par_genre:hommes": "4"}, ""),
        ({"par_genre:femmes": "6", "par_genre:autre_ou_non_declare": "4"}, ""),
        ({"par_genre:femmes": "6", "par_genre:hommes": "3"}, "le total est 9"),
        ({"par_genre:femmes": "11"}, "le total est 11"),
        ({"par_genre:femmes": "dix"}, "Personnes immigrantes par genre : Femmes"),
    ],
)
def test_une_ventilation_prevue_totalise_ou_reste_vide(demande, cases, manque):
    trouve = viser(demande, **VISES, **cases)
    assert manque in trouve
    assert bool(trouve) is bool(manque)
    # Ce qui est écrit reste, juste ou non, et la répartition reste ouverte.
    texte = page(demande.auteur, "organisme:rediger", demande.reference, "vises").text
    numero = demande.question.pk
    assert Formulaire(texte).valeur(f"q{numero}-par_genre:femmes") == cases["par_genre:femmes"]
    assert '<details class="replie" open>' in texte


def test_les_ventilations_ne_se_demandent_que_si_l_on_veut(demande):
    assert viser(demande, **VISES) == ""
    texte = page(demande.auteur, "organisme:rediger", demande.reference, "vises").text
    assert "Prévoir aussi la répartition (facultatif)" in texte
    assert '<details class="replie" open>' not in texte


def test_la_demande_se_relit_avec_ses_ventilations(demande):
    viser(demande, **VISES, **{"par_genre:femmes": "6", "par_genre:hommes": "4"})
    assert "Personnes immigrantes par genre : Femmes : 6" in demande.reponses.get().texte
    assert demande.reponses.get().valeur["par_genre:hommes"] == "4"
