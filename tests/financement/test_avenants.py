"""L'avenant (regles.md, 13) : quand il en faut un, qui le décide, ce qu'il change."""

import datetime as dt
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from pypdf import PdfReader

from financement.avenants import EcartPoste, ecarts_de_postes, repartir_le_changement
from financement.models import Avenant, Decision
from financement.services import avenants, versements
from financement.services.grand_livre import soldes
from financement.services.lettres import decisions_sans_lettre
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import ResolutionFactory
from tests.financement.objets import PREUVE, Formulaire, envoyer, page, requetes, un_projet, verbes

pytestmark = pytest.mark.django_db
SEUIL = Decimal("0.15")
D = Decimal


# --- La règle -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("avant", "apres", "il_en_faut_un"),
    [
        ("1000.00", "1150.00", False),
        ("1000.00", "1150.01", True),
        ("1000.00", "850.00", False),
        ("1000.00", "849.99", True),
        ("1000.00", "1000.00", False),
        ("0.00", "0.01", True),
        ("0.00", "0.00", False),
    ],
)
def test_exactement_quinze_pour_cent_d_une_ligne_est_permis(avant, apres, il_en_faut_un):
    assert EcartPoste("Ligne", D(avant), D(apres)).demande_un_avenant(SEUIL) is il_en_faut_un


def test_les_lignes_se_comparent_par_categorie_et_precision():
    avant = [
        {"categorie": "salaires", "libelle": "Animation", "montant": "500"},
        {"categorie": "salaires", "libelle": "Animation", "montant": "100"},
        {"categorie": "promotion", "libelle": "", "montant": "50"},
    ]
    apres = [
        {"categorie": "salaires", "libelle": "Animation", "montant": "600"},
        {"categorie": "autre", "libelle": "", "montant": "50"},
    ]
    categories = {"salaires": "Salaires", "promotion": "Promotion", "autre": "Autre"}
    assert [(e.libelle, e.difference) for e in ecarts_de_postes(avant, apres, categories)] == [
        ("Salaires : Animation", D("0")),
        ("Promotion", D("-50")),
        ("Autre", D("50")),
    ]


@pytest.mark.parametrize(
    ("restants", "difference", "attendus"),
    [
        (["6400", "1600"], "500.01", ["6400.00", "2100.01"]),
        (["6400", "1600"], "-1600", ["6400", "0"]),
        (["6400", "1600"], "-1600.01", ["6399.99", "0"]),
        (["6400", "1600"], "-8000", ["0", "0"]),
        (["6400", "1600"], "-8000.01", None),
        ([], "1", None),
        ([], "0", []),
    ],
)
def test_le_changement_se_prend_au_dernier_versement_puis_a_celui_d_avant(
    restants, difference, attendus
):
    rendu = repartir_le_changement(restants=[D(m) for m in restants], difference=D(difference))
    assert rendu == (attendus and [D(m) for m in attendus]) or rendu == attendus


# --- Les services ---------------------------------------------------------------------------------
@pytest.fixture
def projet():
    return un_projet()


def demander(projet, acteur=None, **changements):
    return avenants.demander_avenant(
        acteur=acteur or projet.gens.responsable,
        convention=projet.convention,
        motif="La salle n'est libre qu'à l'automne.",
        **changements,
    )


def refus(projet, **changements):
    with pytest.raises(RegleViolee) as trouve:
        demander(projet, **changements)
    return trouve.value.code or trouve.value.champ


def test_de_nouvelles_dates_demandees_approuvees_signees(projet, mailoutbox):
    convention = projet.convention
    fin, echeance = convention.fin, projet.final.echeance
    avenant = demander(projet, fin=fin + dt.timedelta(days=60))
    convention.refresh_from_db()
    assert (avenant.etat, convention.fin) == ("demande", fin)

    avenant = avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE
    )
    assert avenant.document.nature == "avenant"
    convention.refresh_from_db()
    assert convention.fin == fin

    avenants.signer_avenant(
        acteur=projet.gens.responsable, avenant=avenant, nom="Alix Essai", preuve=PREUVE
    )
    convention.refresh_from_db()
    projet.final.refresh_from_db()
    assert convention.fin == fin + dt.timedelta(days=60)
    assert projet.final.echeance == echeance + dt.timedelta(days=60)
    assert verbes(avenant) == ["avenant.demander", "avenant.approuver", "avenant.signer"]


