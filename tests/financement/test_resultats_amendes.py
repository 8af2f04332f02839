"""Un avenant change les résultats attendus : le rapport et le bilan se mesurent aux nouveaux."""

from importlib import import_module

import pytest
from django.apps import apps
from pypdf import PdfReader

from financement.bilan import calculer_bilan
from financement.models import Avenant, Convention, Rapport
from financement.services import avenants
from financement.services import rapports as services_rapports
from socle.exceptions import RegleViolee
from socle.models import EntreeJournal
from tests.factories import dans
from tests.financement.bilans import ordinaire
from tests.financement.objets import (
    PREUVE,
    Formulaire,
    envoyer,
    page,
    raconter,
    un_projet,
    verbes,
)

pytestmark = pytest.mark.django_db
PREVUS = {"activites_realisees": 40, "personnes_distinctes": 60, "personnes_immigrantes": 30}
AMENDES = {
    "activites_realisees": 30,
    "personnes_immigrantes": 30,
    "par_genre:femmes": 20,
    "par_genre:hommes": 10,
}


@pytest.fixture
def projet(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    projet = un_projet()
    type(projet.demande.appel).objects.filter(pk=projet.demande.appel_id).update(
        indicateurs=[*PREVUS, "par_genre"]
    )
    Convention.objects.filter(pk=projet.convention.pk).update(resultats_attendus=PREVUS)
    projet.convention.refresh_from_db()
    projet.demande.appel.refresh_from_db()
    return projet


def demander(projet, resultats):
    return avenants.demander_avenant(
        acteur=projet.gens.responsable,
        convention=projet.convention,
        motif="Deux animatrices sont parties.",
        resultats=resultats,
    )


def appliquer(projet, avenant):
    avenants.approuver_avenant(acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE)
    avenants.signer_avenant(
        acteur=projet.gens.responsable, avenant=avenant, nom="Alix Essai", preuve=PREUVE
    )


def attendus(projet):
    return Convention.objects.get(pk=projet.convention.pk).resultats_attendus


def test_signe_l_avenant_change_ce_que_la_convention_attend_et_le_journal_le_dit(projet):
    avenant = demander(projet, AMENDES)
    assert attendus(projet) == PREVUS
    avenants.approuver_avenant(acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE)
    assert attendus(projet) == PREVUS

    avenants.signer_avenant(
        acteur=projet.gens.responsable,
        avenant=Avenant.objects.get(pk=avenant.pk),
        nom="Alix Essai",
        preuve=PREUVE,
    )

    assert attendus(projet) == AMENDES
    assert "convention.amender_resultats" in verbes(projet.convention)
    entree = EntreeJournal.objects.get(verbe="convention.amender_resultats")
    assert (entree.details["avant"], entree.details["resultats"]) == (PREVUS, AMENDES)
    assert (entree.acteur, entree.motif) == (
        projet.gens.responsable,
        "Deux animatrices sont parties.",
    )


def test_le_pdf_de_l_avenant_dit_ce_qui_change_et_rien_d_autre(projet):
    avenant = demander(projet, AMENDES)
    avenants.approuver_avenant(acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE)
    avenant.refresh_from_db()
    with avenant.document.pdf.open("rb") as pdf:
        texte = " ".join(
            ordinaire(" ".join(p.extract_text() for p in PdfReader(pdf).pages)).split()
        )
    annexe = texte.split("Résultats attendus", 1)[1].split("Le reste de la convention")[0]
    for dit in (
        "Activités réalisées 40 30",
        "Personnes différentes rejointes 60 —",
        "Personnes immigrantes par genre : Femmes — 20",
        "Personnes immigrantes par genre : Hommes — 10",
    ):
        assert dit in annexe, annexe
    assert "30 30" not in annexe


def test_refuse_l_avenant_ne_change_rien(projet):
    avenant = demander(projet, AMENDES)
    avenants.refuser_avenant(acteur=projet.gens.approbation, avenant=avenant, motif="Trop tard.")
    assert attendus(projet) == PREVUS
    assert "convention.amender_resultats" not in verbes(projet.convention)
    assert (
        "Prévu à la convention : 40."
        in page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "final").text
    )
    assert (
        "Trop tard."
        in page(projet.gens.membre, "organisme:avenant", projet.demande.reference, avenant.no).text
    )


@pytest.mark.parametrize(
    ("resultats", "refus"),
    [
        (PREVUS, "rien"),
        (PREVUS | {"personnes_immigrantes": 61}, "incoherent"),
        (PREVUS | {"par_genre:femmes": 29}, "incoherent"),
        (PREVUS | {"par_genre": 30}, "par_genre"),
        (PREVUS | {"aide_versee": 30}, "aide_versee"),
    ],
)
def test_ce_qui_ne_s_additionne_pas_ne_se_demande_pas(projet, resultats, refus):
    with pytest.raises(RegleViolee) as trouve:
        demander(projet, resultats)
    assert refus in (trouve.value.code, trouve.value.champ)
    assert not Avenant.objects.exists()


