"""Les scénarios par les services et les pages : créés, retouchés, comparés, figés, cachés."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from appels.models import Demande
from financement.candidats import argent_de
from financement.models import Decision, LigneScenario, Scenario
from financement.services import scenarios
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.verbes import phrase
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    BesoinFactory,
    DecisionFactory,
    DemandeFactory,
    EvaluationFactory,
    MembreComiteFactory,
    RecommandationFactory,
    ResolutionFactory,
    UtilisateurFactory,
    VoletFactory,
)
from tests.financement.objets import Formulaire, envoyer, messages_de, page, requetes, verbes

pytestmark = pytest.mark.django_db
RANG = {"nom": "Au rang", "regle": "rang", "seuil": Decimal(60)}
POINTS = {"nom": "Le plus de points", "regle": "score", "seuil": Decimal(60)}


def evaluee(appel, code, score, montant="16000", **champs):
    demande = DemandeFactory(
        evaluee=True, appel=appel, code=code, montant_demande=Decimal(montant), **champs
    )
    EvaluationFactory(
        affectation=AffectationFactory(demande=demande, membre=appel.membres.first(), libre=True),
        soumise=True,
        score=Decimal(score),
    )
    return demande


@pytest.fixture
def monde():
    """37 200 $ (MIFI 27 900, Ville 9 300) ; trois demandes admises, une sous le seuil."""
    appel = AppelFactory(en_evaluation=True, evaluations_min=1, garniture=False)
    VoletFactory(appel=appel, no=1, nom="Structurants", enveloppe=Decimal(37200))
    appel.volets.get().sources.filter(bailleur="MIFI").update(exercice=2031)
    appel.volets.get().sources.filter(bailleur="Ville").update(exercice=2032)
    MembreComiteFactory(appel=appel, code="M1")
    return SimpleNamespace(
        appel=appel,
        agent=UtilisateurFactory(agent=True),
        approbation=UtilisateurFactory(approbation=True),
        a=evaluee(appel, "D01", 90),
        b=evaluee(appel, "D02", 80, "15500", secteur="Pointe-du-Lac"),
        c=evaluee(appel, "D03", 70, "8000"),
        d=evaluee(appel, "D04", 50),
    )


def creer(monde, **champs):
    return scenarios.creer_scenario(acteur=monde.agent, appel=monde.appel, **{**RANG, **champs})


def montants(scenario):
    return {li.demande.code: li.montant for li in scenario.lignes.select_related("demande")}


def choix(sens="", montant=None, motif=""):
    return {"sens": sens, "montant": montant, "motif": motif}


def champs_de(monde, scenario):
    """Ce qu'un navigateur enverrait sans toucher à rien."""
    return Formulaire(page(monde.agent, *adresse(scenario)).text).donnees()


def adresse(scenario, nom="scenario"):
    return (f"ville:{nom}", scenario.appel.code, scenario.pk)


# --- Créer ----------------------------------------------------------------------------------------
def test_plusieurs_scenarios_nommes_chacun_de_sa_regle(monde):
    rang, points = creer(monde), creer(monde, **POINTS, plancher=90)
    assert montants(rang) == {"D01": 16000, "D02": 15500, "D03": 0, "D04": 0}
    assert montants(points) == {"D01": 16000, "D02": 14000, "D03": 7200, "D04": 0}
    assert rang.prouve
    assert points.prouve
    raisons = dict(rang.lignes.values_list("demande__code", "raison"))
    assert raisons["D03"] == "Il manque 2\u00a0300\u00a0$ au volet 1."
    assert raisons["D04"] == "Score de 50, sous le seuil de 60."
    assert verbes(rang) == ["scenario.creer"]


def test_rien_n_est_decide(monde):
    creer(monde)
    assert set(Demande.objects.values_list("etat", flat=True)) == {"evaluee"}
    assert not Decision.objects.exists()


def test_le_meme_nom_deux_fois_est_refuse(monde):
    creer(monde)
    with pytest.raises(RegleViolee, match="porte ce nom") as refus:
        creer(monde)
    assert refus.value.champ == "nom"