def test_plus_d_aide_va_au_dernier_versement_sous_une_nouvelle_decision(projet):
    convention = projet.convention
    resolution = ResolutionFactory(appel=projet.demande.appel)
    ancienne = convention.decision
    avenant = demander(projet, montant=convention.montant - D("1000.01"))
    avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE, resolution=resolution
    )
    avenants.signer_avenant(
        acteur=projet.gens.responsable, avenant=avenant, nom="Alix Essai", preuve=PREUVE
    )
    convention.refresh_from_db()
    montants = [v.montant for v in convention.versements.order_by("no")]
    assert sum(montants) == convention.montant == D("14999.99")
    assert montants[-1] == D("599.99")
    assert Decision.objects.filter(demande=projet.demande, en_vigueur=True).get() != ancienne
    solde = soldes(projet.demande.appel)[0]
    assert (solde.accorde, solde.engage) == (D("14999.99"), D("14999.99"))
    # L'avenant a été sa propre lettre : le lot n'en émet pas une autre.
    assert not decisions_sans_lettre(projet.demande.appel).filter(demande=projet.demande).exists()

    retour = demander(projet, montant=D("16000.00"))
    avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=retour, preuve=PREUVE, resolution=resolution
    )
    avenants.signer_avenant(
        acteur=projet.gens.responsable, avenant=retour, nom="Alix Essai", preuve=PREUVE
    )
    convention.refresh_from_db()
    assert [v.montant for v in convention.versements.order_by("no")] == [
        D("8000.00"), D("6400.00"), D("1600.00"),
    ]  # fmt: skip


def test_un_autre_montant_demande_une_resolution_de_cet_appel(projet):
    avenant = demander(projet, montant=D("15000.00"))
    for resolution, champ in ((None, "resolution"), (ResolutionFactory(), "resolution")):
        with pytest.raises(RegleViolee) as trouve:
            avenants.approuver_avenant(
                acteur=projet.gens.approbation,
                avenant=avenant,
                preuve=PREUVE,
                resolution=resolution,
            )
        assert trouve.value.champ == champ
    avenant.refresh_from_db()
    assert avenant.etat == "demande"


def test_l_enveloppe_tient_a_l_approbation_et_a_la_signature(projet):
    resolution = ResolutionFactory(appel=projet.demande.appel)
    bas = demander(projet, montant=D("15000.00"))
    avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=bas, preuve=PREUVE, resolution=resolution
    )
    avenants.signer_avenant(
        acteur=projet.gens.responsable, avenant=bas, nom="Alix Essai", preuve=PREUVE
    )
    haut = demander(projet, montant=D("16000.00"))
    volet = projet.demande.volet
    avenants.approuver_avenant(
        acteur=projet.gens.approbation, avenant=haut, preuve=PREUVE, resolution=resolution
    )
    # Entre l'approbation et la signature, un autre projet prend ce qui restait.
    type(volet).objects.filter(pk=volet.pk).update(enveloppe=D("15999.99"))
    with pytest.raises(RegleViolee) as trouve:
        avenants.signer_avenant(
            acteur=projet.gens.responsable, avenant=haut, nom="Alix Essai", preuve=PREUVE
        )
    assert trouve.value.code == "enveloppe"
    projet.convention.refresh_from_db()
    haut.refresh_from_db()
    assert (projet.convention.montant, haut.etat) == (D("15000.00"), "approuve")
    # Par la page, le refus se lit là où l'on signe : rien ne s'y dit déjà signé.
    texte = unescape(
        envoyer(
            projet.gens.responsable, "organisme:avenant", projet.demande.reference, haut.no,
            nom="Alix Essai", titre="directrice", consentement="on",
        ).text
    )  # fmt: skip
    assert "Il manque" in texte
    assert "Signer l'avenant" in texte
    assert not haut.signatures.filter(cote="organisme").exists()


def test_on_ne_descend_pas_sous_ce_qui_est_parti(projet):
    premier = projet.versements[0]
    versements.proposer_versement(acteur=projet.gens.agent, versement=premier)
    versements.autoriser_versement(acteur=projet.gens.approbation, versement=premier)
    assert refus(projet, montant=D("7999.99")) == "montant"
    assert demander(projet, montant=D("8000.00")).etat == "demande"


def test_ce_qui_est_refuse_d_emblee(projet):
    convention = projet.convention
    assert refus(projet) == "rien"
    assert refus(projet, fin=convention.fin, debut=convention.debut) == "rien"
    assert refus(projet, fin=convention.debut - dt.timedelta(days=1)) == "fin"
    assert refus(projet, montant=D("0")) == "montant"
    assert refus(projet, montant=projet.demande.montant_demande + D("0.01")) == "montant"
    # 16 000 $ d'aide demandent 20 000 $ de dépenses admissibles, à 80 %.
    juste = [{"categorie": "salaires", "libelle": "", "montant": "20000.00", "admissible": True}]
    assert refus(projet, postes=[{**juste[0], "montant": "19999.99"}]) == "taux_aide"
    demander(projet, postes=juste)
    assert refus(projet, portee="Autre chose") == "en_cours"


def test_le_budget_qui_vaut_est_celui_du_dernier_avenant_signe(projet):
    depose = avenants.postes_retenus(projet.convention)
    nouveau = [{"categorie": "salaires", "libelle": "", "montant": "20000", "admissible": True}]
    avenant = demander(projet, postes=nouveau)
    assert avenants.postes_retenus(projet.convention) == depose
    avenants.approuver_avenant(acteur=projet.gens.approbation, avenant=avenant, preuve=PREUVE)
    avenants.signer_avenant(
        acteur=projet.gens.responsable, avenant=avenant, nom="Alix Essai", preuve=PREUVE
    )
    assert [p["montant"] for p in avenants.postes_retenus(projet.convention)] == ["20000.00"]


