"""Les pages de la décision : la résolution, une demande, le lot, les lettres."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from financement.models import Decision, Lettre, Resolution
from socle.models import Travail
from tests.factories import (
    AdhesionFactory,
    AffectationFactory,
    AppelFactory,
    DemandeFactory,
    MembreComiteFactory,
    RecommandationFactory,
    ResolutionFactory,
    UtilisateurFactory,
)
from tests.financement.objets import (
    Formulaire,
    envoyer,
    messages_de,
    page,
    requetes,
    verbes,
)

pytestmark = pytest.mark.django_db

VILLE = ("agent", "approbation", "tresorerie", "administration", "mifi")


class Monde:
    """Un appel, ses demandes recommandées (16 000 $ chacune, au maximum), sa résolution."""

    def __init__(self, demandes=1, avis="favorable"):
        self.appel = AppelFactory(en_evaluation=True)
        self.demandes = []
        for _ in range(demandes):
            self.recommander(avis)
        self.resolution = ResolutionFactory(appel=self.appel)
        self.gens = {role: UtilisateurFactory(roles=[role]) for role in VILLE}
        self.gens["responsable"] = AdhesionFactory(organisme=self.demandes[0].organisme).utilisateur
        self.gens["anonyme_d_ailleurs"] = AdhesionFactory().utilisateur

    def recommander(self, avis="favorable"):
        demande = DemandeFactory(recommandee=True, appel=self.appel)
        RecommandationFactory(
            demande=demande,
            avis=avis,
            montant=Decimal(0 if avis == "defavorable" else 16000),
            motifs="Projet solide." if avis == "favorable" else "Hors du plan d'action.",
            motifs_par_critere={"C1": "Le besoin n'est pas démontré."},
            conditions="Deux rapports.",
        )
        self.demandes.append(demande)
        return demande

    @property
    def demande(self):
        return self.demandes[0]

    def decider(self, role="approbation", **donnees):
        complet = {
            "resolution": self.resolution.pk,
            "resultat": "acceptee",
            "montant_accorde": "16 000,00",
            "motifs": "Projet solide.",
            "conditions": "",
        }
        reponse = envoyer(
            self.gens[role], "ville:decider", self.demande.reference, **complet | donnees
        )
        self.demande.refresh_from_db()
        return reponse

    def inscrire(self, role="approbation", **donnees):
        complet = {"numero": "C-2031-0101", "date": "2031-01-15"}
        return envoyer(self.gens[role], "ville:resolution", self.appel.code, **complet | donnees)


@pytest.fixture
def monde(db):
    return Monde()


# --- La résolution --------------------------------------------------------------------------------
def test_inscrire_une_resolution_avec_son_extrait(monde, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    extrait = SimpleUploadedFile("extrait.pdf", b"%PDF-1.7\n%%EOF\n")

    assert monde.inscrire(numero=" C-2031-0101 ", extrait=extrait).status_code == 302

    resolution = Resolution.objects.get(numero="C-2031-0101")
    assert (resolution.date, resolution.inscrite_par) == (
        dt.date(2031, 1, 15),
        monde.gens["approbation"],
    )
    assert resolution.extrait.name.endswith(".pdf")
    assert verbes(resolution) == ["resolution.inscrire"]
    texte = page(monde.gens["agent"], "ville:decisions", monde.appel.code).text
    assert "C-2031-0101" in texte


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("numero", "", "obligatoire"),
        ("numero", "   ", "obligatoire"),
        ("numero", "N" * 41, "40 caractères"),
        ("numero", "a\x00", "nul"),
        ("date", "", "obligatoire"),
        ("date", "hier", "date"),
        ("date", "2031-02-30", "date"),
        ("date", "99999-01-01", "date"),
    ],
)
def test_une_resolution_impossible_se_dit_pres_de_son_champ(monde, champ, valeur, phrase):
    saisie = {"numero": "C-2031-0101", "date": "2031-01-15", champ: valeur}

    reponse = monde.inscrire(**{champ: valeur})

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text)
    assert phrase in formulaire.erreur(champ)
    for nom in saisie:
        if "\x00" not in saisie[nom]:
            assert formulaire.valeur(nom) == saisie[nom]
    assert monde.appel.resolutions.count() == 1


@pytest.mark.parametrize(
    ("nom", "contenu"),
    [
        ("extrait.exe", b"MZ\x90\x00"),
        ("extrait.pdf", b"MZ\x90\x00 un programme"),
        ("x.svg", b"<svg/>"),
    ],
)
def test_un_extrait_qui_n_est_pas_un_document_est_refuse(monde, nom, contenu):
    reponse = monde.inscrire(extrait=SimpleUploadedFile(nom, contenu))
    assert reponse.status_code == 200
    assert Formulaire(reponse.text).erreur("extrait")
    assert monde.appel.resolutions.count() == 1


def test_la_resolution_rejouee_ne_s_inscrit_pas_deux_fois(monde):
    assert monde.inscrire().status_code == 302
    encore = monde.inscrire()
    assert encore.status_code == 200
    assert "déjà inscrite" in Formulaire(encore.text).erreur("numero")
    assert monde.appel.resolutions.filter(numero="C-2031-0101").count() == 1


@pytest.mark.parametrize(
    "role", ["agent", "tresorerie", "administration", "mifi", "responsable", "anonyme_d_ailleurs"]
)
def test_seule_l_approbation_inscrit_et_decide(monde, role):
    assert monde.inscrire(role).status_code == 404
    assert monde.decider(role).status_code == 404
    qui = monde.gens[role]
    assert page(qui, "ville:decider", monde.demande.reference).status_code == 404
    assert page(qui, "ville:decisions_lot", monde.appel.code).status_code == 404
    donnees = {"resolution": monde.resolution.pk}
    assert envoyer(qui, "ville:decisions_lot", monde.appel.code, **donnees).status_code == 404
    monde.demande.refresh_from_db()
    assert monde.demande.etat == "recommandee"
    assert monde.appel.resolutions.count() == 1


# --- Une demande ----------------------------------------------------------------------------------
def test_la_page_est_remplie_de_la_recommandation(monde):
    qui = monde.gens["approbation"]
    formulaire = Formulaire(page(qui, "ville:decider", monde.demande.reference).text)
    assert formulaire.valeur("resultat") == "acceptee"
    assert formulaire.valeur("montant_accorde") == "16000,00"
    assert formulaire.valeur("motifs") == "Projet solide."
    assert formulaire.valeur("resolution") == str(monde.resolution.pk)
    assert formulaire.valeur("conditions") == "Deux rapports."
    texte = page(qui, "ville:decider", monde.demande.reference).text
    assert "Le besoin n&#x27;est pas démontré." in texte
    # Envoyée telle quelle, elle décide.
    reponse = envoyer(qui, "ville:decider", monde.demande.reference, **formulaire.donnees())
    assert reponse.status_code == 302


def test_accepter_inscrit_la_decision_sans_l_annoncer(monde):
    assert monde.decider(montant_accorde="15 999,50").status_code == 302

    decision = monde.demande.decisions.get()
    assert (monde.demande.etat, decision.montant_accorde) == ("acceptee", Decimal("15999.50"))
    assert (decision.prise_par, decision.resolution) == (
        monde.gens["approbation"],
        monde.resolution,
    )
    assert verbes(monde.demande) == ["demande.accepter"]
    texte = page(monde.gens["responsable"], "organisme:demande", monde.demande.reference).text
    assert "En traitement" in texte
    assert "cceptée" not in texte


def test_refuser_garde_les_motifs_du_comite_par_critere(monde):
    monde.decider(resultat="refusee", montant_accorde="", motifs="Hors du plan.")
    decision = monde.demande.decisions.get()
    assert (monde.demande.etat, decision.montant_accorde) == ("refusee", Decimal(0))
    assert decision.motifs_par_critere == {"C1": "Le besoin n'est pas démontré."}


def test_mettre_en_attente_puis_accepter(monde):
    monde.decider(
        resultat="liste_attente",
        montant_accorde="",
        rang_attente="1",
        attente_jusqu_au="2031-03-31",
    )
    assert monde.demande.etat == "liste_attente"
    monde.decider()
    assert monde.demande.etat == "acceptee"
    assert [d.en_vigueur for d in monde.demande.decisions.order_by("pk")] == [False, True]


@pytest.mark.parametrize(
    ("donnees", "champ", "phrase"),
    [
        ({"montant_accorde": ""}, "montant_accorde", "montant accordé"),
        ({"montant_accorde": "-1"}, "montant_accorde", "négatif"),
        ({"montant_accorde": "beaucoup"}, "montant_accorde", "montant"),
        ({"montant_accorde": "NaN"}, "montant_accorde", "montant"),
        ({"montant_accorde": "9" * 30}, "montant_accorde", "grand"),
        ({"montant_accorde": "1,234"}, "montant_accorde", "décimales"),
        ({"montant_accorde": "16000,01"}, "montant_accorde", "dépasse"),
        ({"resultat": ""}, "resultat", "obligatoire"),
        ({"resultat": "peut-etre"}, "resultat", "choix"),
        ({"resultat": "refusee"}, "montant_accorde", "rien n'est accordé"),
        (
            {"resultat": "refusee", "montant_accorde": "", "motifs": " "},
            "motifs",
            "motifs du refus",
        ),
        ({"resultat": "liste_attente", "montant_accorde": ""}, "rang_attente", "rang"),
        ({"rang_attente": "0"}, "rang_attente", "supérieure"),
        ({"rang_attente": "99999"}, "rang_attente", "inférieure"),
        ({"rang_attente": "un"}, "rang_attente", "entier"),
        ({"attente_jusqu_au": "demain"}, "attente_jusqu_au", "date"),
        ({"resolution": ""}, "resolution", "obligatoire"),
        ({"resolution": "0"}, "resolution", "choix"),
        ({"resolution": "9" * 30}, "resolution", "choix"),
        ({"motifs": "a\x00"}, "motifs", "nul"),
    ],
)
def test_une_decision_impossible_se_dit_pres_de_son_champ(monde, donnees, champ, phrase):
    reponse = monde.decider(**donnees)

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text)
    assert phrase in formulaire.erreur(champ)
    for nom, valeur in donnees.items():
        if nom not in {"resultat", "resolution"} and "\x00" not in valeur:
            assert formulaire.valeur(nom) == valeur
    if "motifs" not in donnees:
        assert formulaire.valeur("motifs") == "Projet solide."
    assert monde.demande.etat == "recommandee"
    assert not Decision.objects.exists()
    assert verbes(monde.demande) == []


def test_l_enveloppe_depassee_dit_ce_qui_manque(monde):
    volet = monde.demande.volet
    volet.enveloppe = Decimal("15000.00")
    volet.save()
    reponse = monde.decider()
    assert "Il manque 1 000,00 $" in Formulaire(reponse.text).erreur("montant_accorde")
    assert not Decision.objects.exists()


def test_la_resolution_d_un_autre_appel_ne_se_choisit_pas(monde):
    autre = ResolutionFactory()
    reponse = monde.decider(resolution=autre.pk)
    assert Formulaire(reponse.text).erreur("resolution")
    assert not Decision.objects.exists()


def test_decider_deux_fois_ne_decide_qu_une_fois(monde):
    monde.decider()
    encore = monde.decider(resultat="refusee", montant_accorde="", motifs="Autre avis.")

    assert encore.status_code == 302
    assert "rien à décider" in messages_de(encore)
    assert monde.demande.etat == "acceptee"
    assert Decision.objects.count() == 1
    assert verbes(monde.demande) == ["demande.accepter"]


def test_qui_est_recuse_ne_decide_pas(monde):
    membre = MembreComiteFactory(appel=monde.appel, utilisateur=monde.gens["approbation"])
    AffectationFactory(demande=monde.demande, membre=membre, recusee=True)
    assert monde.decider().status_code == 404
    assert not Decision.objects.exists()
    texte = page(monde.gens["approbation"], "ville:decisions", monde.appel.code).text
    assert monde.demande.titre not in texte


# --- Le lot ---------------------------------------------------------------------------------------
def lot(monde, **donnees):
    """Envoie la page du lot comme elle est remplie, sauf ``donnees``."""
    qui = monde.gens["approbation"]
    texte = page(qui, "ville:decisions_lot", monde.appel.code).text
    remplie = Formulaire(texte).donnees() if "Inscrire ces décisions" in texte else {}
    return envoyer(
        qui,
        "ville:decisions_lot",
        monde.appel.code,
        **{"resolution": monde.resolution.pk, **remplie, **donnees},
    )


def test_le_lot_montre_ses_effets_puis_les_inscrit(monde):
    monde.recommander("defavorable")
    texte = page(monde.gens["approbation"], "ville:decisions_lot", monde.appel.code).text
    assert all(d.titre in texte for d in monde.demandes)

    assert lot(monde).status_code == 302

    etats = [d.etat for d in monde.appel.demandes.order_by("code")]
    assert etats == ["acceptee", "refusee"]
    assert Decision.objects.filter(resolution=monde.resolution).count() == 2


def test_le_lot_est_tout_ou_rien(monde):
    monde.recommander()
    volet = monde.demande.volet
    volet.enveloppe = Decimal("31999.99")
    volet.save()

    reponse = lot(monde)

    assert reponse.status_code == 200
    fautive = monde.demandes[1]
    formulaire = Formulaire(reponse.text)
    assert "Il manque 0,01 $" in formulaire.erreur(f"d{fautive.pk}-montant_accorde")
    assert formulaire.erreur(f"d{monde.demande.pk}-montant_accorde") == ""
    assert f"ligne-{fautive.code}" in reponse.text
    assert not Decision.objects.exists()
    assert set(monde.appel.demandes.values_list("etat", flat=True)) == {"recommandee"}


def test_une_ligne_se_corrige_et_une_autre_attend(monde):
    seconde = monde.recommander()

    lot(
        monde,
        **{
            f"d{monde.demande.pk}-montant_accorde": "12 000,50",
            f"d{seconde.pk}-retenue": "",
        },
    )

    decision = Decision.objects.get()
    assert (decision.demande, decision.montant_accorde) == (monde.demande, Decimal("12000.50"))
    seconde.refresh_from_db()
    assert seconde.etat == "recommandee"


def test_chaque_ligne_fautive_se_dit_pres_d_elle_et_garde_sa_saisie(monde):
    seconde = monde.recommander()
    reponse = lot(
        monde,
        **{
            f"d{monde.demande.pk}-montant_accorde": "beaucoup",
            f"d{seconde.pk}-resultat": "refusee",
            f"d{seconde.pk}-montant_accorde": "",
            f"d{seconde.pk}-motifs": "",
        },
    )
    formulaire = Formulaire(reponse.text)
    assert "montant" in formulaire.erreur(f"d{monde.demande.pk}-montant_accorde")
    assert formulaire.valeur(f"d{monde.demande.pk}-montant_accorde") == "beaucoup"
    assert formulaire.valeur(f"d{seconde.pk}-resultat") == "refusee"
    assert not Decision.objects.exists()


@pytest.mark.parametrize("resolution", ["", "0", "x"])
def test_le_lot_demande_une_resolution(monde, resolution):
    reponse = lot(monde, resolution=resolution)
    assert reponse.status_code == 200
    assert Formulaire(reponse.text).erreur("resolution")
    assert not Decision.objects.exists()


def test_le_lot_rejoue_ne_decide_rien_de_plus(monde):
    lot(monde)
    encore = lot(monde)
    assert encore.status_code == 200
    assert "sont inscrites" not in encore.text
    assert Decision.objects.count() == 1
    assert verbes(monde.demande) == ["demande.accepter"]


def test_le_lot_s_arrete_devant_une_recusation(monde):
    """La personne récusée sur une demande ne décide pas les autres en lot avec elle."""
    monde.recommander()
    membre = MembreComiteFactory(appel=monde.appel, utilisateur=monde.gens["approbation"])
    AffectationFactory(demande=monde.demandes[1], membre=membre, recusee=True)
    texte = page(monde.gens["approbation"], "ville:decisions_lot", monde.appel.code).text
    assert monde.demandes[1].titre not in texte

    lot(monde)

    monde.demandes[1].refresh_from_db()
    assert monde.demandes[1].etat == "recommandee"
    monde.demande.refresh_from_db()
    assert monde.demande.etat == "acceptee"


# --- Les lettres ----------------------------------------------------------------------------------
def test_le_lot_de_lettres_demande_deux_fois_ne_prepare_qu_une_lettre(monde):
    monde.decider()
    pages = [
        envoyer(monde.gens["agent"], "ville:lettres_emettre", monde.appel.code).url
        for _ in range(2)
    ]
    # Le second envoi mène au travail déjà confié.
    assert pages[0] == pages[1]
    assert (Lettre.objects.count(), Travail.objects.count()) == (1, 1)


@pytest.mark.parametrize("role", ["tresorerie", "administration", "mifi", "responsable"])
def test_les_autres_roles_n_emettent_pas_de_lettres(monde, role):
    monde.decider()
    qui = monde.gens[role]
    assert envoyer(qui, "ville:lettres_emettre", monde.appel.code).status_code == 404
    assert not Lettre.objects.exists()
    assert not Travail.objects.exists()


def test_sans_decision_aucune_lettre_ne_se_demande(monde):
    reponse = envoyer(monde.gens["agent"], "ville:lettres_emettre", monde.appel.code)
    assert "déjà transmises" in messages_de(reponse)
    assert not Travail.objects.exists()


# --- Requêtes -------------------------------------------------------------------------------------
def test_les_listes_coutent_autant_pour_une_demande_que_pour_trois():
    couts = []
    for nombre in (1, 3):
        monde = Monde(demandes=nombre)
        qui = monde.gens["approbation"]
        avant = [
            requetes(qui, f"ville:{nom}", monde.appel.code)
            for nom in ("decisions", "decisions_lot")
        ]
        lot(monde)
        for decision in Decision.objects.filter(demande__appel=monde.appel):
            decision.lettres.create()
        apres = [
            requetes(qui, f"ville:{nom}", monde.appel.code) for nom in ("decisions", "lettres")
        ]
        couts.append((avant, apres))
    assert couts[0] == couts[1]
