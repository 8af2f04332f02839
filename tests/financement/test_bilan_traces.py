"""Les tracés du bilan : les mêmes partout, et rien de plus que ce qui se publie."""

import io
import re
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from django.core.cache import cache
from docx import Document as Docx
from docx.oxml.ns import qn

from financement.annees import Changement, Comparaison, comparer, comparer_les_annees
from financement.bilan import calculer_bilan
from financement.bilan_traces import (
    traces_des_annees,
    traces_des_changements,
    traces_du_bilan,
)
from financement.models import ProjetPasse
from financement.portees import portee_d_un_plan
from financement.services import fermeture
from financement.services.bilans import contexte_bilan
from socle.documents import rendre_html, rendre_pdf
from socle.traces import gardes
from socle.traces.donnees import Teinte
from tests.factories import BesoinFactory
from tests.financement.bilans import lire, ordinaire, raconter, un_projet_raconte, un_voisin
from tests.financement.objets import page
from tests.socle.contexte_bilan import BILAN

pytestmark = pytest.mark.django_db
PERSONNES = ("personnes_distinctes", "")


@pytest.fixture(autouse=True)
def cache_vide():
    cache.clear()


@pytest.fixture
def projet(db):
    projet = un_projet_raconte()
    plan = projet.demande.appel.plan
    projet.demande.besoins.set([BesoinFactory(plan=plan, code="B90", libelle="Être accueilli")])
    BesoinFactory(plan=plan, code="B91", libelle="Se loger")
    attendus = {"personnes_distinctes": 50, "activites_realisees": 10}
    type(projet.convention).objects.filter(pk=projet.convention.pk).update(
        resultats_attendus=attendus
    )
    return projet


def traces_de(projet):
    return traces_du_bilan(calculer_bilan([projet.demande.appel]), None)


def textes(trace):
    """Ce que chaque rangée écrit : {libellé: [textes]}."""
    return {
        rangee.libelle: [ordinaire(barre.texte) for barre in rangee.barres]
        for rangee in trace.rangees
    }


def larges(html):
    """Les dessins larges, sans leur titre ni leur description, que le PDF réunit."""
    svgs = re.findall(r'<div class="trace__large">\s*(<svg.*?</svg>)', html, re.S)
    return [re.sub(r"<(title|desc)>.*?</\1>", "", svg, flags=re.S) for svg in svgs]


# --- Ce qu'ils montrent ---------------------------------------------------------------------------
def test_l_argent_de_chaque_bailleur_accorde_verse_depense(projet):
    trace = traces_de(projet)["sources"]
    assert textes(trace) == {
        "MIFI": ["12 000 $", "6 000 $", "0 $"],
        "Ville": ["4 000 $", "2 000 $", "0 $"],
    }
    assert [barre.nom for barre in trace.rangees[0].barres] == ["Accordé", "Versé", "Dépensé"]


def test_un_projet_ferme_a_depense_son_aide_finale(projet):
    """80 % de 10 000 $ réels : 8 000 $ sur 16 000 $ accordés ; le reste revient à l'enveloppe."""
    projet.final.depenses.create(categorie="autre", libelle="Salaires", montant=Decimal(10000))
    type(projet.final).objects.filter(pk=projet.final.pk).update(autres_aides_publiques=0)
    fermeture.regler_solde(acteur=projet.gens.agent, demande=projet.demande)
    fermeture.fermer_demande(acteur=projet.gens.agent, demande=projet.demande)

    bilan = calculer_bilan([projet.demande.appel])
    assert bilan.depense == sum(s.depense for s in bilan.sources) == Decimal(8000)
    traces = traces_du_bilan(bilan, None)
    assert textes(traces["sources"])["MIFI"] == ["12 000 $", "6 000 $", "6 000 $"]
    assert [barres[3] for barres in textes(traces["volets"]).values()] == ["8 000 $"]
    assert "8 000,00 $" in lire(projet.gens.mifi, "bilan:bilan", projet.demande.appel.code)