def test_la_couverture_par_secteur_par_objectif_et_par_theme(monde):
    besoin = BesoinFactory(plan=monde.appel.plan)
    monde.c.besoins.add(besoin)
    monde.appel.besoins.add(besoin)
    for dimension in ("objectif", "theme"):
        couvre = creer(monde, nom=dimension, regle="couverture", dimensions=[dimension])
        assert montants(couvre)["D03"] == 8000
    with pytest.raises(RegleViolee) as refus:
        creer(monde, nom="Secteurs", regle="couverture", dimensions=["secteur"])
    assert refus.value.code == "infaisable"
    assert "Aucun projet admissible pour « Cap-de-la-Madeleine »." in refus.value.message
    assert not Scenario.objects.filter(nom="Secteurs").exists()
    dispenses = [
        f"secteur:{nom}" for nom in ("Cap-de-la-Madeleine", "Trois-Rivières-Ouest",
        "Saint-Louis-de-France", "Sainte-Marthe-du-Cap")
    ]  # fmt: skip
    couvre = creer(
        monde, nom="Secteurs", regle="couverture", dimensions=["secteur"], dispenses=dispenses
    )
    assert montants(couvre)["D02"] == 15500


def test_l_avis_du_comite_borne_ce_qui_se_propose(monde):
    RecommandationFactory(demande=monde.a, avis="favorable_partiel", montant=Decimal(9000))
    RecommandationFactory(demande=monde.b, avis="defavorable", montant=Decimal(0))
    assert montants(creer(monde)) == {"D01": 9000, "D02": 0, "D03": 8000, "D04": 0}


def test_ce_qui_est_deja_accorde_n_est_plus_a_partager(monde):
    Demande.objects.filter(pk=monde.a.pk).update(etat="acceptee")
    DecisionFactory(demande=monde.a, resolution=ResolutionFactory(appel=monde.appel))
    scenario = creer(monde)
    assert montants(scenario) == {"D02": 15500, "D03": 0, "D04": 0}
    restes = argent_de(monde.appel).restes(scenario.lignes.select_related("demande__volet"))
    assert restes.volets[0].accorde == 16000
    assert restes.reste == Decimal("5700.00")


def test_la_page_garde_ce_qui_est_ecrit_et_dit_ce_qui_ne_va_pas(monde):
    nouveau = ("ville:scenario_nouveau", monde.appel.code)
    reponse = envoyer(
        monde.agent, *nouveau, nom="Secteurs", regle="couverture", dimensions=["secteur"],
        plancher="100", seuil="60",
    )  # fmt: skip
    form = Formulaire(reponse.text)
    assert "Aucune solution" in form.erreur("regle")
    assert form.valeur("nom") == "Secteurs"
    reponse = envoyer(
        monde.agent, *nouveau, nom="", regle="couverture", plancher="0", seuil="seize"
    )
    form = Formulaire(reponse.text)
    assert all(form.erreur(champ) for champ in ("nom", "dimensions", "plancher", "seuil"))
    assert form.valeur("seuil") == "seize"
    reponse = envoyer(
        monde.agent, *nouveau, nom="Au rang", regle="rang", plancher="100", seuil="72,5"
    )
    assert reponse.status_code == 302
    assert Scenario.objects.get().seuil == Decimal("72.5")


# --- Retoucher ------------------------------------------------------------------------------------
def test_inclure_exclure_changer_un_montant_puis_recalculer(monde):
    scenario = creer(monde, **{**POINTS, "nom": "À retoucher"})
    retouches = {
        monde.a.pk: choix("exclure", motif="Déjà financé ailleurs."),
        monde.d.pk: choix("inclure", Decimal("5000.01"), "Seul projet du quartier."),
    }
    scenarios.retoucher_scenario(acteur=monde.agent, scenario=scenario, retouches=retouches)
    assert montants(scenario)["D04"] == Decimal("5000.01")
    assert montants(scenario)["D03"] == 0
    scenario.refresh_from_db()
    assert not scenario.prouve
    scenarios.retoucher_scenario(
        acteur=monde.agent, scenario=scenario, retouches={}, recalculer=True
    )
    assert montants(scenario) == {
        "D01": 0, "D02": 15500, "D03": 8000, "D04": Decimal("5000.01")
    }  # fmt: skip
    scenario.refresh_from_db()
    assert scenario.prouve
    assert scenario.lignes.get(demande=monde.d).motif == "Seul projet du quartier."
    assert verbes(scenario).count("scenario.retoucher") == 2


