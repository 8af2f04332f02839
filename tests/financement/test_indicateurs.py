"""Les indicateurs d'un projet : prévus à la convention, réels aux rapports, l'argent calculé."""

from decimal import Decimal as D
from importlib import import_module

import pytest
from django.apps import apps

from appels.services import formulaires
from financement.bilan import calculer_bilan
from financement.documents_fusionnes import contexte_convention
from financement.importation.contenu import DemandeLue
from financement.indicateurs import argent_de, comparer, levier
from financement.models import Convention, Rapport, Versement
from financement.services import conventions
from financement.services.modeles import lire_modele
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import AppelFactory, DecisionFactory, UtilisateurFactory, dans
from tests.financement.objets import Formulaire, envoyer, page, recit, requetes, un_projet, verbes

pytestmark = pytest.mark.django_db
DEMANDES = ["activites_realisees", "personnes_distinctes", "personnes_immigrantes", "par_genre"]


def demander(projet, *codes, attendus=None):
    type(projet.demande.appel).objects.filter(pk=projet.demande.appel_id).update(
        indicateurs=list(codes)
    )
    Convention.objects.filter(pk=projet.convention.pk).update(resultats_attendus=attendus or {})


@pytest.fixture
def projet(db):
    projet = un_projet()
    demander(projet, *DEMANDES, attendus={"activites_realisees": 40, "personnes_distinctes": 60})
    return projet


def remettre(projet, bouton="enregistrer", **donnees):
    ouvert = page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "etape")
    return envoyer(
        projet.gens.membre,
        "organisme:rapport",
        projet.demande.reference,
        "etape",
        **{
            **Formulaire(ouvert.text).donnees(),
            bouton: "1",
            activites(projet): "Faites.",
            **donnees,
        },
    )


def activites(projet):
    """Le nom du champ où le rapport d'étape raconte ses activités."""
    return f"q{projet.questions['etape']['activites'].pk}"


# --- Le rapport -----------------------------------------------------------------------------------
def test_le_rapport_demande_les_indicateurs_de_l_appel_et_dit_le_prevu(projet):
    texte = page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "etape").text
    formulaire = Formulaire(texte)
    for nom in ("activites_realisees", "par_genre:femmes"):
        assert formulaire.valeur(nom) == ""
    for absent in ("participations", "par_age:0-14", "benevoles"):
        assert f'name="{absent}"' not in texte
    assert "Prévu à la convention : 40." in texte
    assert "Prévu à la convention : 60." in texte


def test_un_nombre_deja_donne_reste_meme_si_l_appel_ne_le_demande_pas(projet):
    projet.etape.valeurs.create(indicateur="outils", valeur=2)
    remettre(projet, activites_realisees="38")
    assert {v.indicateur: v.valeur for v in projet.etape.valeurs.all()} == {
        "outils": 2,
        "activites_realisees": 38,
    }


def test_au_depot_ce_qui_ne_s_additionne_pas_se_dit_pres_du_nombre_et_reste(projet):
    donnees = {
        "personnes_distinctes": "30",
        "personnes_immigrantes": "22",
        "par_genre:femmes": "20",
        "par_genre:autre_ou_non_declare": "1",
    }
    formulaire = Formulaire(remettre(projet, "deposer", **donnees).text)
    assert "le total est 21" in formulaire.erreur("par_genre:femmes")
    assert formulaire.valeur("par_genre:femmes") == "20"
    assert Rapport.objects.get(pk=projet.etape.pk).etat == "attendu"

    remettre(projet, "deposer", **donnees | {"par_genre:autre_ou_non_declare": "2"})
    assert Rapport.objects.get(pk=projet.etape.pk).etat == "depose"


@pytest.mark.parametrize("saisi", ["-1", "2,5", "beaucoup", "9" * 12])
def test_un_compte_impossible_se_dit_pres_de_lui(projet, saisi):
    formulaire = Formulaire(remettre(projet, activites_realisees=saisi).text)
    assert formulaire.erreur("activites_realisees")
    assert formulaire.valeur("activites_realisees") == saisi
    assert not projet.etape.valeurs.exists()


def test_un_texte_qui_nomme_quelqu_un_previent_et_s_enregistre(projet):
    remettre(projet, **{activites(projet): "Amina Diallo a animé dix rencontres."})
    texte = page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "etape").text
    assert "semble nommer une personne" in texte
    assert "« Amina Diallo »" in texte
    assert "Amina Diallo" in recit(projet.etape, "activites")
    assert "semble nommer" in page(projet.gens.agent, "ville:rapport", projet.etape.pk).text


