"""La rédaction : chaque mot s'enregistre, rien de ce qui est tapé ne se perd."""

import threading
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels import formulaires
from appels.completude import manques
from appels.forms.demande import MontantField
from appels.formulaires import lire_formulaire
from appels.models import Demande
from appels.services import reponses
from socle.concurrence import SaisieConcurrente, empreinte
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
ACTIVITE = {"nom": "Soupe", "debut": "2031-02-01", "fin": "2031-02-01", "lieu": "", "personnes": ""}
# Les réponses en plusieurs cases : (ce que la page envoie après « q12 », ce qui se range).
COMPOSEES = {
    "adresse": (
        {"-rue": "1 rue des Forges", "-ville": "Trois-Rivières", "-code_postal": ""},
        {"rue": "1 rue des Forges", "ville": "Trois-Rivières"},
    ),
    "personnes": ({"-total": "40", "-immigrantes": "25"}, {"total": "40", "immigrantes": "25"}),
    "activites": (
        {f"-{rang}-{nom}": case if rang != 1 else "" for rang in (0, 1, 2)
         for nom, case in ACTIVITE.items()},
        [{"nom": "Soupe", "debut": "2031-02-01", "fin": "2031-02-01"}] * 2,
    ),
    "partenaires": (
        {"-0-nom": "La Bibliothèque", "-0-role": "Prête la salle"},
        [{"nom": "La Bibliothèque", "role": "Prête la salle"}],
    ),
}  # fmt: skip


def cases(question, saisie):
    return {f"q{question.pk}{suite}": valeur for suite, valeur in saisie.items()}


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


@pytest.mark.parametrize("type_", COMPOSEES)
def test_une_reponse_en_plusieurs_cases_s_enregistre_sans_ses_lignes_vides(
    questionnaire, client, type_
):
    question = questionnaire.questions[type_]
    saisie, attendu = COMPOSEES[type_]
    client.force_login(questionnaire.redacteur)

    reponse = client.post(enregistrement(questionnaire, question), cases(question, saisie))

    assert reponse.status_code == 200
    rangee = questionnaire.demande.reponses.get()
    assert rangee.valeur == attendu
    page = client.get(adresse(questionnaire.demande, "relecture")).text
    assert str(next(iter(saisie.values()))) in page
    # Vider les cases efface la réponse.
    client.post(enregistrement(questionnaire, question), {})
    rangee.refresh_from_db()
    assert rangee.est_vide


@pytest.mark.parametrize(
    ("type_", "valeur", "phrase"),
    [
        ("adresse", {"rue": "1 rue des Forges"}, "remplissez « Ville »"),
        ("personnes", {"total": "beaucoup", "immigrantes": "1"}, "écrivez un nombre"),
        ("personnes", {"total": "5", "immigrantes": "6"}, "plus de personnes immigrantes"),
        ("activites", [{"nom": "Soupe"}], "activité 1 : remplissez « Début »"),
        (
            "activites",
            [{"nom": "A", "debut": "2031-02-02"},
             {"nom": "B", "debut": "2031-02-02", "fin": "2031-02-01"}],
            "activité 2 : la fin précède le début",
        ),
        ("activites", [{"nom": "A", "debut": "hier"}], "écrivez une date"),
        ("partenaires", [{"nom": "La Bibliothèque"}], "partenaire 1 : remplissez « Son rôle »"),
        ("adresse", {"rue": "1 rue des Forges", "ville": "Trois-Rivières"}, ""),
        ("personnes", {"total": "6", "immigrantes": "6"}, ""),
        ("activites", [{"nom": "A", "debut": "2031-02-02", "fin": "2031-02-02"}], ""),
    ],
)  # fmt: skip
def test_ce_qui_manque_a_une_reponse_composee_se_dit(questionnaire, type_, valeur, phrase):
    questionnaire.demande.reponses.create(question=questionnaire.questions[type_], valeur=valeur)

    trouves = [m.libelle for m in manques(questionnaire.demande) if m.partie == "besoin"]

    assert bool(trouves) is bool(phrase)
    assert phrase in " ".join(trouves)