def test_qui_demande_ne_decide_pas_et_un_etranger_ne_peut_rien(projet):
    gens = projet.gens
    for qui in (gens.autre, gens.mifi, gens.tresorerie, gens.approbation):
        with pytest.raises(PermissionRefusee):
            demander(projet, acteur=qui, portee="Autre chose")
    gens.agent.roles = ["agent", "approbation"]
    gens.agent.save()
    avenant = demander(projet, acteur=gens.agent, portee="Autre chose")
    for qui in (gens.agent, gens.responsable, gens.tresorerie):
        with pytest.raises(PermissionRefusee):
            avenants.approuver_avenant(acteur=qui, avenant=avenant, preuve=PREUVE)
    avenants.approuver_avenant(acteur=gens.approbation, avenant=avenant, preuve=PREUVE)
    with pytest.raises(PermissionRefusee):
        avenants.signer_avenant(acteur=gens.membre, avenant=avenant, nom="Membre", preuve=PREUVE)


# --- Les pages ------------------------------------------------------------------------------------
def test_par_les_pages_de_la_demande_au_pdf(projet):
    gens, reference = projet.gens, projet.demande.reference
    assert "Aucun changement" in page(gens.membre, "organisme:convention", reference).text
    formulaire = Formulaire(page(gens.membre, "organisme:avenant_demander", reference).text)
    donnees = formulaire.donnees()
    assert donnees["montant"] == "16000,00"
    reponse = envoyer(
        gens.membre,
        "organisme:avenant_demander",
        reference,
        **donnees | {"motif": "", "portee": "Deux soirs de plus."},
    )
    assert "Deux soirs de plus." in reponse.text
    assert Formulaire(reponse.text).erreur("motif")
    reponse = envoyer(
        gens.membre,
        "organisme:avenant_demander",
        reference,
        **donnees | {"motif": "Plus de monde.", "portee": "Deux <b>soirs</b> de plus."},
    )
    avenant = Avenant.objects.get()
    assert reponse.url == reverse("organisme:avenant", args=[reference, 1])
    assert "Avenant" in page(gens.approbation, "ville:accueil").text

    assert "Approuver l'avenant" not in page(gens.agent, "ville:avenant", reference, 1).text
    reponse = envoyer(gens.approbation, "ville:avenant", reference, 1, refuser="1", motif="")
    assert Formulaire(reponse.text).racine is not None
    assert "Refuser l'avenant" in reponse.text
    envoyer(gens.approbation, "ville:avenant", reference, 1, approuver="1", consentement="on")
    avenant.refresh_from_db()
    assert avenant.etat == "approuve"
    with avenant.document.pdf.open("rb") as pdf:
        texte = "".join(p.extract_text() for p in PdfReader(pdf).pages)
    assert "Deux <b>soirs</b> de plus." in texte

    assert "Signer l'avenant" not in page(gens.membre, "organisme:avenant", reference, 1).text
    envoyer(
        gens.responsable, "organisme:avenant", reference, 1,
        nom="Alix Essai", titre="Direction", consentement="on",
    )  # fmt: skip
    avenant.refresh_from_db()
    assert avenant.etat == "signe"
    assert page(gens.autre, "organisme:avenant", reference, 1).status_code == 404
    assert page(gens.autre, "document", avenant.document.cle).status_code == 404
    assert page(gens.membre, "document", avenant.document.cle).status_code == 200


def test_un_refus_garde_la_convention_et_se_lit(projet):
    gens, reference = projet.gens, projet.demande.reference
    demander(projet, portee="Autre chose")
    envoyer(gens.approbation, "ville:avenant", reference, 1, refuser="1", motif="Trop tard.")
    assert "Trop tard." in page(gens.membre, "organisme:avenant", reference, 1).text
    assert envoyer(gens.responsable, "organisme:avenant", reference, 1, nom="A", titre="B",
                   consentement="on").status_code == 200  # fmt: skip
    assert Avenant.objects.get().etat == "refuse"


def test_ajouter_une_ligne_sans_javascript_garde_tout(projet):
    gens, reference = projet.gens, projet.demande.reference
    donnees = Formulaire(page(gens.agent, "ville:avenant_demander", reference).text).donnees()
    reponse = envoyer(
        gens.agent, "ville:avenant_demander", reference,
        **donnees | {"motif": "Une ligne de plus.", "ajouter_postes": "1"},
    )  # fmt: skip
    assert Formulaire(reponse.text).valeur("motif") == "Une ligne de plus."
    lignes = int(donnees["postes-TOTAL_FORMS"])
    assert Formulaire(reponse.text).valeur(f"postes-{lignes}-montant") == ""
    assert not Avenant.objects.exists()


def test_la_page_de_la_convention_coute_autant_a_un_avenant_qu_a_trois(projet):
    def cout():
        return requetes(projet.gens.agent, "ville:convention", projet.demande.reference)

    demander(projet, portee="Autre chose")
    un = cout()
    for no in (2, 3):
        Avenant.objects.create(
            convention=projet.convention, no=no, motif="x", portee="y", etat="refuse", reponse="z"
        )
    assert cout() == un
