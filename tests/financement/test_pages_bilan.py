"""Les pages du bilan : l'argent et les résultats, le tableur, la version figée."""

import html
import re
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from financement.portees import portee_d_un_appel
from financement.services import bilans
from financement.services.recits import ecrire_recits
from socle.models import Document, Travail
from tests.factories import AppelFactory, DecisionFactory
from tests.financement.bilans import (
    feuilles,
    lire,
    paragraphes_et_cellules,
    un_projet_raconte,
    un_voisin,
)
from tests.financement.objets import envoyer, page, verbes

pytestmark = pytest.mark.django_db

LECTEURS = ("agent", "approbation", "tresorerie", "administration", "mifi")


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def projet(db):
    return un_projet_raconte()


# --- Lire -----------------------------------------------------------------------------------------
def test_le_bilan_d_un_appel_dit_l_argent_et_le_partage_entre_bailleurs(projet):
    texte = lire(projet.gens.mifi, "bilan:bilan", projet.demande.appel.code)
    # Accordé 16 000 $, versé 8 000 $ ; trois quarts MIFI, un quart Ville.
    for montant in ("16 000,00 $", "8 000,00 $", "12 000,00 $", "6 000,00 $", "4 000,00 $"):
        assert montant in texte
    assert projet.demande.titre in texte


def test_les_petits_groupes_y_sont_caches_et_les_personnes_non_dedoublonnees(projet):
    texte = lire(projet.gens.mifi, "bilan:bilan", projet.demande.appel.code)
    assert "&lt;5" in texte
    ventilation = texte.split("Personnes immigrantes par genre")[1].split("</table>")[0]
    # « 3 » se cache, et « 8 », le plus petit autre, avec lui.
    assert [c for c in ("&lt;5", "—", ">12<", ">8<", ">3<") if c in ventilation] == [
        "&lt;5",
        "—",
        ">12<",
    ]
    assert "non dédoublonné" in texte


def test_l_accueil_est_le_bilan_du_plan_et_additionne_ses_appels(projet):
    autre = un_voisin(projet, titre="Un autre appel")
    texte = lire(projet.gens.mifi, "bilan:accueil")
    assert "32 000,00 $" in texte
    assert projet.demande.appel.code in texte
    assert autre.demande.appel.code in texte


def test_rien_n_y_parait_avant_la_lettre(projet):
    cache = DecisionFactory()
    for adresse, arguments in (("bilan:accueil", ()), ("bilan:bilan", (cache.demande.appel.code,))):
        texte = lire(projet.gens.mifi, adresse, *arguments)
        assert cache.demande.titre not in texte
    contenu = feuilles(page(projet.gens.agent, "bilan:xlsx", cache.demande.appel.code))
    assert contenu["Projets"] == []
    assert contenu["Volets"][0][2] == 0


def test_un_appel_en_brouillon_n_a_pas_de_bilan(projet):
    brouillon = AppelFactory()
    assert page(projet.gens.mifi, "bilan:bilan", brouillon.code).status_code == 404
    assert page(projet.gens.mifi, "bilan:xlsx", brouillon.code).status_code == 404
    assert brouillon.titre == "Appel d'essai"
    assert brouillon.code not in lire(projet.gens.mifi, "bilan:accueil")


def test_un_plan_sans_aucun_appel_a_son_bilan_vide(db):
    from tests.factories import UtilisateurFactory

    texte = lire(UtilisateurFactory(mifi=True), "bilan:accueil")
    assert "Aucun appel publié" in texte


def test_le_bailleur_lit_les_sources_les_resultats_et_les_projets_et_rien_d_autre(projet):
    code, mifi = projet.demande.appel.code, projet.gens.mifi
    contenu = lire(mifi, "bilan:bilan", code).split("<main")[1].split("</main>")[0]
    titres = [html.unescape(titre) for titre in re.findall(r"<h2[^>]*>(.*?)</h2>", contenu)]
    assert titres[:3] == ["Par bailleur et exercice", "Résultats", "Les projets"]
    assert set(titres[3:]) == {
        "Versions figées", "Comparer", "Un plan d'action", "Une année", "Un appel",
    }  # fmt: skip
    texte = lire(mifi, "bilan:bilan", code)
    for absent in ("Demandes déposées", "Besoins sans réponse", "Par volet", "DOCX", "Figer"):
        assert absent in lire(projet.gens.agent, "bilan:bilan", code)
        assert absent not in texte
    assert set(feuilles(page(mifi, "bilan:xlsx", code))) == {
        "Projets", "Bailleurs", "Résultats", "Ventilations",
    }  # fmt: skip
    annees = load_workbook(BytesIO(page(mifi, "bilan:annees", format="xlsx").content)).active
    assert "Demandes déposées" not in [cellule.value for cellule in annees[1]]


# --- Le tableur -----------------------------------------------------------------------------------
def test_le_tableur_dit_la_meme_chose_que_la_page(projet):
    contenu = feuilles(page(projet.gens.mifi, "bilan:xlsx", projet.demande.appel.code))
    ligne = contenu["Projets"][0]
    assert (ligne[0], ligne[1]) == (projet.demande.reference, projet.demande.titre)
    assert [Decimal(str(montant)) for montant in ligne[4:6]] == [Decimal(16000), Decimal(8000)]
    assert [li[2] for li in contenu["Ventilations"] if li[0].endswith("genre")] == [
        12,
        "—",
        "<5",
    ]
    # Les parts des bailleurs font le tout.
    assert sum(Decimal(str(li[3])) for li in contenu["Bailleurs"]) == Decimal(16000)