def test_rien_attendre_est_un_changement_et_s_applique(projet):
    appliquer(projet, demander(projet, {}))
    assert attendus(projet) == {}


def test_le_rapport_a_remettre_se_mesure_a_l_avenant_et_celui_deja_remis_a_la_convention(projet):
    raconter(projet.etape, activites="Faites.", resultats="Vus.")
    projet.etape.valeurs.create(indicateur="activites_realisees", valeur=25)
    services_rapports.deposer_rapport(acteur=projet.gens.responsable, rapport=projet.etape)

    appliquer(projet, demander(projet, AMENDES))

    reference = projet.demande.reference
    assert (
        "Prévu à la convention : 30."
        in page(projet.gens.membre, "organisme:rapport", reference, "final").text
    )
    lu = page(projet.gens.agent, "ville:rapport", projet.etape.pk).text
    section = " ".join(lu.split('id="indicateurs"')[1].split())
    for dit in (">40<", ">25<", ">\u221215<"):
        assert dit in section
    # Renvoyé puis déposé de nouveau, il garde ce qui valait à son premier dépôt.
    Rapport.objects.filter(pk=projet.etape.pk).update(etat="a_corriger")
    services_rapports.deposer_rapport(acteur=projet.gens.responsable, rapport=projet.etape)
    projet.etape.refresh_from_db()
    assert projet.etape.resultats_prevus == PREVUS


def test_le_bilan_se_mesure_aux_resultats_amendes(projet):
    appliquer(projet, demander(projet, AMENDES))
    Rapport.objects.filter(pk=projet.final.pk).update(
        etat="accepte", depose_le=dans(), accepte_le=dans()
    )
    projet.final.valeurs.create(indicateur="activites_realisees", valeur=24)
    bilan = calculer_bilan([projet.demande.appel])
    (activites,) = (i for i in bilan.resultats.indicateurs if i.code == "activites_realisees")
    assert (activites.valeur, activites.prevu, activites.atteint) == (24, 30, 80)
    texte = ordinaire(page(projet.gens.agent, "bilan:bilan", projet.demande.appel.code).text)
    assert "80 %" in texte


def test_la_migration_garde_ce_qui_valait_aux_rapports_deja_remis(projet):
    Rapport.objects.filter(pk=projet.etape.pk).update(etat="depose", depose_le=dans())
    migration = import_module("financement.migrations.0016_resultats_amendes")
    migration.garder_le_prevu_des_rapports_remis(apps, None)
    projet.etape.refresh_from_db()
    projet.final.refresh_from_db()
    assert (projet.etape.resultats_prevus, projet.final.resultats_prevus) == (PREVUS, None)


# --- La page --------------------------------------------------------------------------------------
def test_par_la_page_l_organisme_change_ses_resultats_et_relit_ce_qui_change(projet):
    gens, reference = projet.gens, projet.demande.reference
    donnees = Formulaire(page(gens.membre, "organisme:avenant_demander", reference).text).donnees()
    assert donnees["attendus-activites_realisees"] == "40"
    voulus = donnees | {
        "motif": "Deux animatrices sont parties.",
        "attendus-par_genre:femmes": "20",
        "attendus-par_genre:hommes": "9",
    }
    formulaire = Formulaire(
        envoyer(gens.membre, "organisme:avenant_demander", reference, **voulus).text
    )
    assert "le total est 29" in formulaire.erreur("attendus-par_genre:femmes")
    assert formulaire.valeur("attendus-par_genre:hommes") == "9"
    assert not Avenant.objects.exists()

    envoyer(
        gens.membre, "organisme:avenant_demander", reference,
        **voulus | {"attendus-par_genre:hommes": "10"},
    )  # fmt: skip
    avenant = Avenant.objects.get()
    assert avenant.resultats == PREVUS | {"par_genre:femmes": 20, "par_genre:hommes": 10}
    for qui, adresse in ((gens.membre, "organisme:avenant"), (gens.approbation, "ville:avenant")):
        lignes = " ".join(page(qui, adresse, reference, 1).text.split())
        assert "Personnes immigrantes par genre : Femmes" in lignes
        assert "Activités réalisées" not in lignes.split("Ce qui change")[1]


def test_sans_toucher_aux_resultats_l_avenant_ne_les_change_pas(projet):
    gens, reference = projet.gens, projet.demande.reference
    donnees = Formulaire(page(gens.agent, "ville:avenant_demander", reference).text).donnees()
    envoyer(
        gens.agent, "ville:avenant_demander", reference,
        **donnees | {"motif": "Un lieu de plus.", "portee": "Deux lieux."},
    )  # fmt: skip
    assert Avenant.objects.get().resultats is None