def test_une_question_qui_ne_se_pose_pas_ne_manque_pas_et_ne_se_depose_pas(questionnaire):
    demande, choix = questionnaire.demande, questionnaire.questions["choix"]
    question = questionnaire.questions["texte_long"]
    question.si_question, question.si_valeur, question.obligatoire = choix, "Deux", True
    question.save()
    demande.reponses.create(question=question, valeur="un deux trois quatre cinq six")
    lues = [q.question.pk for section in lire_formulaire(demande) for q in section.questions]

    assert question.pk not in lues
    assert not [m for m in manques(demande) if m.partie == "besoin"]

    demande.reponses.create(question=choix, valeur="Deux")
    formulaires._PUBLIEES.clear()
    assert "6 mots, 5 au plus" in " ".join(m.libelle for m in manques(demande))


# --- Deux collègues -----------------------------------------------------------------------------
def champs_caches(client, questionnaire):
    page = client.get(adresse(questionnaire.demande, "besoin"))
    return dict(page.context["form"].bases)


def test_deux_collegues_sans_javascript_la_seconde_choisit(questionnaire, client):
    demande, question = questionnaire.demande, questionnaire.questions["texte_court"]
    url, nom = adresse(demande, "besoin"), f"q{question.pk}"
    client.force_login(questionnaire.redacteur)
    bases = champs_caches(client, questionnaire)
    demande.reponses.create(
        question=question, valeur="De la responsable", modifiee_par=questionnaire.responsable
    )

    page = client.post(url, {**bases, nom: "De la rédactrice"})

    assert f"{questionnaire.responsable.nom} a répondu autrement à" in page.text
    assert "De la responsable" in page.text
    assert 'value="De la rédactrice"' in page.text
    assert demande.reponses.get().valeur == "De la responsable"
    # « Garder la mienne » : la même page, renvoyée.
    bases = dict(page.context["form"].bases)
    assert client.post(url, {**bases, nom: "De la rédactrice"}).status_code == 302
    assert demande.reponses.get().valeur == "De la rédactrice"


def test_prendre_la_reponse_de_la_collegue_oublie_la_sienne(questionnaire, client):
    demande, question = questionnaire.demande, questionnaire.questions["texte_court"]
    url, nom = adresse(demande, "besoin"), f"q{question.pk}"
    client.force_login(questionnaire.redacteur)
    bases = champs_caches(client, questionnaire)
    demande.reponses.create(question=question, valeur="De la responsable")

    reponse = client.post(url, {**bases, nom: "De la rédactrice", "prendre": question.pk})

    assert reponse.status_code == 302
    assert demande.reponses.get().valeur == "De la responsable"


def test_qui_n_a_pas_touche_une_question_n_efface_pas_ce_que_l_autre_vient_d_ecrire(
    questionnaire, client
):
    """Sans JavaScript, toute la section part à la fois, même ce qu'on n'a pas changé."""
    demande, questions = questionnaire.demande, questionnaire.questions
    client.force_login(questionnaire.redacteur)
    bases = champs_caches(client, questionnaire)
    demande.reponses.create(question=questions["texte_court"], valeur="De la responsable")

    reponse = client.post(adresse(demande, "besoin"), {**bases, f"q{questions['nombre'].pk}": "12"})

    assert reponse.status_code == 302
    valeurs = {r.question.type: r.valeur for r in demande.reponses.all()}
    assert valeurs == {"texte_court": "De la responsable", "nombre": "12"}


def test_pendant_la_saisie_le_conflit_repond_409_avec_les_deux_textes(questionnaire, client):
    demande, question = questionnaire.demande, questionnaire.questions["texte_long"]
    client.force_login(questionnaire.redacteur)
    base = champs_caches(client, questionnaire)[f"b{question.pk}"]
    url = enregistrement(questionnaire, question)
    envoi = {f"q{question.pk}": "A", f"b{question.pk}": base}
    premiere = client.post(url, envoi).json()
    # La même requête, refaite parce que la réponse s'est perdue, n'est pas un conflit.
    assert client.post(url, envoi).json()["base"] == premiere["base"]

    seconde = client.post(url, {**envoi, f"q{question.pk}": "B"})

    assert seconde.status_code == 409
    assert seconde.json()["conflit"]["texte"] == "A"
    assert seconde.json()["conflit"]["base"] == premiere["base"]
    assert "dans une autre fenêtre" in seconde.json()["message"]
    assert demande.reponses.get().valeur == "A"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deja", [False, True], ids=["première", "suivante"])