@pytest.mark.parametrize("titre", ["=HYPERLINK(1)", "Tabulation\x0bverticale", "Cloche\x07"])
def test_un_titre_piege_ne_casse_pas_le_tableur_et_n_y_calcule_rien(projet, titre):
    type(projet.demande).objects.filter(pk=projet.demande.pk).update(titre=titre)
    reponse = page(projet.gens.mifi, "bilan:xlsx", projet.demande.appel.code)
    assert reponse.status_code == 200
    feuille = load_workbook(BytesIO(reponse.content))["Projets"]
    cellule = feuille.cell(row=2, column=2)
    assert cellule.data_type == "s"
    assert cellule.value == titre.replace("\x0b", "").replace("\x07", "")


# --- Figer ----------------------------------------------------------------------------------------
def test_figer_deux_fois_mene_au_meme_travail(projet):
    code = projet.demande.appel.code
    pages = [envoyer(projet.gens.agent, "bilan:pdf", code).url for _ in range(2)]

    assert pages[0] == pages[1]
    travail = Travail.objects.get()
    bilans.produire(travail=travail)
    bilans.produire(travail=travail)

    document = Document.objects.get(nature="bilan")
    assert document.empreinte
    # Fini, le travail laisse figer une nouvelle version.
    assert envoyer(projet.gens.agent, "bilan:pdf", code).url != pages[0]
    texte = lire(projet.gens.mifi, "bilan:bilan", code)
    assert f"/documents/{document.cle}/" in texte
    assert page(projet.gens.mifi, "document", document.cle).status_code == 200


@pytest.mark.parametrize("role", ["approbation", "tresorerie", "administration", "mifi", "autre"])
def test_seul_l_agent_fige_le_bilan(projet, role):
    qui, code = getattr(projet.gens, role), projet.demande.appel.code
    assert envoyer(qui, "bilan:pdf", code).status_code == 404
    assert not Travail.objects.exists()
    if role != "autre":
        assert "Figer le bilan" not in lire(qui, "bilan:bilan", code)


@pytest.mark.parametrize("role", [*LECTEURS, "responsable", "membre", "autre"])
def test_le_bilan_est_pour_la_ville_et_le_bailleur(projet, role):
    qui, code = getattr(projet.gens, role), projet.demande.appel.code
    statut = 200 if role in LECTEURS else 404
    assert page(qui, "bilan:accueil").status_code == statut
    assert page(qui, "bilan:bilan", code).status_code == statut
    assert page(qui, "bilan:xlsx", code).status_code == statut


# --- Les textes de la Ville -----------------------------------------------------------------------
def test_les_textes_ecrits_paraissent_dans_la_page_le_pdf_et_le_document(projet):
    appel, agent = projet.demande.appel, projet.gens.agent
    reponse = envoyer(
        agent, "bilan:recits", appel.code, essentiel="Une année pleine.", suite="Oui."
    )
    assert reponse.status_code == 302
    assert "bilan.ecrire" in verbes(appel)
    assert "Une année pleine." in lire(agent, "bilan:bilan", appel.code)
    assert "Une année pleine." in lire(agent, "bilan:recits", appel.code)
    # Le bailleur ne les lit que dans une version figée.
    assert "Une année pleine." not in lire(projet.gens.mifi, "bilan:bilan", appel.code)
    travail = bilans.demander_bilan(acteur=agent, portee=portee_d_un_appel(appel))
    bilans.produire(travail=travail)
    fige = Document.objects.get(nature="bilan")
    assert "Une année pleine." in fige.html
    envoyer(agent, "bilan:recits", appel.code, essentiel="Autre chose.")
    assert set(appel.recits_bilan.values_list("partie", "texte")) == {("essentiel", "Autre chose.")}
    fige.refresh_from_db()
    assert "Autre chose." not in fige.html


def test_un_texte_trop_long_est_refuse_et_garde(projet):
    long = "a" * 6001
    reponse = envoyer(projet.gens.agent, "bilan:recits", projet.demande.appel.code, argent=long)
    assert reponse.status_code == 200
    assert long in reponse.text
    assert "6000" in reponse.text.replace("\u202f", "").replace("\u00a0", "")
    assert not projet.demande.appel.recits_bilan.exists()


def test_le_document_modifiable_dit_la_meme_chose_que_le_tableur(projet):
    appel, agent = projet.demande.appel, projet.gens.agent
    type(projet.demande).objects.filter(pk=projet.demande.pk).update(titre="Cloche\x07")
    ecrire_recits(
        acteur=agent, portee=portee_d_un_appel(appel), textes={"resultats": "Des rencontres."}
    )
    reponse = page(agent, "bilan:docx", appel.code)
    dit = paragraphes_et_cellules(reponse)
    assert {projet.demande.reference, "Cloche", "<5", "—", "16 000,00 $", "Des rencontres."} <= dit
    assert page(projet.gens.mifi, "bilan:docx", appel.code).status_code == 404