def test_ce_qui_reste_par_volet_par_bailleur_et_par_exercice(monde):
    scenario = creer(monde)
    restes = argent_de(monde.appel).restes(list(scenario.lignes.select_related("demande__volet")))
    assert [(r.libelle, r.reste) for r in restes.bailleurs] == [
        ("MIFI", Decimal("4275.00")), ("Ville", Decimal("1425.00")),
    ]  # fmt: skip
    assert [(r.libelle, r.reste) for r in restes.exercices] == [
        ("Exercice 2030-2031", Decimal("4275.00")), ("Exercice 2031-2032", Decimal("1425.00")),
    ]  # fmt: skip


def test_l_essai_montre_le_depassement_sans_rien_garder(monde):
    scenario = creer(monde)
    donnees = champs_de(monde, scenario) | {f"d{monde.c.pk}-sens": "inclure"}
    client = Client()
    client.force_login(monde.agent)
    url = reverse(adresse(scenario)[0], args=adresse(scenario)[1:])
    texte = client.post(url, {**donnees, "action": "essayer"}, headers={"HX-Request": "true"}).text
    assert "il manque 2\u00a0300,00\u00a0$" in texte
    assert "<html" not in texte
    assert not LigneScenario.objects.exclude(retouche="").exists()
    # Sans JavaScript, la page entière revient, avec ce qui était choisi.
    texte = client.post(url, {**donnees, "action": "essayer"}).text
    assert "il manque 2\u00a0300,00\u00a0$" in texte
    assert Formulaire(texte).valeur(f"d{monde.c.pk}-sens") == "inclure"


def test_un_mauvais_montant_se_dit_pres_de_son_champ(monde):
    scenario = creer(monde)
    for ecrit, message in (("99 999", "maximum"), ("douze", "1 250,00"), ("0", "plus grand que 0")):
        donnees = champs_de(monde, scenario) | {f"d{monde.c.pk}-montant": ecrit}
        reponse = envoyer(monde.agent, *adresse(scenario), **donnees, action="garder")
        form = Formulaire(reponse.text)
        assert message in form.erreur(f"d{monde.c.pk}-montant")
        assert form.valeur(f"d{monde.c.pk}-montant") == ecrit
    assert montants(scenario)["D03"] == 0


def test_un_montant_ecrit_seul_inclut_la_demande(monde):
    scenario = creer(monde)
    donnees = champs_de(monde, scenario) | {f"d{monde.c.pk}-montant": "5 700"}
    assert envoyer(monde.agent, *adresse(scenario), **donnees, action="garder").status_code == 302
    assert montants(scenario)["D03"] == 5700


def test_un_montant_qui_change_perime_le_scenario(monde):
    scenario = creer(monde)
    Demande.objects.filter(pk=monde.c.pk).update(montant_demande=Decimal(5000))
    assert "Quelque chose a changé" in page(monde.agent, *adresse(scenario)).text
    with pytest.raises(RegleViolee) as refus:
        scenarios.figer_scenario(acteur=monde.agent, scenario=scenario)
    assert refus.value.code == "perime"
    scenarios.retoucher_scenario(
        acteur=monde.agent, scenario=scenario, retouches={}, recalculer=True
    )
    assert montants(scenario)["D03"] == 5000


# --- Comparer, et si ------------------------------------------------------------------------------
def test_la_comparaison_dit_ce_qui_change_et_pour_qui(monde):
    creer(monde)
    creer(monde, **POINTS, plancher=90)
    texte = page(monde.agent, "ville:scenario_comparaison", monde.appel.code).text
    assert "2 demandes changent" in " ".join(texte.split())
    change, pareil = texte.split("sans changement</summary>")
    assert monde.c.organisme.nom in change
    assert "Entre" in change
    assert "\u22121\u00a0500\u00a0$" in change
    assert monde.a.organisme.nom in pareil