def test_la_ville_lit_le_prevu_le_reel_et_l_ecart(projet):
    for indicateur, valeur in (("activites_realisees", 38), ("personnes_distinctes", 75)):
        projet.etape.valeurs.create(indicateur=indicateur, valeur=valeur)
    Rapport.objects.filter(pk=projet.etape.pk).update(etat="depose", depose_le=dans())
    texte = page(projet.gens.agent, "ville:rapport", projet.etape.pk).text
    section = " ".join(texte.split('id="indicateurs"')[1].split())
    for attendu in (">40<", ">38<", ">\u22122<", ">60<", ">75<", ">+15<"):
        assert attendu in section, attendu


def test_l_examen_coute_autant_pour_un_indicateur_que_pour_trois(projet):
    projet.etape.valeurs.create(indicateur="activites_realisees", valeur=1)
    un = requetes(projet.gens.agent, "ville:rapport", projet.etape.pk)
    for nom in ("personnes_distinctes", "outils"):
        projet.etape.valeurs.create(indicateur=nom, valeur=1)
    assert requetes(projet.gens.agent, "ville:rapport", projet.etape.pk) == un


# --- La convention --------------------------------------------------------------------------------
@pytest.fixture
def acceptee(db):
    """Une demande acceptée et annoncée, qui vise 24 activités et 60 personnes."""
    appel = AppelFactory(en_evaluation=True, indicateurs=DEMANDES)
    formulaire = formulaires.creer_formulaire(
        appel=appel,
        sections=[
            {
                "code": "vises",
                "titre": "Visés",
                "questions": [{"code": "vises", "libelle": "Combien ?", "type": "resultats"}],
            }
        ],
    )
    decision = DecisionFactory(demande__appel=appel, demande__formulaire=formulaire)
    demande = decision.demande
    type(demande).objects.filter(pk=demande.pk).update(etat="acceptee", etat_annonce="acceptee")
    demande.refresh_from_db()
    demande.reponses.create(
        question=formulaire.sections.get().questions.get(),
        valeur={"activites_realisees": "24", "personnes_distinctes": "1 060", "jumelages": ""},
    )
    return demande


def test_la_convention_reprend_ce_que_la_demande_prevoit_et_la_ville_l_ajuste(acceptee):
    agente = UtilisateurFactory(agent=True)
    convention = conventions.preparer_convention(acteur=agente, demande=acceptee)
    assert convention.resultats_attendus == {
        "activites_realisees": 24,
        "personnes_distinctes": 1060,
    }

    envoyer(
        agente, "ville:convention_agir", acceptee.reference, "resultats",
        activites_realisees="20", personnes_distinctes="50", personnes_immigrantes="",
    )  # fmt: skip

    convention.refresh_from_db()
    assert convention.resultats_attendus == {"activites_realisees": 20, "personnes_distinctes": 50}
    assert "convention.ajuster_resultats" in verbes(convention)
    annexe = contexte_convention(convention, lire_modele("convention"))["attendus"].totaux
    assert [(r.libelle, r.prevu) for r in annexe] == [
        ("Activités réalisées", 20),
        ("Personnes différentes rejointes", 50),
    ]


def test_un_ajustement_impossible_se_dit_pres_du_nombre_et_ne_change_rien(acceptee):
    agente = UtilisateurFactory(agent=True)
    convention = conventions.preparer_convention(acteur=agente, demande=acceptee)
    reponse = envoyer(
        agente, "ville:convention_agir", acceptee.reference, "resultats",
        personnes_distinctes="10", personnes_immigrantes="11",
    )  # fmt: skip
    formulaire = Formulaire(reponse.text, "/resultats/")
    assert "11 personnes immigrantes pour 10" in formulaire.erreur("personnes_immigrantes")
    assert formulaire.valeur("personnes_immigrantes") == "11"
    convention.refresh_from_db()
    assert convention.resultats_attendus["personnes_distinctes"] == 1060


def test_transmise_la_convention_ne_change_plus_et_seul_l_agent_ajuste(acceptee):
    agente = UtilisateurFactory(agent=True)
    convention = conventions.preparer_convention(acteur=agente, demande=acceptee)
    with pytest.raises(PermissionRefusee):
        conventions.ajuster_resultats(
            acteur=UtilisateurFactory(tresorerie=True), convention=convention, resultats={}
        )
    with pytest.raises(RegleViolee) as refus:
        conventions.ajuster_resultats(
            acteur=agente, convention=convention, resultats={"par_genre": 1}
        )
    assert refus.value.champ == "par_genre"
    Convention.objects.filter(pk=convention.pk).update(etat="transmise", transmise_le=dans())
    with pytest.raises(RegleViolee) as refus:
        conventions.ajuster_resultats(acteur=agente, convention=convention, resultats={})
    assert refus.value.code == "transmise"


def test_l_organisme_lit_ce_que_sa_convention_attend(projet):
    texte = page(projet.gens.membre, "organisme:convention", projet.demande.reference).text
    assert "Résultats attendus" in texte
    assert "<dd>40</dd>" in texte


