"""Les ventilations se prévoient : de la demande à la convention, puis à côté du réel partout."""

import json

import pytest
from django.urls import reverse

from appels.models import Demande
from appels.services import formulaires
from financement.documents_fusionnes import contexte_convention
from financement.models import Convention
from financement.portees import portee_d_un_appel
from financement.services import conventions
from financement.services.bilans import contexte_bilan
from financement.services.modeles import lire_modele
from socle.documents import rendre_html
from tests.factories import AppelFactory, DecisionFactory, UtilisateurFactory
from tests.financement.bilans import (
    feuilles,
    lire,
    ordinaire,
    paragraphes_et_cellules,
    un_projet_raconte,
)
from tests.financement.objets import Formulaire, envoyer, page, requetes

pytestmark = pytest.mark.django_db
# Le réel est celui de ``bilans.COMPTES`` : 12 femmes, 8 hommes (caché), 3 autres (caché).
PREVUS = {
    "personnes_distinctes": 60,
    "personnes_immigrantes": 30,
    "par_genre:femmes": 14,
    "par_genre:hommes": 16,
}


@pytest.fixture
def projet(db):
    projet = un_projet_raconte()
    Convention.objects.filter(pk=projet.convention.pk).update(resultats_attendus=PREVUS)
    return projet


def ligne(texte, libelle):
    """Les cases de la ligne ``libelle`` du tableau des genres."""
    tableau = texte.split("Personnes immigrantes par genre")[1].split("</table>")[0]
    return " ".join(tableau.split(f"{libelle}<")[1].split("</tr>")[0].split())


# --- De la demande à la convention ----------------------------------------------------------------
def test_la_convention_reprend_les_ventilations_prevues_et_la_ville_les_ajuste():
    appel = AppelFactory(
        en_evaluation=True,
        indicateurs=["personnes_distinctes", "personnes_immigrantes", "par_genre"],
    )
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
    demande = DecisionFactory(demande__appel=appel, demande__formulaire=formulaire).demande
    Demande.objects.filter(pk=demande.pk).update(etat="acceptee", etat_annonce="acceptee")
    demande.refresh_from_db()
    demande.reponses.create(
        question=formulaire.sections.get().questions.get(),
        valeur={nom: str(compte) for nom, compte in PREVUS.items()} | {"par_genre:inconnue": "4"},
    )
    agente = UtilisateurFactory(agent=True)
    convention = conventions.preparer_convention(acteur=agente, demande=demande)
    # Une case qui n'existe pas, forgée, n'y entre pas.
    assert convention.resultats_attendus == PREVUS

    contexte = contexte_convention(convention, lire_modele("convention"))
    annexe = " ".join(rendre_html("pdf/convention.html", contexte).split())
    assert "Personnes immigrantes par genre" in annexe
    assert '<td class="nombre">14</td>' in annexe

    lue = page(agente, "ville:convention", demande.reference).text
    donnees = Formulaire(lue, "/resultats/").donnees()
    assert donnees["par_genre:hommes"] == "16"
    refusee = envoyer(
        agente, "ville:convention_agir", demande.reference, "resultats",
        **donnees | {"par_genre:hommes": "17"},
    )  # fmt: skip
    assert "le total est 31" in Formulaire(refusee.text, "/resultats/").erreur("par_genre:femmes")
    envoyer(
        agente, "ville:convention_agir", demande.reference, "resultats",
        **donnees | {"par_genre:hommes": "15", "par_genre:autre_ou_non_declare": "1"},
    )  # fmt: skip
    convention.refresh_from_db()
    assert convention.resultats_attendus["par_genre:autre_ou_non_declare"] == 1


