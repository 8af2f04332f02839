"""Les appels d'avant l'application : essayés sans rien écrire, confirmés, comparés."""

from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from financement.annees import comparer, comparer_les_annees
from financement.importation.passe import COLONNES, lire, modele
from financement.models import ProjetPasse, RepriseEssayee
from financement.services.reprise import confirmer_reprise, essayer_reprise
from socle.exceptions import PermissionRefusee
from tests.factories import BesoinFactory, UtilisateurFactory
from tests.financement.objets import Formulaire, envoyer, page, requetes, un_projet

pytestmark = pytest.mark.django_db
JUSTE = {
    "appel": "AP-2023-01", "année": 2023, "organisme": "Café Parlures", "neq": "1100000059",
    "projet": "Clubs de conversation", "secteur": "Centre-ville", "besoins": "",
    "demandé": "12 000,00 $", "accordé": 10000, "versé": 9500.5, "activités": 24,
    "personnes": 80, "immigrantes": 60,
}  # fmt: skip


def tableur(*lignes, entetes=tuple(COLONNES)):
    document = Workbook()
    document.active.append(list(entetes))
    for ligne in lignes:
        document.active.append([ligne.get(nom) for nom in entetes])
    sortie = BytesIO()
    document.save(sortie)
    return sortie.getvalue()


def lues(*lignes, **options):
    return lire(tableur(*lignes, **options), besoins={"B04"}, annee_max=2031)


def test_une_ligne_juste_se_lit_montants_ecrits_a_la_francaise():
    ligne = lues(JUSTE).lignes[0]
    assert ligne["montant_demande"] == Decimal("12000.00")
    assert ligne["montant_verse"] == Decimal("9500.50")
    assert (ligne["annee"], ligne["neq"], ligne["immigrantes"]) == (2023, "1100000059", 60)


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"appel": ""}, "« appel » est vide"),
        ({"année": None}, "« année » est vide"),
        ({"année": 1989}, "pas entre 1990"),
        ({"année": 2032}, "pas entre 1990"),
        ({"année": "bientôt"}, "pas un nombre entier"),
        ({"accordé": "beaucoup"}, "pas un montant"),
        ({"accordé": None}, "« accordé » est vide"),
        ({"accordé": -1}, "pas un montant"),
        ({"versé": 10000.01}, "dépasse l'accordé"),
        ({"neq": "123"}, "dix chiffres"),
        ({"besoins": "B04 Z99"}, "« Z99 » n'existe pas"),
        ({"immigrantes": 81}, "dépassent les personnes"),
        ({"activités": 2.5}, "pas un nombre entier"),
        ({"projet": "x" * 201}, "dépasse 200"),
    ],
)
def test_une_ligne_fausse_est_refusee_avec_son_numero(change, phrase):
    lecture = lues(JUSTE, {**JUSTE, "projet": "Autre", **change})
    assert lecture.refus
    assert all(numero == 3 for numero, _ in lecture.refus)
    assert any(phrase in texte for _, texte in lecture.refus), lecture.refus
    assert len(lecture.lignes) == 1


def test_tous_les_refus_se_disent_et_un_doublon_aussi():
    fausse = {**JUSTE, "année": 1900, "accordé": "x", "projet": "Faux"}
    lecture = lues(JUSTE, fausse, {}, JUSTE)
    assert [numero for numero, _ in lecture.refus] == [3, 3, 5]
    assert "déjà à la ligne 2" in lecture.refus[-1][1]


@pytest.mark.parametrize(
    "octets", [b"", b"pas un tableur", tableur(entetes=("appel", "projet")), tableur()]
)
def test_un_fichier_qui_n_en_est_pas_un_est_refuse(octets):
    lecture = lire(octets, besoins=set(), annee_max=2031)
    assert lecture.refus
    assert not lecture.lignes


def abime(nom, contenu):
    """Un tableur juste, dont un des fichiers du zip est remplacé."""
    sortie = BytesIO()
    with ZipFile(BytesIO(tableur(JUSTE))) as juste, ZipFile(sortie, "w") as zip_abime:
        for membre in juste.namelist():
            zip_abime.writestr(membre, contenu if membre == nom else juste.read(membre))
    return sortie.getvalue()