# --- L'argent -------------------------------------------------------------------------------------
def test_l_argent_se_calcule_du_budget_du_grand_livre_et_du_rapport(projet):
    assert {r.code: (r.prevu, r.valeur) for r in argent_de(projet.demande)} == {
        "aide_accordee": (D(16000), D(16000)),
        "aide_versee": (D(16000), D(0)),
        "depenses_reelles": (D(20000), None),
        "effet_levier": (D("0.25"), None),
    }
    projet.final.depenses.create(categorie="autre", montant=D("18500.00"))
    Rapport.objects.filter(pk=projet.final.pk).update(
        etat="accepte", depose_le=dans(), accepte_le=dans(), autres_aides_publiques=0
    )
    Versement.objects.filter(pk__in=[v.pk for v in projet.versements[:2]]).update(
        etat="verse",
        propose_par=projet.gens.agent,
        autorise_par=projet.gens.approbation,
        verse_le=dans(),
    )
    demande = type(projet.demande).objects.get(pk=projet.demande.pk)
    reels = {r.code: r.valeur for r in argent_de(demande)}
    # (18 500 − 14 400) ÷ 14 400 = 0,2847…
    assert reels == {
        "aide_accordee": D(16000),
        "aide_versee": D(14400),
        "depenses_reelles": D(18500),
        "effet_levier": D("0.28"),
    }


@pytest.mark.parametrize(
    ("depenses", "aide", "attendu"),
    [("100", "0", None), ("100", "100", "0"), ("150", "100", "0.5"), ("100.50", "100", "0.01")],
)
def test_l_effet_de_levier_au_cent(depenses, aide, attendu):
    assert levier(D(depenses), D(aide)) == (None if attendu is None else D(attendu))


def test_la_page_de_fermeture_compare_le_prevu_et_le_reel(projet):
    projet.final.valeurs.create(indicateur="activites_realisees", valeur=38)
    Rapport.objects.filter(pk=projet.final.pk).update(
        etat="accepte", depose_le=dans(), accepte_le=dans(), autres_aides_publiques=0
    )
    texte = page(projet.gens.agent, "ville:fermeture", projet.demande.reference).text
    section = " ".join(texte.split('id="resultats"')[1].split())
    for attendu in (">40<", ">38<", ">\u22122<", "Effet de levier"):
        assert attendu in section, attendu


# --- Ailleurs -------------------------------------------------------------------------------------
def test_comparer_ne_dit_que_ce_qui_est_prevu_ou_compte():
    comparaison = comparer(
        {("outils", ""): 3, ("par_genre", "hommes"): 4},
        {("benevoles", ""): 5, ("par_genre", "hommes"): 1, ("par_genre", "femmes"): 2},
    )
    assert [(li.code, li.prevu, li.valeur, li.ecart) for li in comparaison.totaux] == [
        ("benevoles", None, 5, None),
        ("outils", 3, None, None),
    ]
    (par_genre,) = comparaison.ventiles
    assert [(c.code, c.prevu, c.valeur, c.ecart) for c in par_genre.cases] == [
        ("par_genre:femmes", None, 2, None),
        ("par_genre:hommes", 4, 1, -3),
        ("par_genre:autre_ou_non_declare", None, None, None),
    ]
    assert not comparer({}, {})


def test_le_bilan_additionne_le_prevu_des_conventions(projet):
    autre = un_projet(decision__demande__appel=projet.demande.appel)
    demander(autre, *DEMANDES, attendus={"activites_realisees": 2})
    for un in (projet, autre):
        Rapport.objects.filter(pk=un.final.pk).update(
            etat="accepte", depose_le=dans(), accepte_le=dans()
        )
        un.final.valeurs.create(indicateur="activites_realisees", valeur=20)
    bilan = calculer_bilan([projet.demande.appel])
    (ligne,) = (li for li in bilan.resultats.indicateurs if li.code == "activites_realisees")
    assert (ligne.prevu, ligne.valeur) == (42, 40)


def test_le_fichier_importe_porte_le_prevu_a_la_convention():
    lue = DemandeLue.__new__(DemandeLue)
    lue.indicateurs = {("activites_prevues", ""): 40, ("activites_realisees", ""): 38}
    assert lue.resultats_attendus == {"activites_realisees": 40}
    assert lue.valeurs_reelles == {("activites_realisees", ""): 38}
    lue.indicateurs = None
    assert (lue.resultats_attendus, lue.valeurs_reelles) == ({}, None)


def test_la_migration_porte_le_prevu_des_rapports_a_la_convention(projet):
    projet.etape.valeurs.create(indicateur="activites_prevues", valeur=39)
    projet.final.valeurs.create(indicateur="activites_prevues", valeur=41)
    migration = import_module("financement.migrations.0011_indicateurs_et_reports")
    migration.porter_le_prevu_a_la_convention(apps, None)
    projet.convention.refresh_from_db()
    assert projet.convention.resultats_attendus == {"activites_realisees": 41}
    assert not projet.final.valeurs.exists()