def test_le_rapport_dit_le_prevu_de_chaque_case_et_l_ecart(projet):
    texte = page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "etape").text
    assert "Prévu à la convention : 14." in texte
    # La Ville et l'organisme lisent les nombres mêmes : rien n'y sort de leurs mains.
    for qui, adresse, arguments in (
        (projet.gens.agent, "ville:rapport", (projet.final.pk,)),
        (projet.gens.membre, "organisme:rapport", (projet.demande.reference, "final")),
    ):
        cases = ligne(page(qui, adresse, *arguments).text, "Hommes")
        assert all(f">{dit}<" in cases for dit in ("16", "8", "\u22128")), cases


# --- Le bilan, dans chaque forme ------------------------------------------------------------------
def test_la_page_et_le_pdf_du_bilan_montrent_le_prevu_de_chaque_case(projet):
    appel = projet.demande.appel
    en_page = lire(projet.gens.mifi, "bilan:bilan", appel.code)
    en_pdf = ordinaire(rendre_html("pdf/bilan.html", contexte_bilan(portee_d_un_appel(appel))))
    for texte in (en_page, en_pdf):
        assert all(f">{dit}<" in ligne(texte, "Femmes") for dit in ("12", "14"))
        # Le réel se cache, le prévu se dit.
        hommes = ligne(texte, "Hommes")
        assert ">—<" in hommes
        assert ">16<" in hommes
        assert ">8<" not in hommes


def test_le_classeur_et_le_docx_montrent_le_prevu_de_chaque_case(projet):
    code = projet.demande.appel.code
    lignes = feuilles(page(projet.gens.mifi, "bilan:xlsx", code))["Ventilations"]
    genres = [ligne for ligne in lignes if ligne[0] == "Personnes immigrantes par genre"]
    assert [ligne[2:] for ligne in genres] == [(12, 14), ("—", 16), ("<5", None)]
    docx = paragraphes_et_cellules(page(projet.gens.agent, "bilan:docx", code))
    assert {"12", "14", "16", "<5"} <= docx
    assert "8" not in docx


def test_le_prevu_d_un_petit_groupe_se_cache_comme_le_reel(projet):
    petit = PREVUS | {"par_genre:femmes": 28, "par_genre:hommes": 2}
    Convention.objects.filter(pk=projet.convention.pk).update(resultats_attendus=petit)
    lignes = feuilles(page(projet.gens.mifi, "bilan:xlsx", projet.demande.appel.code))
    prevus = {li[1]: li[3] for li in lignes["Ventilations"] if li[0].endswith("genre")}
    assert (prevus["Femmes"], prevus["Hommes"]) == ("—", "<5")


def test_derriere_une_case_chaque_projet_dit_son_reel_et_son_prevu(projet):
    texte = lire(
        projet.gens.mifi, "bilan:projets", projet.demande.appel.code,
        axe="ventilation", code="par_genre|hommes",
    )  # fmt: skip
    assert ">16<" in texte
    assert ">8<" not in texte


def test_le_bilan_coute_autant_prevu_ou_non(projet):
    adresse = ("bilan:bilan", projet.demande.appel.code)
    prevu = requetes(projet.gens.mifi, *adresse)
    Convention.objects.filter(pk=projet.convention.pk).update(resultats_attendus={})
    assert requetes(projet.gens.mifi, *adresse) == prevu


# --- Le public ------------------------------------------------------------------------------------
def test_la_page_publique_et_les_donnees_ouvertes_disent_le_prevu(projet, client):
    demande = projet.demande
    Demande.objects.filter(pk=demande.pk).update(etat="fermee")
    texte = client.get(reverse("projet", args=[demande.reference])).text
    assert all(f">{dit}<" in ligne(texte, "Femmes") for dit in ("12", "14"))
    assert ">8<" not in ligne(texte, "Hommes")
    ouvertes = json.loads(
        client.get(reverse("donnees_resultats", args=[demande.appel.code, "json"])).content
    )["resultats"]
    assert [(c["modalite"], c["personnes"], c["prevu"]) for c in ouvertes] == [
        ("femmes", "12", "14"),
        ("hommes", "—", "16"),
        ("autre_ou_non_declare", "<5", ""),
    ]
