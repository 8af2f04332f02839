"""La rédaction : chaque mot s'enregistre, rien de ce qui est tapé ne se perd."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels.forms.demande import MontantField
from appels.models import Demande
from tests.appels.conftest import adresse

pytestmark = pytest.mark.django_db


# --- Les réponses -------------------------------------------------------------------------------
SAISIES = {
    "texte_court": ("Un mot", "Un mot"),
    "texte_long": ("Un\r\ndeux", "Un\r\ndeux"),
    "choix": ("Deux", "Deux"),
    "choix_multiples": (["Un", "Trois"], ["Un", "Trois"]),
    "nombre": ("12", "12"),
    "montant": ("1 250,50", "1 250,50"),
    "date": ("2026-09-01", "2026-09-01"),
    "declaration": ("on", True),
}


def enregistrement(monde, question) -> str:
    return reverse(
        "organisme:enregistrer_reponse",
        kwargs={"reference": monde.demande.reference, "pk": question.pk},
    )


@pytest.mark.parametrize("type_", SAISIES)
def test_chaque_type_de_reponse_s_enregistre_pendant_la_saisie(questionnaire, client, type_):
    question = questionnaire.questions[type_]
    saisie, attendu = SAISIES[type_]
    client.force_login(questionnaire.redacteur)

    reponse = client.post(enregistrement(questionnaire, question), {f"q{question.pk}": saisie})

    assert reponse.status_code == 200
    assert reponse.json()["message"].startswith("Enregistré à ")
    rangee = questionnaire.demande.reponses.get(question=question)
    assert rangee.valeur == attendu
    assert rangee.modifiee_par == questionnaire.redacteur


def test_le_bouton_enregistrer_fait_de_meme_sans_javascript(questionnaire, client):
    client.force_login(questionnaire.redacteur)
    url = adresse(questionnaire.demande, "besoin")
    donnees = {f"q{questionnaire.questions[t].pk}": v for t, (v, _) in SAISIES.items()}

    reponse = client.post(url, {**donnees, "suivant": "1"})

    assert reponse.url == adresse(questionnaire.demande, "budget")
    rangees = {r.question.type: r.valeur for r in questionnaire.demande.reponses.all()}
    assert rangees == {t: attendu for t, (_, attendu) in SAISIES.items()}
    page = client.get(url).content.decode()
    assert "1 250,50" in page
    assert "Un\r\ndeux" in page or "Un\ndeux" in page


def test_une_reponse_hors_de_la_liste_est_refusee_et_la_precedente_reste(questionnaire, client):
    question = questionnaire.questions["choix"]
    questionnaire.demande.reponses.create(question=question, valeur="Un")
    client.force_login(questionnaire.redacteur)

    reponse = client.post(enregistrement(questionnaire, question), {f"q{question.pk}": "Quatre"})

    assert reponse.status_code == 400
    assert reponse.json()["message"]
    assert questionnaire.demande.reponses.get().valeur == "Un"


def test_une_reponse_trop_longue_se_garde_et_se_dit_dans_ce_qui_manque(questionnaire, client):
    question = questionnaire.questions["texte_long"]
    url = enregistrement(questionnaire, question)
    client.force_login(questionnaire.redacteur)
    for mots, manque in ((5, False), (6, True)):
        client.post(url, {f"q{question.pk}": "mot " * mots})
        page = client.get(adresse(questionnaire.demande, "besoin")).content.decode()
        assert (f"{mots} mots, 5 au plus" in page) is manque


def test_une_question_d_un_autre_formulaire_n_existe_pas(questionnaire, client):
    autre = questionnaire.appel.formulaires.get(revision=1)
    section = autre.sections.create(code="autre", titre="Autre", ordre=1)
    question = section.questions.create(code="q", libelle="Q", type="texte_court")
    client.force_login(questionnaire.redacteur)

    assert client.post(enregistrement(questionnaire, question), {}).status_code == 404
    assert client.get(adresse(questionnaire.demande, "autre")).status_code == 404


def test_apres_le_depot_l_enregistrement_est_refuse(questionnaire, client):
    Demande.objects.filter(pk=questionnaire.demande.pk).update(
        etat="deposee", deposee_le=questionnaire.appel.ouverture
    )
    question = questionnaire.questions["texte_court"]
    client.force_login(questionnaire.responsable)

    reponse = client.post(enregistrement(questionnaire, question), {f"q{question.pk}": "x"})

    assert reponse.status_code == 409
    assert "ne se modifie plus" in reponse.json()["message"]
    assert not questionnaire.demande.reponses.exists()


def test_sans_session_l_enregistrement_mene_a_la_connexion(questionnaire, client):
    question = questionnaire.questions["texte_court"]

    reponse = client.post(enregistrement(questionnaire, question), {f"q{question.pk}": "x"})

    assert reponse.status_code == 302
    assert not questionnaire.demande.reponses.exists()


def test_le_nombre_de_requetes_ne_suit_pas_le_nombre_de_questions(questionnaire, client):
    client.force_login(questionnaire.redacteur)

    def requetes(partie):
        with CaptureQueriesContext(
            connection,
        ) as capture:
            assert client.get(adresse(questionnaire.demande, partie)).status_code == 200
        return len(capture)

    parties = ("projet", "besoin", "budget", "pieces", "relecture")
    avant = {partie: requetes(partie) for partie in parties}
    for n in range(3):
        questionnaire.section.questions.create(code=f"plus-{n}", libelle="Q", obligatoire=False)
        section = questionnaire.section.formulaire.sections.create(
            code=f"s{n}", titre=f"Section {n}", ordre=n + 2
        )
        section.questions.create(code="q", libelle="Q", obligatoire=False)
        questionnaire.demande.postes.create(categorie="materiel", montant=1)
        questionnaire.demande.revenus.create(source="fondation", montant=1)
        questionnaire.appel.pieces_exigees.create(code=f"p{n}", libelle=f"Document {n}")

    assert {partie: requetes(partie) for partie in parties} == avant


# --- Le projet ----------------------------------------------------------------------------------
def test_le_projet_s_enregistre_meme_vide(prete, client):
    client.force_login(prete.redacteur)

    assert client.post(adresse(prete.demande, "projet"), {}).status_code == 302

    prete.demande.refresh_from_db()
    assert (prete.demande.titre, prete.demande.volet, prete.demande.secteur) == ("", None, "")
    page = client.get(adresse(prete.demande, "projet")).content.decode()
    for manque in ("Donnez un titre", "Choisissez un volet", "Choisissez le secteur"):
        assert manque in page


def test_le_volet_d_un_autre_appel_est_refuse(prete, client):
    from tests.factories import VoletFactory

    client.force_login(prete.redacteur)
    autre = VoletFactory()

    reponse = client.post(adresse(prete.demande, "projet"), {"volet": autre.pk})

    assert reponse.context["form"].errors.keys() == {"volet"}


# --- Le budget ----------------------------------------------------------------------------------
def budget(postes=(), revenus=(), **reste):
    """Les champs du formulaire : postes (libellé, montant), revenus (libellé, montant)."""
    donnees = {
        "postes-TOTAL_FORMS": len(postes), "postes-INITIAL_FORMS": len(postes),
        "revenus-TOTAL_FORMS": len(revenus), "revenus-INITIAL_FORMS": len(revenus),
        "montant_demande": "", "contribution_nature": "",
    }  # fmt: skip
    for n, (libelle, montant) in enumerate(postes):
        donnees |= {
            f"postes-{n}-categorie": "materiel",
            f"postes-{n}-libelle": libelle,
            f"postes-{n}-montant": montant,
            f"postes-{n}-admissible": "on",
        }
    for n, (libelle, montant) in enumerate(revenus):
        donnees |= {
            f"revenus-{n}-source": "fonds_propres",
            f"revenus-{n}-libelle": libelle,
            f"revenus-{n}-statut": "confirmee",
            f"revenus-{n}-montant": montant,
        }
    return {**donnees, **reste}


def test_le_budget_accepte_virgule_point_espaces_et_signe_de_dollar(prete, client):
    client.force_login(prete.redacteur)

    reponse = client.post(
        adresse(prete.demande, "budget"),
        budget(
            [("a", "1 250,50"), ("b", "1250.5"), ("c", "1\u00a0000 $"), ("", "")],
            [("d", "701")],
            montant_demande="2\u202f800,00",
            contribution_nature="",
            suivant="1",
        ),
    )

    assert reponse.url == adresse(prete.demande, "pieces")
    montants = list(prete.demande.postes.values_list("montant", flat=True))
    assert montants == [Decimal("1250.50"), Decimal("1250.50"), Decimal("1000.00")]
    prete.demande.refresh_from_db()
    assert prete.demande.montant_demande == Decimal("2800.00")


@pytest.mark.parametrize(
    ("saisie", "phrase"),
    [
        ("douze", "Écrivez un montant"),
        ("1,2,3", "Écrivez un montant"),
        ("NaN", "Écrivez un montant"),
        ("1e9", "Écrivez un montant"),
        ("-1", "négatif"),
        ("10000000000", "trop grand"),
        ("1,005", "Deux décimales"),
    ],
)
def test_un_montant_impossible_se_dit_pres_du_champ_et_rien_ne_se_perd(
    prete, client, saisie, phrase
):
    client.force_login(prete.redacteur)
    avant = list(prete.demande.postes.values_list("montant", flat=True))

    reponse = client.post(
        adresse(prete.demande, "budget"),
        budget([("Crayons", saisie)], [("Don", "12")], montant_demande="50"),
    )

    (ligne,) = reponse.context["postes"]
    assert phrase in ligne.errors["montant"][0]
    page = reponse.content.decode()
    for tape in (f'value="{saisie}"', 'value="Crayons"', 'value="Don"', 'value="12"', 'value="50"'):
        assert tape in page
    assert list(prete.demande.postes.values_list("montant", flat=True)) == avant


@pytest.mark.parametrize(
    ("saisie", "montant"), [("9999999999,99", Decimal("9999999999.99")), ("0", Decimal(0))]
)
def test_les_bornes_d_un_montant_sont_permises(saisie, montant):
    assert MontantField().clean(saisie) == montant


def test_une_ligne_precisee_sans_montant_demande_son_montant(prete, client):
    client.force_login(prete.redacteur)

    reponse = client.post(adresse(prete.demande, "budget"), budget([("Crayons", "")]))

    (ligne,) = reponse.context["postes"]
    assert "Écrivez le montant de cette ligne" in ligne.errors["montant"][0]
    assert prete.demande.postes.count() == 2


@pytest.mark.parametrize("lesquelles", ["postes", "revenus"])
def test_ajouter_une_ligne_sans_javascript_garde_ce_qui_est_tape(prete, client, lesquelles):
    client.force_login(prete.redacteur)

    reponse = client.post(
        adresse(prete.demande, "budget"),
        budget([("Crayons", "")], [("Don", "abc")], **{f"ajouter_{lesquelles}": "1"}),
    )

    formset = reponse.context[lesquelles]
    assert len(formset.forms) == 2
    assert not formset.forms[1].errors
    assert 'value="Crayons"' in reponse.content.decode()
    assert 'value="abc"' in reponse.content.decode()
    assert prete.demande.postes.count() == 2  # rien n'est enregistré


def test_le_nombre_de_lignes_a_une_borne(prete, client):
    client.force_login(prete.redacteur)
    lignes = [("", "1")] * 60

    reponse = client.post(adresse(prete.demande, "budget"), budget(lignes, ajouter_postes="1"))
    assert len(reponse.context["postes"].forms) == 60
    assert client.post(adresse(prete.demande, "budget"), budget(lignes)).status_code == 302
    assert prete.demande.postes.count() == 60


def test_une_ligne_cochee_se_retire(prete, client):
    client.force_login(prete.redacteur)

    client.post(
        adresse(prete.demande, "budget"),
        budget([("a", "10"), ("b", "illisible")], **{"postes-1-DELETE": "on"}),
    )

    assert [p.libelle for p in prete.demande.postes.all()] == ["a"]


@pytest.mark.parametrize("donnees", [{}, {"postes-TOTAL_FORMS": "beaucoup"}])
def test_un_budget_tronque_n_efface_rien(prete, client, donnees):
    client.force_login(prete.redacteur)

    assert client.post(adresse(prete.demande, "budget"), donnees).status_code == 200
    assert client.post(_calcul(prete), donnees).status_code == 400
    assert prete.demande.postes.count() == 2


def _calcul(monde) -> str:
    return reverse("organisme:budget_calcul", kwargs={"reference": monde.demande.reference})


def test_le_calcul_pendant_la_saisie_dit_les_totaux_et_les_regles(prete, client):
    client.force_login(prete.redacteur)

    totaux = client.post(
        _calcul(prete), budget([("", "10000")], [("", "1999,99")], montant_demande="8 000,01")
    ).json()

    assert totaux["depenses"] == "10\u00a0000,00\u00a0$"
    assert totaux["revenus"] == "10\u00a0000,00\u00a0$"
    assert totaux["maximum"] == "8\u00a0000,00\u00a0$"
    assert totaux["taux_aide"] == "80,0\u00a0%"
    assert len(totaux["violations"]) == 1
    assert "dépasse de 0,01" in totaux["violations"][0]
    assert "Fonds propres" in totaux["dessin"]
    assert prete.demande.postes.count() == 2  # rien n'est enregistré

    juste = client.post(
        _calcul(prete), budget([("", "10000")], [("", "2000")], montant_demande="8000")
    ).json()
    assert juste["violations"] == []


def test_un_budget_hors_regles_s_enregistre_et_se_dit(prete, client):
    client.force_login(prete.redacteur)

    page = client.post(
        adresse(prete.demande, "budget"),
        budget([("", "10000")], [("", "1000")], montant_demande="9000"),
        follow=True,
    ).content.decode()

    assert "dépasse de 1" in page
    prete.demande.refresh_from_db()
    assert prete.demande.montant_demande == 9000
