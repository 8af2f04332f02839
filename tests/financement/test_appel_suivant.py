"""Ce qu'un appel terminé enseigne, et le brouillon qu'il donne."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from appels.forms.appel import SuivantForm
from appels.models import Appel
from appels.services import appel_suivant as services
from appels.services import formulaires
from financement.enseignements import Echelle, QuestionLue, durees, separations
from financement.enseignements_appel import enseignements
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    BesoinFactory,
    ConventionFactory,
    DecisionFactory,
    DemandeFactory,
    EvaluationFactory,
    MembreComiteFactory,
    RapportFactory,
    UtilisateurFactory,
    dans,
)


# --- Les calculs ----------------------------------------------------------------------------------
def test_un_critere_qui_note_tout_pareil_ne_separe_pas():
    criteres = [Echelle(1, "A", 0, 5, 60), Echelle(2, "B", 0, 5, 40)]
    notes = {1: {1: 4, 2: 1}, 2: {1: 4, 2: 3}, 3: {1: 4, 2: 5}}

    plat, etale = separations(notes, criteres)

    assert (plat.separe, plat.ecart, plat.lien) == (False, 0, None)
    assert etale.separe
    assert (etale.mini, etale.maxi, etale.moyenne) == (20, 100, 60)


def test_le_lien_d_un_critere_se_mesure_avec_les_autres_seuls():
    criteres = [Echelle(1, "A", 0, 5, 50), Echelle(2, "B", 0, 10, 50)]
    notes = {1: {1: 1, 2: 9}, 2: {1: 3, 2: 5}, 3: {1: 5, 2: 1}}

    liens = [separation.lien for separation in separations(notes, criteres)]

    # Avec le total, qui ne bouge presque pas, on n'y verrait rien.
    assert liens == pytest.approx([-1, -1])


def test_deux_demandes_ne_suffisent_pas_pour_condamner_un_critere():
    (critere,) = separations({1: {1: 3}, 2: {1: 3}}, [Echelle(1, "A", 0, 5, 100)])
    assert critere.separe


@pytest.mark.parametrize(
    ("repondues", "differentes", "muette", "uniforme"),
    [(0, 0, True, False), (3, 1, False, True), (2, 1, False, False), (3, 2, False, False)],
)
def test_une_question_muette_ou_uniforme(repondues, differentes, muette, uniforme):
    question = QuestionLue("Section", "Question", 4, repondues, differentes)
    assert (question.muette, question.uniforme) == (muette, uniforme)


def test_une_duree_ne_compte_que_les_etapes_franchies():
    jour = dt.datetime(2030, 5, 1, 23, 30, tzinfo=timezone.get_default_timezone())
    lignes = [
        (jour, jour + dt.timedelta(days=2), jour + dt.timedelta(days=6)),
        (jour, jour + dt.timedelta(days=4), None),
        (jour, None, jour),
    ]

    premiere, seconde = durees(("Une", "Deux"), lignes)

    assert (premiere.mediane, premiere.maxi) == (3, 4)
    assert seconde.jours == (4,)


@pytest.mark.parametrize(
    ("code", "annees", "attendu"),
    [("AP-2026-01", 1, "AP-2027-03"), ("AP-2026-01", 2, "AP-2028-01"), ("printemps", 1, "")],
)
def test_le_code_suivant_est_le_premier_libre(code, annees, attendu):
    assert services.code_suivant(code, annees, ["AP-2027-01", "AP-2027-02"]) == attendu


def test_le_29_fevrier_passe_au_28():
    assert services._decaler(dt.date(2028, 2, 29), 1) == dt.date(2029, 2, 28)


# --- La page --------------------------------------------------------------------------------------
pytestmark = pytest.mark.django_db


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


@pytest.fixture
def appel():
    appel = AppelFactory(en_evaluation=True, etat="decide", code="AP-2030-90")
    appel.formulaires.all().delete()
    formulaire = formulaires.creer_formulaire(
        appel=appel,
        sections=[
            {
                "code": "projet",
                "titre": "Le projet",
                "questions": [
                    {"code": "langue", "libelle": "En quelle langue ?", "type": "texte_court"},
                    {"code": "bruit", "libelle": "Un commentaire ?", "type": "texte_court"},
                    {"code": "jure", "libelle": "Tout est vrai.", "type": "declaration"},
                ],
            }
        ],
    )
    formulaire.publie_le = dans(days=-40)
    formulaire.save()
    return appel


def projet(appel, *, notes=(), besoin=None, reel=None):
    """Un projet financé, sa fiche, sa réponse ; ``reel`` dépense ses salaires (prévu : 18 000)."""
    demande = DecisionFactory(
        demande=DemandeFactory(
            appel=appel, etat="conventionnee", deposee_le=dans(days=-2), recevable_le=dans(days=3)
        )
    ).demande
    langue = appel.formulaires.get(nature="demande").sections.get().questions.get(code="langue")
    demande.reponses.create(question=langue, valeur="Français")
    if besoin is not None:
        demande.besoins.add(besoin)
    if notes:
        membre = MembreComiteFactory(appel=appel)
        fiche = EvaluationFactory(
            affectation=AffectationFactory(demande=demande, membre=membre, libre=True)
        )
        for critere, note in zip(appel.criteres.all(), notes, strict=True):
            fiche.notes.create(critere=critere, note=note)
        type(fiche).objects.filter(pk=fiche.pk).update(etat="soumise", score=50, soumise_le=dans())
    if reel is not None:
        rapport = RapportFactory(demande=demande, accepte=True)
        rapport.depenses.create(categorie="salaires", montant=Decimal(reel))
        rapport.depenses.create(categorie="administration", montant=Decimal(2000))
    return demande


def adresse(appel, nom="enseignements"):
    return reverse(f"ville:{nom}", args=[appel.code])


def test_la_page_dit_chaque_enseignement(appel, agente, client):
    repondu, oublie = BesoinFactory(plan=appel.plan), BesoinFactory(plan=appel.plan)
    appel.besoins.set([repondu, oublie])
    for note in (1, 3, 5):
        projet(appel, notes=(4, note), besoin=repondu, reel=30000)
    irrecevable = DemandeFactory(
        appel=appel, etat="irrecevable", deposee_le=dans(), motif_irrecevabilite="Hors territoire."
    )
    irrecevable.verifications.create(point="territoire", reponse="non")
    appel.questions_publiques.create(posee_par=UtilisateurFactory(), texte="Le Cap ?")
    client.force_login(agente)

    lus = enseignements(appel, agente)
    page = client.get(adresse(appel)).text

    assert lus.besoins_sans_reponse == [oublie]
    assert [c.libelle for c in lus.criteres_sans_effet] == ["C1 — Qualité du projet"]
    assert [q.libelle for q in lus.questions_muettes] == ["Un commentaire ?"]
    assert [q.libelle for q in lus.questions_uniformes] == ["En quelle langue ?"]
    assert [(p.libelle, p.avant, p.apres) for p in lus.budgets_ecartes] == [
        ("Salaires et charges sociales", 54000, 90000)
    ]
    assert lus.durees[0].mediane == 4
    assert (lus.irrecevables, lus.points_refuses) == (
        ["Hors territoire."],
        [("Projet réalisé à Trois-Rivières", 1)],
    )
    for phrase in (oublie.libelle, "Un commentaire ?", "+36\xa0000\xa0$", "Hors territoire."):
        assert phrase in page
    assert "Tout est vrai." not in page


def test_le_prevu_compte_l_avenant_signe(appel, agente):
    demande = projet(appel, reel=30000)
    convention = ConventionFactory(decision=demande.decisions.get(), en_vigueur=True)
    poste = {"categorie": "salaires", "libelle": "", "montant": "30000.00", "admissible": True}
    convention.avenants.create(no=1, motif="Plus d'heures.", etat="demande", postes=[poste])
    assert enseignements(appel, agente).budgets[0].avant == 18000

    convention.avenants.update(
        etat="signe", signe_le=dans(), signataire_nom="Une personne", approuve_le=dans()
    )
    assert enseignements(appel, agente).budgets[0].avant == 30000


def test_un_appel_vide_le_dit_sans_erreur(appel, agente, client):
    client.force_login(agente)
    page = client.get(adresse(appel)).text
    for phrase in ("Aucune fiche soumise", "Aucun rapport final", "Aucune étape"):
        assert phrase in page


@pytest.mark.parametrize("etat", ["publie", "en_evaluation"])
def test_un_appel_qui_n_est_pas_fini_n_enseigne_rien(appel, agente, client, etat):
    Appel.objects.filter(pk=appel.pk).update(etat=etat)
    client.force_login(agente)
    assert client.get(adresse(appel)).status_code == 404
    assert client.get(adresse(appel, "appel_suivant")).status_code == 404
    assert adresse(appel) not in client.get(reverse("ville:appel", args=[appel.code])).text


def test_une_recusation_en_ecarte_et_le_lien_n_y_est_pas(appel, agente, client):
    AffectationFactory(demande=projet(appel), membre__utilisateur=agente, recusee=True)
    client.force_login(agente)
    assert client.get(adresse(appel)).status_code == 404
    assert client.get(adresse(appel, "appel_suivant")).status_code == 404
    assert adresse(appel) not in client.get(reverse("ville:appel", args=[appel.code])).text


def test_la_page_coute_autant_de_requetes_a_un_projet_qu_a_trois(appel, agente, client):
    client.force_login(agente)
    comptes = []
    for nombre in (1, 2):
        for _ in range(nombre):
            besoin = BesoinFactory(plan=appel.plan)
            projet(appel, notes=(2, 3), besoin=besoin, reel=100)
        with CaptureQueriesContext(connection) as requetes:
            assert client.get(adresse(appel)).status_code == 200
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


# --- Le brouillon ---------------------------------------------------------------------------------
def test_le_brouillon_reprend_tout_et_vise_ce_qui_reste(appel, agente, client):
    repondu, oublie = BesoinFactory(plan=appel.plan), BesoinFactory(plan=appel.plan)
    appel.besoins.set([repondu, oublie])
    projet(appel, besoin=repondu)
    Appel.objects.filter(pk=appel.pk).update(quorum=3, presentation="Texte.", seuil_passage=70)
    appel.pieces_exigees.create(code="lettre", libelle="Lettre d'appui")
    appel.conditions.create(ordre=0, question="À Trois-Rivières ?", explication="Oui.")
    compose = {"code": "fin", "titre": "La fin", "questions": [{"code": "fin", "libelle": "Fin ?"}]}
    formulaires.creer_formulaire(appel=appel, sections=[compose], nature="rapport_final")
    client.force_login(agente)

    page = client.get(adresse(appel, "appel_suivant"))
    propose = page.context["form"].initial
    assert propose["besoins"] == [oublie]
    champs = {nom: valeur for nom, valeur in propose.items() if nom in SuivantForm.Meta.fields}
    saisies = {
        nom: valeur.strftime("%Y-%m-%dT%H:%M") if isinstance(valeur, dt.datetime) else valeur
        for nom, valeur in champs.items()
        if valeur is not None
    }
    reponse = client.post(
        adresse(appel, "appel_suivant"), {**saisies, "besoins": [oublie.pk, repondu.pk]}
    )

    suivant = Appel.objects.latest("cree_le")
    assert reponse.url == reverse("ville:appel_modifier", args=[suivant.code, "texte"])
    assert (suivant.code, suivant.etat, suivant.plan) == ("AP-2031-90", "brouillon", appel.plan)
    assert set(suivant.besoins.all()) == {oublie, repondu}
    assert (suivant.quorum, suivant.presentation, suivant.seuil_passage) == (3, "Texte.", 70)
    assert suivant.projet_debut == dt.date(2031, 9, 1)
    assert suivant.ouverture > dans()
    for relation, champ in (
        ("volets", "enveloppe"),
        ("criteres", "poids"),
        ("pieces_exigees", "libelle"),
        ("conditions", "question"),
    ):
        lus = [list(getattr(a, relation).values_list(champ, flat=True)) for a in (appel, suivant)]
        assert lus[0] == lus[1] != [], relation
    assert [s.bailleur for s in suivant.volets.get().sources.all()] == ["MIFI", "Ville"]
    # Ceux de l'appel ; le rapport d'étape, qu'il n'avait pas, est celui qui est livré.
    siens = {formulaire.nature: formulaire for formulaire in suivant.formulaires.all()}
    assert {(f.revision, f.publie_le) for f in siens.values()} == {(1, None)}
    codes = {
        nature: [q.code for section in f.sections.all() for q in section.questions.all()]
        for nature, f in siens.items()
    }
    livre = formulaires.sections_par_defaut("rapport_etape")
    assert codes == {
        "demande": ["langue", "bruit", "jure"],
        "rapport_etape": [q["code"] for section in livre for q in section["questions"]],
        "rapport_final": ["fin"],
    }


def test_un_code_deja_pris_se_dit_pres_de_son_champ(appel, agente, client):
    client.force_login(agente)
    page = client.post(adresse(appel, "appel_suivant"), {"code": appel.code, "titre": "Gardé"})
    assert page.status_code == 200
    assert "code" in page.context["form"].errors
    assert 'value="Gardé"' in page.text


def test_chaque_regle_d_un_appel_est_reprise_ou_demandee():
    """Une règle ajoutée à l'appel ne peut pas être oubliée d'ici."""
    champs = {champ.name for champ in Appel._meta.concrete_fields if champ.editable}
    assert champs - set(services.REGLES) - set(SuivantForm.Meta.fields) == {"id", "etat", "plan"}


def test_seul_un_agent_sans_recusation_prepare_un_appel_fini(appel, agente):
    champs = {**services.champs_proposes(appel)}
    with pytest.raises(PermissionRefusee):
        services.preparer_appel_suivant(
            acteur=UtilisateurFactory(approbation=True), source=appel, champs=champs
        )
    Appel.objects.filter(pk=appel.pk).update(etat="publie")
    appel = Appel.objects.get(pk=appel.pk)
    with pytest.raises(RegleViolee):
        services.preparer_appel_suivant(acteur=agente, source=appel, champs=champs)


def test_un_bailleur_de_deux_exercices_devient_une_source(appel, agente):
    volet = appel.volets.get()
    volet.sources.create(bailleur="MIFI", montant=Decimal(1000), exercice=2032)

    suivant = services.preparer_appel_suivant(
        acteur=agente, source=appel, champs=services.champs_proposes(appel)
    )

    assert list(suivant.volets.get().sources.values_list("bailleur", "montant")) == [
        ("MIFI", Decimal("83500.00")),
        ("Ville", Decimal("27500.00")),
    ]
