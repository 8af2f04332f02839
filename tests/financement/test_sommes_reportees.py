"""Reporter ce qu'un projet n'a pas utilisé : une décision, un mouvement, un seul argent."""

from decimal import Decimal as D

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from appels.models import Demande
from financement.models import Credit, Mouvement, Rapport, SommeReportee, Versement
from financement.services import fermeture, grand_livre, transferts
from financement.services.sommes_reportees import reportable, reporter_somme
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    MembreComiteFactory,
    ResolutionFactory,
    VoletFactory,
    dans,
)
from tests.financement.objets import Formulaire, envoyer, page, un_projet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def projet(db):
    """Fermé : 16 000 $ accordés, 12 000 $ d'aide finale, 4 000 $ rendus (3 000 au MIFI)."""
    projet = un_projet()
    Versement.objects.filter(pk=projet.versements[0].pk).update(
        montant=D(8000), etat="verse", propose_par=projet.gens.agent,
        autorise_par=projet.gens.approbation, verse_le=dans(),
    )  # fmt: skip
    Versement.objects.filter(pk=projet.versements[1].pk).update(
        montant=D(4000), etat="verse", propose_par=projet.gens.agent,
        autorise_par=projet.gens.approbation, verse_le=dans(),
    )  # fmt: skip
    Rapport.objects.filter(pk=projet.final.pk).update(
        etat="accepte", depose_le=dans(), accepte_le=dans(), autres_aides_publiques=0
    )
    projet.final.depenses.create(categorie="salaires", montant=D(15000))
    fermeture.regler_solde(acteur=projet.gens.agent, demande=projet.demande)
    projet.demande = fermeture.fermer_demande(acteur=projet.gens.agent, demande=projet.demande)
    projet.mifi = Credit.objects.get(volet=projet.demande.volet, bailleur="MIFI")
    projet.ville = Credit.objects.get(volet=projet.demande.volet, bailleur="Ville")
    projet.resolution = ResolutionFactory(appel=projet.demande.appel)
    return projet


def reporter(projet, **options):
    credit = options.setdefault("credit", projet.mifi)
    return reporter_somme(
        **{
            "acteur": projet.gens.approbation,
            "demande": projet.demande,
            "resolution": projet.resolution,
            "volet": credit.volet,
            "exercice": credit.exercice + 1,
            "montant": D("1000.00"),
            "motif": "Le volet reprend l'an prochain.",
            **options,
        }
    )


def test_le_projet_ferme_dit_ce_qu_il_a_rendu_par_source(projet):
    assert reportable(projet.demande) == {projet.mifi.pk: D("3000.00"), projet.ville.pk: D(1000)}


def test_un_report_a_un_autre_exercice_a_son_mouvement_et_son_journal(projet):
    avant = projet.mifi.libre
    somme = reporter(projet, autorisation="Lettre du MIFI, 3 mars 2031")

    projet.mifi.refresh_from_db()
    recu = Credit.objects.get(
        volet=projet.demande.volet, bailleur="MIFI", exercice=projet.mifi.exercice + 1
    )
    assert (avant - projet.mifi.libre, recu.libre) == (D(1000), D(1000))
    mouvements = Mouvement.objects.filter(
        objet_type="financement.sommereportee", objet_id=str(somme.pk)
    )
    assert sorted((m.nature, m.montant, m.demande_id) for m in mouvements) == [
        ("report", D("-1000.00"), projet.demande.pk),
        ("report", D("1000.00"), None),
    ]
    entree = EntreeJournal.objects.get(verbe="demande.reporter_somme")
    assert entree.acteur == projet.gens.approbation
    assert entree.details["resolution"] == projet.resolution.numero
    assert entree.details["autorisation"] == "Lettre du MIFI, 3 mars 2031"
    # Rien n'est créé ni perdu : l'enveloppe du volet, tous exercices, est la même.
    assert grand_livre.ecarts() == []
    assert grand_livre.libre_du_volet(projet.demande.volet) == D("98000.00")


def test_un_report_a_un_autre_appel_sert_a_y_accorder(projet):
    suivant = AppelFactory(ouvert=True)
    volet = suivant.volets.get()
    avant = grand_livre.libre_du_volet(volet)
    reporter(projet, volet=volet, exercice=projet.mifi.exercice, montant=D("3000.00"))
    assert grand_livre.libre_du_volet(volet) == avant + 3000
    assert volet.enveloppe_actuelle == D("113000.00")
    assert reportable(projet.demande) == {projet.ville.pk: D(1000)}
    assert grand_livre.ecarts() == []


def test_un_report_a_un_autre_volet_du_meme_exercice(projet):
    autre = VoletFactory(appel=projet.demande.appel)
    reporter(projet, volet=autre, exercice=projet.mifi.exercice)
    recu = Credit.objects.get(volet=autre, bailleur="MIFI", exercice=projet.mifi.exercice)
    assert recu.report == D("1000.00")


@pytest.mark.parametrize(
    ("options", "champ"),
    [
        ({"montant": D("3000.01")}, "montant"),
        ({"montant": D("0.00")}, "montant"),
        ({"montant": D("-1")}, "montant"),
        ({"motif": " "}, "motif"),
        ({"exercice": 2031}, "exercice"),
        ({"exercice": 2030}, "exercice"),
    ],
)
def test_un_report_impossible_se_refuse_et_n_ecrit_rien(projet, options, champ):
    assert projet.mifi.exercice == 2031
    with pytest.raises(RegleViolee) as refus:
        reporter(projet, **options)
    assert refus.value.champ == champ
    assert not SommeReportee.objects.exists()