def test_les_volets_les_groupes_et_la_couverture(projet):
    traces = traces_de(projet)
    assert [montants[1:] for montants in textes(traces["volets"]).values()] == [
        ["16 000 $", "8 000 $", "0 $"]
    ]
    assert textes(traces["besoins"]) == {"B90 Être accueilli": ["16 000 $"]}
    comptes = textes(traces["couverture"]).values()
    assert [sum(int(barres[rang]) for barres in comptes) for rang in (0, 1)] == [1, 1]


def test_les_resultats_en_part_de_ce_qui_etait_prevu(projet):
    assert textes(traces_de(projet)["resultats"]) == {
        "Personnes différentes rejointes": ["80 % (40 sur 50)"]
    }


def test_les_changements_hausse_baisse_et_ce_qui_ne_se_compare_pas():
    mesures = [
        Changement("Projets", Decimal(4), Decimal(5), en_dollars=False),
        Changement("Accordé", Decimal(100), Decimal(90), en_dollars=True),
        Changement("Personnes", Decimal(40), Decimal(80), en_dollars=False, incomplet=True),
        Changement("Versé", Decimal(0), Decimal(80), en_dollars=True),
    ]
    trace = traces_des_changements(Comparaison(2029, 2030, mesures))["changements"]
    assert [(b.valeur, ordinaire(b.texte)) for r in trace.rangees for b in r.barres] == [
        (Decimal(25), "+25 %"),
        (Decimal(-10), "−10 %"),
        (None, "ne se compare pas (« au moins »)"),
        (None, "aucun avant"),
    ]
    assert traces_des_changements(None) == {}


def test_la_page_des_annees_a_ses_traces(projet):
    annee = comparer_les_annees()[0].annee
    ProjetPasse.objects.create(
        annee=annee - 1, appel_code="AP-0", organisme="Ancien", titre="Avant",
        montant_accorde=Decimal(20000), montant_verse=Decimal(20000), personnes=10,
    )  # fmt: skip
    lignes = comparer_les_annees()
    traces = traces_des_annees(lignes) | traces_des_changements(comparer(lignes))
    assert textes(traces["argent"]) == {
        str(annee - 1): ["20 000 $", "20 000 $"],
        str(annee): ["16 000 $", "8 000 $"],
    }
    assert textes(traces["changements"])["Accordé"] == ["−20 %"]
    html = page(projet.gens.mifi, "bilan:annees").text
    assert len(larges(html)) == 3
    for trace in traces.values():
        assert gardes.svg(trace) in html


# --- Masqués --------------------------------------------------------------------------------------
def test_un_petit_nombre_ne_change_pas_le_dessin(projet):
    """Deux ou trois personnes publient « <5 » : les mêmes octets, sans barre."""
    dessins = set()
    for nombre in (2, 3):
        raconter(projet, {PERSONNES: nombre, ("activites_realisees", ""): 8})
        trace = traces_de(projet)["resultats"]
        assert textes(trace)["Personnes différentes rejointes"] == ["<5"]
        assert trace.rangees[1].barres[0].valeur is None
        dessins.add(gardes.dessiner_svg(trace, gardes.LARGE))
    assert len(dessins) == 1


def test_une_somme_en_partie_cachee_est_longue_de_son_minimum(projet):
    """40 et un projet caché : « au moins 41 », que ce projet ait rejoint 2 ou 3 personnes."""
    petit = un_voisin(projet)
    vus = set()
    for nombre in (2, 3):
        raconter(petit, {PERSONNES: nombre})
        barre = traces_de(projet)["resultats"].rangees[0].barres[0]
        annee = traces_des_annees(comparer_les_annees())["personnes"].rangees[-1].barres[0]
        assert ordinaire(barre.texte) == "au moins 82 % (au moins 41 sur 50)"
        assert (barre.teinte, annee.teinte) == (Teinte.OUVERTE, Teinte.OUVERTE)
        assert annee.valeur == 41
        vus.add((barre, annee))
    assert len(vus) == 1