@pytest.mark.parametrize("nom", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
@pytest.mark.parametrize("contenu", [b"", b"<worksheet><sheetData><row", b"\xff\x00"])
def test_un_tableur_abime_est_refuse_en_une_phrase(nom, contenu):
    lecture = lire(abime(nom, contenu), besoins=(), annee_max=2031)

    (refus,) = lecture.refus
    assert refus[0] == 1
    assert "n'est pas un tableur XLSX" in refus[1]
    assert not lecture.lignes


def test_une_case_de_plusieurs_lignes_se_lit_sur_une_seule():
    (ligne,) = lues(JUSTE | {"projet": "Clubs de\nconversation"}).lignes

    assert ligne["titre"] == "Clubs de conversation"


def test_le_modele_se_relit_et_explique_ses_colonnes():
    document = load_workbook(BytesIO(modele()))
    assert [case.value for case in document["Projets"][1]] == list(COLONNES)
    assert document["Explications"].max_row == len(COLONNES) + 1


# --- Les pages ------------------------------------------------------------------------------------
def fichier(*lignes):
    return SimpleUploadedFile("passes.xlsx", tableur(*lignes))


def test_essayer_n_ecrit_rien_confirmer_ecrit_une_fois():
    agent = UtilisateurFactory(agent=True)
    BesoinFactory(code="B04")
    fausse = {**JUSTE, "versé": "tout"}
    texte = envoyer(agent, "ville:reprise", fichier=fichier(JUSTE, fausse)).text
    assert "Rien n'a été écrit" in texte.replace("&#x27;", "'")
    assert "pas un montant" in texte
    assert not RepriseEssayee.objects.exists()

    reponse = envoyer(agent, "ville:reprise", fichier=fichier(JUSTE, {**JUSTE, "projet": "Deux"}))
    reprise = RepriseEssayee.objects.get()
    assert str(reprise.pk) in reponse.url
    assert not ProjetPasse.objects.exists()
    assert "2 projets s'ajoutent" in page(agent, "ville:reprise_confirmer", reprise.pk).text
    envoyer(agent, "ville:reprise_confirmer", reprise.pk)
    assert ProjetPasse.objects.count() == 2
    assert envoyer(agent, "ville:reprise_confirmer", reprise.pk).status_code == 404
    assert confirmer_reprise(acteur=agent, reprise=reprise) == 2
    assert ProjetPasse.objects.count() == 2

    envoyer(agent, "ville:reprise", fichier=fichier({**JUSTE, "versé": 10000}))
    seconde = RepriseEssayee.objects.latest("pk")
    texte = page(agent, "ville:reprise_confirmer", seconde.pk).text
    assert "1 déjà repris est remplacé" in texte
    envoyer(agent, "ville:reprise_confirmer", seconde.pk)
    assert ProjetPasse.objects.get(titre=JUSTE["projet"]).montant_verse == 10000


def test_sans_fichier_l_erreur_est_pres_du_champ():
    reponse = envoyer(UtilisateurFactory(agent=True), "ville:reprise")
    assert Formulaire(reponse.text).erreur("fichier")


def test_un_autre_role_ne_reprend_rien():
    for role in ("approbation", "tresorerie", "mifi"):
        with pytest.raises(PermissionRefusee):
            essayer_reprise(acteur=UtilisateurFactory(roles=[role]), fichier=fichier(JUSTE))


# --- D'une année à l'autre ------------------------------------------------------------------------
def test_les_annees_se_comparent_passees_comprises():
    projet = un_projet()
    ProjetPasse.objects.create(
        appel_code="AP-2023-01", annee=2023, organisme="Café", titre="Un",
        montant_accorde=8000, montant_verse=8000, personnes=40, immigrantes=30,
    )  # fmt: skip
    annees = comparer_les_annees()
    recente = projet.demande.appel.ouverture.year
    assert [a.annee for a in annees] == [recente, 2023]
    assert (annees[0].accorde, annees[1].accorde) == (Decimal("16000.00"), Decimal("8000.00"))
    accorde = next(c for c in comparer(annees).mesures if c.libelle == "Accordé")
    assert (accorde.difference, accorde.part) == (Decimal("8000.00"), Decimal("100.0"))
    mifi = UtilisateurFactory(mifi=True)
    texte = page(mifi, "bilan:annees").text
    assert f"De 2023 à {recente}" in texte
    assert "Reprendre des appels passés" not in texte
    classeur = load_workbook(BytesIO(page(mifi, "bilan:annees", format="xlsx").content)).active
    assert [case.value for case in classeur["A"]][1:] == [recente, 2023]


def test_la_page_coute_autant_a_un_projet_passe_qu_a_trois():
    agent = UtilisateurFactory(agent=True)
    un_projet()

    def ajouter(titre):
        ProjetPasse.objects.create(
            appel_code="A", annee=2023, organisme="x", titre=titre,
            montant_accorde=1, montant_verse=1,
        )  # fmt: skip

    ajouter("un")
    cout = requetes(agent, "bilan:annees")
    ajouter("deux")
    ajouter("trois")
    assert requetes(agent, "bilan:annees") == cout