def test_qui_attendait_derriere_une_collegue_ne_l_efface_pas(questionnaire, deja):
    demande, question = questionnaire.demande, questionnaire.questions["texte_long"]
    if deja:
        demande.reponses.create(question=question, valeur="Avant")
    base = empreinte("Avant" if deja else None)

    def enregistrer(valeur):
        return reponses.enregistrer_reponse(
            acteur=questionnaire.redacteur,
            demande=demande,
            question=question,
            valeur=valeur,
            base=base,
        )

    refus = []

    def collegue_qui_attend():
        try:
            enregistrer("La sienne")
        except SaisieConcurrente as refuse:
            refus.append(refuse)
        finally:
            connection.close()

    with transaction.atomic():
        enregistrer("La première")
        fil = threading.Thread(target=collegue_qui_attend)
        fil.start()
        fil.join(timeout=0.5)
        assert fil.is_alive(), "la seconde n'a pas attendu la première"
    fil.join(timeout=10)
    assert [refuse.actuel.valeur for refuse in refus] == ["La première"]
    assert demande.reponses.get().valeur == "La première"


@pytest.mark.parametrize("deja", [False, True], ids=["première", "suivante"])
def test_un_enregistrement_coute_au_plus_six_requetes(questionnaire, client, deja):
    question = questionnaire.questions["texte_long"]
    if deja:
        questionnaire.demande.reponses.create(question=question, valeur="Avant")
    client.force_login(questionnaire.redacteur)
    url = enregistrement(questionnaire, question)
    # Même le premier d'un processus, qui n'a pas encore lu la révision.
    formulaires._PUBLIEES.clear()

    with CaptureQueriesContext(connection) as requetes:
        assert client.post(url, {f"q{question.pk}": "Après"}).status_code == 200

    ecrites = [r["sql"] for r in requetes if "SAVEPOINT" not in r["sql"]]
    assert len(ecrites) <= 6, "\n".join(ecrites)


def test_un_document_repond_a_une_question(questionnaire, client):
    question = questionnaire.section.questions.create(
        code="plan", libelle="Plan des lieux", type="piece", ordre=30
    )
    demande = questionnaire.demande
    client.force_login(questionnaire.redacteur)
    assert "Plan des lieux — document à joindre" in [m.libelle for m in manques(demande)]
    nom, url = f"q{question.pk}", adresse(demande, "besoin")

    refus = client.post(url, {nom: SimpleUploadedFile("virus.exe", b"MZ")})
    assert "Ce type de fichier n&#x27;est pas accepté" in refus.text
    client.post(url, {nom: SimpleUploadedFile("plan.pdf", b"%PDF-1.7\n%%EOF")})

    assert demande.pieces.get().question == question
    assert "plan.pdf" in client.get(url).text
    assert not [m for m in manques(demande) if m.partie == "besoin"]
    assert "plan.pdf" in client.get(adresse(demande, "relecture")).text


def test_le_bouton_enregistrer_fait_de_meme_sans_javascript(questionnaire, client):
    client.force_login(questionnaire.redacteur)
    url = adresse(questionnaire.demande, "besoin")
    donnees = {f"q{questionnaire.questions[t].pk}": v for t, (v, _) in SAISIES.items()}

    reponse = client.post(url, {**donnees, "suivant": "1"})

    assert reponse.url == adresse(questionnaire.demande, "budget")
    rangees = {
        r.question.type: r.valeur for r in questionnaire.demande.reponses.all() if not r.est_vide
    }
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

    # Une révision publiée se garde en mémoire : on compte sans cette mémoire.
    questionnaire.section.formulaire.publie_le = None
    questionnaire.section.formulaire.save()
    formulaires._PUBLIEES.clear()
    parties = ("projet", "besoin", "budget", "pieces", "relecture")
    requetes("projet")  # La première visite s'inscrit ; les suivantes se mettent à jour.
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
        ("1,005", "écrivez 1 005 ou 1,00"),
        ("12.000", "écrivez 12 000 ou 12,00"),
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


@pytest.mark.parametrize(
    ("saisie", "montant"),
    [
        ("12 000,50 $", "12000.50"),
        ("12000.5", "12000.50"),
        ("$12,000.50", "12000.50"),
        ("12.000,50", "12000.50"),
        ("1,234,567", "1234567"),
        ("0,500", "0.50"),
    ],
)
def test_un_montant_se_lit_comme_on_l_ecrit(saisie, montant):
    assert MontantField().clean(saisie) == Decimal(montant)


def test_un_montant_ambigu_ne_se_devine_pas():
    with pytest.raises(ValidationError, match="écrivez 12 000 ou 12,00"):
        MontantField().clean("$12,000")


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