def test_au_cent_pres_tout_se_reporte_une_seule_fois(projet):
    reporter(projet, montant=D("2999.99"))
    reporter(projet, montant=D("0.01"))
    with pytest.raises(RegleViolee):
        reporter(projet, montant=D("0.01"))


def test_il_faut_une_resolution_du_meme_appel_qui_ne_decide_de_rien(projet):
    for resolution in (projet.convention.decision.resolution, ResolutionFactory()):
        with pytest.raises(RegleViolee) as refus:
            reporter(projet, resolution=resolution)
        assert refus.value.champ == "resolution"


def test_un_appel_pas_publie_ne_recoit_rien(projet):
    with pytest.raises(RegleViolee) as refus:
        reporter(projet, volet=AppelFactory().volets.get())
    assert refus.value.champ == "volet"


def test_un_projet_en_cours_n_a_rien_a_reporter():
    projet = un_projet()
    assert reportable(projet.demande) == {}


def test_ce_qui_a_deja_resservi_ne_se_reporte_plus(projet):
    """De ce que le projet a rendu au MIFI, il ne reste que 500 $ libres."""
    transferts.transferer(
        acteur=projet.gens.approbation,
        resolution=projet.resolution,
        credit=projet.mifi,
        volet=VoletFactory(appel=projet.demande.appel),
        montant=projet.mifi.libre - 500,
        motif="Plus de petits projets que prévu.",
    )
    assert reportable(projet.demande)[projet.mifi.pk] == D("500.00")
    with pytest.raises(RegleViolee):
        reporter(projet, montant=D("500.01"))
    assert reporter(projet, montant=D("500.00"))


# --- La base --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "champs",
    [{"montant": D("3000.01")}, {"exercice": 2030}, {"exercice": 2031}, {"montant": D(0)}],
)
def test_la_base_refuse_ce_que_le_service_refuse(projet, champs):
    with pytest.raises(IntegrityError), transaction.atomic():
        SommeReportee.objects.create(
            **{
                "demande": projet.demande,
                "credit": projet.mifi,
                "volet": projet.demande.volet,
                "exercice": 2032,
                "montant": D(10),
                "resolution": projet.resolution,
                "motif": "Essai",
                **champs,
            }
        )


def test_une_somme_reportee_ne_se_modifie_ni_ne_s_efface(projet):
    somme = reporter(projet)
    for geste in (
        lambda: SommeReportee.objects.filter(pk=somme.pk).update(montant=D(1)),
        lambda: SommeReportee.objects.filter(pk=somme.pk).delete(),
        lambda: Mouvement.objects.filter(nature="report").delete(),
    ):
        with pytest.raises(DatabaseError, match="efface pas"), transaction.atomic():
            geste()


# --- La page --------------------------------------------------------------------------------------
def test_la_page_reporte_et_la_fermeture_le_montre(projet):
    approbation, reference = projet.gens.approbation, projet.demande.reference
    assert "4 000,00 $" in texte(page(approbation, "ville:fermeture", reference))
    ouvert = Formulaire(page(approbation, "ville:somme_reporter", reference).text)
    saisi = ouvert.donnees() | {
        "credit": projet.mifi.pk, "montant": "3 000,01", "volet": projet.demande.volet.pk,
        "exercice": "2032", "resolution": projet.resolution.pk, "motif": "Reprise en avril.",
    }  # fmt: skip

    refuse = Formulaire(envoyer(approbation, "ville:somme_reporter", reference, **saisi).text)
    assert "laissé que" in refuse.erreur("montant")
    assert refuse.valeur("motif") == "Reprise en avril."

    saisi["montant"] = "3 000,00"
    assert envoyer(approbation, "ville:somme_reporter", reference, **saisi).status_code == 302
    lue = texte(page(projet.gens.agent, "ville:fermeture", reference))
    for attendu in ("3 000,00 $", "Reprise en avril.", projet.resolution.numero, "1 000,00 $"):
        assert attendu in lue


def test_rien_a_reporter_se_dit():
    projet = un_projet()
    lue = page(projet.gens.approbation, "ville:somme_reporter", projet.demande.reference).text
    assert "Rien à reporter" in lue


@pytest.mark.parametrize(
    "role", ["agent", "tresorerie", "administration", "mifi", "responsable", "autre"]
)
def test_seule_l_approbation_reporte(projet, role):
    qui, reference = getattr(projet.gens, role), projet.demande.reference
    assert page(qui, "ville:somme_reporter", reference).status_code == 404
    assert "Reporter la somme" not in page(qui, "ville:fermeture", reference).text
    with pytest.raises(PermissionRefusee):
        reporter(projet, acteur=qui)


def test_qui_est_recuse_ne_reporte_pas(projet):
    membre = MembreComiteFactory(appel=projet.demande.appel, utilisateur=projet.gens.approbation)
    AffectationFactory(demande=projet.demande, membre=membre, recusee=True)
    reference = projet.demande.reference
    assert page(projet.gens.approbation, "ville:somme_reporter", reference).status_code == 404
    with pytest.raises(PermissionRefusee):
        reporter(projet)
    assert Demande.objects.get(pk=projet.demande.pk).etat == "fermee"


def texte(reponse):
    return reponse.text.replace("\u00a0", " ").replace("\u202f", " ")