def test_et_si_l_enveloppe_ou_le_seuil_changeaient(monde):
    scenario = creer(monde)
    texte = page(monde.agent, *adresse(scenario, "scenario_et_si"), enveloppe=110, seuil=60).text
    assert "<svg" in texte
    assert "<strong>Entre</strong> : D03" in texte
    texte = page(monde.agent, *adresse(scenario, "scenario_et_si"), enveloppe=100, seuil=85).text
    assert "<strong>Sort</strong> : D02" in texte
    texte = page(monde.agent, *adresse(scenario, "scenario_et_si"), enveloppe=7, seuil=60).text
    assert "Avec 100\u00a0%" in texte
    assert montants(scenario)["D03"] == 0


# --- Figer ----------------------------------------------------------------------------------------
def test_fige_il_ne_change_plus_par_aucun_chemin(monde):
    scenario = creer(monde)
    assert envoyer(monde.agent, *adresse(scenario, "scenario_figer")).status_code == 302
    scenario.refresh_from_db()
    document = scenario.document
    assert document.nature == "scenario"
    assert "Il manque 2\u00a0300\u00a0$ au volet 1." in document.html
    assert verbes(scenario)[-1] == "scenario.figer"
    histoire = page(monde.agent, *adresse(scenario)).text
    assert phrase("scenario.figer") in histoire
    assert phrase("scenario.creer") in histoire
    with pytest.raises(RegleViolee, match="figé"):
        scenarios.retoucher_scenario(acteur=monde.agent, scenario=scenario, retouches={})
    with pytest.raises(IntegrityError), transaction.atomic():
        Scenario.objects.filter(pk=scenario.pk).update(nom="Autre")
    with pytest.raises(IntegrityError), transaction.atomic():
        scenario.lignes.filter(montant__gt=0).update(montant=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        scenario.lignes.first().delete()
    texte = page(monde.agent, *adresse(scenario)).text
    assert "Lire l'annexe" in texte
    assert f"d{monde.c.pk}-sens" not in texte
    # Le montant proposé entre dans la décision, sans que rien ne soit décidé.
    Demande.objects.filter(pk=monde.b.pk).update(etat="recommandee")
    Demande.objects.filter(pk=monde.c.pk).update(etat="recommandee")
    decider = page(monde.approbation, "ville:decider", monde.b.reference, depart="scenario")
    assert Formulaire(decider.text).valeur("montant_accorde") == "15500,00"
    refus = Formulaire(
        page(monde.approbation, "ville:decider", monde.c.reference, depart="scenario").text
    )
    assert refus.valeur("resultat") == "refusee"
    assert refus.valeur("motifs") == "Il manque 2\u00a0300\u00a0$ au volet 1."
    assert not Decision.objects.exists()


def test_un_autre_fige_remplace_le_premier_qui_reste(monde, monkeypatch):
    monkeypatch.setattr("socle.documents.rendre_pdf", lambda html, titre: b"%PDF-1.7")
    premier, second = creer(monde), creer(monde, nom="Second")
    for scenario in (premier, second):
        scenarios.figer_scenario(acteur=monde.agent, scenario=scenario)
    premier.refresh_from_db()
    assert premier.remplace_le
    assert Scenario.objects.get(fige_le__isnull=False, remplace_le=None).pk == second.pk


def test_ne_se_fige_ni_depasse_ni_sans_pourquoi(monde):
    scenario = creer(monde)
    inclure = {monde.c.pk: choix("inclure")}
    scenarios.retoucher_scenario(acteur=monde.agent, scenario=scenario, retouches=inclure)
    reponse = envoyer(monde.agent, *adresse(scenario, "scenario_figer"))
    assert "dépassé de 2\u00a0300,00\u00a0$" in messages_de(reponse)
    moins = {monde.c.pk: choix("inclure", Decimal(5000))}
    scenarios.retoucher_scenario(acteur=monde.agent, scenario=scenario, retouches=moins)
    reponse = envoyer(monde.agent, *adresse(scenario, "scenario_figer"))
    assert "Écrivez pourquoi D03" in messages_de(reponse)


def test_un_scenario_qui_n_est_pas_fige_s_efface(monde):
    scenario = creer(monde)
    assert page(monde.agent, *adresse(scenario, "scenario_supprimer")).status_code == 200
    assert Scenario.objects.exists()
    envoyer(monde.agent, *adresse(scenario, "scenario_supprimer"))
    assert not Scenario.objects.exists()


# --- Qui voit -------------------------------------------------------------------------------------
PAGES = ("scenario", "scenario_regle", "scenario_et_si", "scenario_figer", "scenario_supprimer")


def test_qui_ne_voit_pas_une_demande_ne_voit_aucun_scenario(monde):
    scenario = creer(monde)
    recusee, siege, liee = (UtilisateurFactory(agent=True) for _ in range(3))
    membre = AdhesionFactory(organisme=monde.a.organisme).utilisateur
    AffectationFactory(
        demande=monde.a, recusee=True,
        membre=MembreComiteFactory(appel=monde.appel, utilisateur=recusee),
    )  # fmt: skip
    # Qui siège ne voit pas les scores de ce que le comité lit encore : le partage non plus.
    MembreComiteFactory(appel=monde.appel, utilisateur=siege)
    AffectationFactory(
        demande=DemandeFactory(en_evaluation=True, appel=monde.appel, code="D05"),
        membre=monde.appel.membres.first(),
    )
    AdhesionFactory(organisme=monde.b.organisme, utilisateur=liee)
    autres = [UtilisateurFactory(roles=[r]) for r in ("tresorerie", "administration", "mifi")]
    for qui in (recusee, siege, liee, membre, *autres):
        for nom in PAGES:
            assert page(qui, *adresse(scenario, nom)).status_code == 404, (qui.roles, nom)
        assert page(qui, "ville:scenarios", monde.appel.code).status_code == 404
        with pytest.raises(PermissionRefusee):
            scenarios.figer_scenario(acteur=qui, scenario=scenario)
    for qui in (monde.agent, monde.approbation):
        for nom in PAGES:
            assert page(qui, *adresse(scenario, nom)).status_code == 200
    for qui in (recusee, siege, liee, monde.agent):
        client = Client()
        client.force_login(qui)
        texte = client.get(reverse("ville:appel", args=[monde.appel.code])).text
        assert ("Les scénarios" in texte) is (qui == monde.agent)


def test_le_tableur_porte_chaque_demande(monde):
    reponse = page(monde.agent, *adresse(creer(monde)), format="xlsx")
    assert reponse.headers["Content-Type"].endswith("sheet")


def test_les_pages_coutent_autant_a_une_demande_qu_a_trois():
    couts = []
    for nombre in (1, 3):
        appel = AppelFactory(en_evaluation=True, evaluations_min=1)
        MembreComiteFactory(appel=appel, code="M1")
        for rang in range(nombre):
            evaluee(appel, f"D{rang}", 80, "9000")
        agent = UtilisateurFactory(agent=True)
        scenario = creer(SimpleNamespace(appel=appel, agent=agent))
        couts.append(
            [
                requetes(agent, *adresse(scenario)),
                requetes(agent, "ville:scenarios", appel.code),
                requetes(agent, "ville:scenario_comparaison", appel.code),
                requetes(agent, *adresse(scenario, "scenario_et_si")),
            ]
        )
    assert couts[0] == couts[1]


def test_les_listes_coutent_autant_a_un_scenario_qu_a_trois(monde):
    creer(monde)
    pages = (
        ("ville:scenarios", monde.appel.code),
        ("ville:scenario_comparaison", monde.appel.code),
    )
    un = [requetes(monde.agent, *adresse_) for adresse_ in pages]
    creer(monde, nom="Deux")
    creer(monde, **POINTS)
    assert [requetes(monde.agent, *adresse_) for adresse_ in pages] == un