# --- Les mêmes partout ----------------------------------------------------------------------------
def test_la_page_et_le_pdf_ont_les_memes_dessins(projet):
    portee = portee_d_un_plan(projet.demande.appel.plan)
    html = page(projet.gens.agent, "bilan:bilan", portee.cle).text
    contexte = contexte_bilan(portee)
    pdf = rendre_html("pdf/bilan.html", contexte)
    assert sorted(larges(html)) == sorted(larges(pdf))
    assert len(larges(html)) == len(contexte["traces"])
    assert "trace__etroit" in html
    assert "trace__etroit" not in pdf
    # Chaque dessin est suivi de son tableau.
    for texte in (html, pdf):
        for suite in texte.split('class="dessin trace"')[1:]:
            assert "<table" in suite.split("</section>")[0].split("<h2")[0]


def test_un_bilan_relu_ne_redessine_rien(projet, monkeypatch):
    dessins = []
    figure = gardes._figure
    monkeypatch.setattr(gardes, "_figure", lambda *a: dessins.append(a) or figure(*a))
    portee = portee_d_un_plan(projet.demande.appel.plan)

    lire(projet.gens.agent, "bilan:bilan", portee.cle)
    faits = len(dessins)
    assert faits == len(set(dessins)) == 2 * len(contexte_bilan(portee)["traces"])
    lire(projet.gens.agent, "bilan:bilan", portee.cle)
    lire(projet.gens.mifi, "bilan:bilan", portee.cle)
    rendre_html("pdf/bilan.html", contexte_bilan(portee))
    assert len(dessins) == faits
    page(projet.gens.agent, "bilan:docx", portee.cle)
    page(projet.gens.agent, "bilan:docx", portee.cle)
    assert len(dessins) == faits + len(contexte_bilan(portee)["traces"])


def test_le_document_modifiable_a_les_memes_images_et_leur_texte(projet):
    portee = portee_d_un_plan(projet.demande.appel.plan)
    reponse = page(projet.gens.agent, "bilan:docx", portee.cle)
    document = Docx(BytesIO(reponse.content))
    images = list(document.element.body.iter(qn("wp:docPr")))
    traces = contexte_bilan(portee)["traces"].values()
    assert {ordinaire(image.get("descr")) for image in images} == {
        ordinaire(f"{trace.titre}. {trace.description}") for trace in traces
    }
    octets = {piece.blob for piece in document.part.package.image_parts}
    assert octets == {gardes.png(trace) for trace in traces}


def test_le_pdf_garde_les_traces_en_vecteurs_avec_leur_texte_de_remplacement():
    octets = rendre_pdf(rendre_html("pdf/bilan.html", BILAN), titre="Bilan")
    with pikepdf.open(io.BytesIO(octets)) as pdf:
        textes_lus = {
            ordinaire(str(objet.Alt))
            for objet in pdf.objects
            if isinstance(objet, pikepdf.Dictionary) and objet.get("/S") == "/Figure"
        }
        images = [
            objet
            for objet in pdf.objects
            if isinstance(objet, pikepdf.Stream) and objet.get("/Subtype") == "/Image"
        ]
    assert not images
    for trace in BILAN["traces"].values():
        assert ordinaire(f"{trace.titre}. {trace.description}") in textes_lus
    assert "MIFI : accordé 86 250 $" in {
        texte.split(". ")[1].split(",")[0] for texte in textes_lus if "MIFI" in texte
    }


def test_un_appel_sans_argent_le_dit(projet):
    type(projet.demande).objects.filter(pk=projet.demande.pk).update(etat_annonce="en_evaluation")
    html = page(projet.gens.mifi, "bilan:bilan", projet.demande.appel.code).text
    assert "Aucun montant." in html
    assert larges(html) == []
