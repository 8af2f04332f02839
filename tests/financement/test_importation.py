"""L'importation d'un appel : la démonstration exacte, et chaque refus avec sa place."""

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from appels.models import Appel, Demande
from financement.exportation import exporter
from financement.importation.contenu import ImportRefuse
from financement.importation.fichier import lire
from financement.importation.rejeu import importer
from socle.journal import verifier_chaine
from socle.models import EntreeJournal, Organisme

DEMO = Path(settings.BASE_DIR, "financement", "donnees", "demo.json")
ATTENDU = Path(settings.BASE_DIR, "tests", "donnees", "demo_attendu.json")


@pytest.fixture
def demo():
    return json.loads(DEMO.read_text(encoding="utf-8"))


def identiques(obtenu, attendu, place=""):
    """Chaque clé de l'attendu se retrouve, égale, dans l'obtenu ; rend les écarts."""
    if isinstance(attendu, dict):
        ecarts = []
        for cle, valeur in attendu.items():
            if not isinstance(obtenu, dict) or cle not in obtenu:
                ecarts.append(f"{place}.{cle} manque")
            else:
                ecarts += identiques(obtenu[cle], valeur, f"{place}.{cle}")
        return ecarts
    return [] if obtenu == attendu else [f"{place} : {obtenu!r} au lieu de {attendu!r}"]


@pytest.mark.django_db
def test_la_demonstration_donne_exactement_ce_qui_est_attendu(demo, tmp_path):
    attendu = json.loads(ATTENDU.read_text(encoding="utf-8"))
    importer(demo)
    sortie = tmp_path / "resultats.json"

    call_command("exporter_appel", "AP-2026-01", sortie=sortie)

    obtenu = json.loads(sortie.read_text(encoding="utf-8"))
    par_code = {demande["code"]: demande for demande in obtenu["demandes"]}
    ecarts = []
    for demande in attendu["demandes"]:
        ecarts += identiques(par_code[demande["code"]], demande, demande["code"])
    for cle in ("classement_par_volet", "accorde_par_volet", "solde_par_volet"):
        ecarts += identiques(obtenu[cle], attendu[cle], cle)
    assert not ecarts
    with connection.cursor() as curseur:
        # Le journal s'enchaîne au commit ; ici, on le lui demande.
        curseur.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert verifier_chaine()[1] is None


def reduit(demo, *codes):
    """Le même appel avec quelques demandes seulement."""
    donnees = copy.deepcopy(demo)
    donnees["demandes"] = [d for d in donnees["demandes"] if d["code"] in codes]
    return donnees


@pytest.mark.django_db
def test_les_ecritures_sont_aux_dates_du_fichier(demo):
    importer(reduit(demo, "D01"))

    demande = Demande.objects.get(code="D01")
    assert demande.deposee_le.isoformat() == "2026-06-10T15:30:00+00:00"
    depot = EntreeJournal.objects.get(verbe="demande.deposer")
    assert depot.moment == demande.deposee_le


@pytest.mark.django_db
def test_un_depot_hors_delai_reste_un_brouillon_sans_etre_une_erreur(demo):
    appel = importer(reduit(demo, "D12"))

    (resultat,) = exporter(appel)["demandes"]
    assert resultat["etat"] == "brouillon"
    assert resultat["depot_refuse"] == "hors_delai"
    assert resultat["versements"] == []


@pytest.mark.django_db
def test_a_seize_heures_pile_le_depot_est_accepte(demo):
    donnees = reduit(demo, "D12")
    donnees["demandes"][0]["depose_le"] = "2026-06-12T16:00:00-04:00"

    appel = importer(donnees)

    assert exporter(appel)["demandes"][0]["depot_refuse"] is None
    assert appel.demandes.get().etat == "en_evaluation"


@pytest.mark.django_db
def test_un_autre_appel_autres_regles(demo):
    """D'autres critères, une autre échelle, un autre plan de versements."""
    donnees = reduit(demo, "D10")
    donnees["appel"]["criteres"] = [
        {"code": "X", "libelle": "Pertinence", "poids": "33.5", "note_min": 1, "note_max": 4},
        {"code": "Y", "libelle": "Faisabilité", "poids": "66.5", "note_min": 0, "note_max": 10},
    ]
    donnees["appel"]["regles"]["versements"] = [{"jusqu_a": None, "tranches": [30, 30, 30, 10]}]
    donnees["demandes"][0]["evaluations"] = {
        "M1": {"X": 4, "Y": 10},
        "M2": [1, 0],
        "M3": [2, 5],
        "M4": [4, 10],
    }
    donnees["demandes"][0]["decision"]["montant_accorde"] = "5000.00"

    (resultat,) = exporter(importer(donnees))["demandes"]

    # (100 + 0 + (33,5/3 + 33,25) + 100) / 4 = 61,1041…
    assert resultat["score"] == 61.1
    assert resultat["ecart"] == 100.0
    assert resultat["alerte_ecart"] is True
    assert resultat["versements"] == [1500.0, 1500.0, 1500.0, 500.0]


@pytest.mark.django_db
def test_une_somme_versee_entre_deux_tranches_est_reprise_exactement(demo):
    donnees = reduit(demo, "D04")
    donnees["demandes"][0]["realise"] = {
        "depenses_admissibles": "9000.50",
        "autres_aides_publiques": 500,
        "verse": 7000,
    }

    (resultat,) = exporter(importer(donnees))["demandes"]

    assert resultat["aide_finale"] == 7200.4
    assert resultat["a_recuperer"] == 0


def sans(cle):
    def changer(donnees):
        del donnees["appel"][cle]

    return changer


def change(chemin, valeur):
    """Pose ``valeur`` au bout de ``chemin`` (« demandes.0.budget… »)."""

    def changer(donnees):
        ici = donnees
        *parents, dernier = [int(m) if m.isdigit() else m for m in chemin.split(".")]
        for morceau in parents:
            ici = ici[morceau]
        ici[dernier] = valeur

    return changer


REFUS = [
    (sans("titre"), "appel : la clé « titre » manque"),
    (change("appel.criteres.0.poids", 24.99), "appel.criteres : les poids totalisent 99.99"),
    (change("appel.criteres.1.code", "C1"), "appel.criteres[1] : le critère « C1 » est déjà"),
    (change("demandes.1.code", "D01"), "demandes[1] : le code de demande « D01 » est déjà"),
    (
        change("demandes.0.evaluations.M1", {"C1": 5, "ZZ": 3}),
        "demandes[0].evaluations.M1 : le critère « ZZ » n'existe pas",
    ),
    (change("demandes.0.evaluations.M1.0", 6), "demandes[0].evaluations.M1 : la note 6"),
    (change("demandes.0.evaluations.M1.0", True), "la note true"),
    (change("demandes.0.evaluations.M9", [5] * 6), "« M9 » n'est pas du comité"),
    (change("demandes.0.recusations", ["M1"]), "evaluations.M1 : ce membre est récusé"),
    (change("demandes.0.volet", 7), "demandes[0].volet : le volet 7 n'existe pas"),
    (change("demandes.0.organisme.neq", "44"), "demandes[0].organisme.neq"),
    (change("demandes.0.budget.montant_demande", "-5"), "demandes[0].budget.montant_demande"),
    (change("demandes.0.budget.montant_demande", "1e30"), "demandes[0].budget.montant_demande"),
    (change("demandes.0.budget.postes.0.montant", "douze"), "postes[0].montant : « douze »"),
    (change("demandes.0.budget.postes.0.categorie", "yacht"), "postes[0].categorie : « yacht »"),
    (change("demandes.0.depose_le", "hier"), "demandes[0].depose_le : « hier »"),
    (change("demandes.0.decision.resultat", "peut-être"), "demandes[0].decision.resultat"),
    (change("appel.volets.0.enveloppe", 1), "appel.volets[0].sources : les sources totalisent"),
    (change("appel.regles.versements.0.tranches", [80, 30]), "regles.versements[0]"),
    (change("appel.plan_action", "INCONNU"), "appel.plan_action : le plan « INCONNU »"),
    (change("demandes.0.besoins", ["Z99"]), "demandes[0] (D01) : besoins inconnus : Z99"),
    (change("demandes.0.decision.montant_accorde", 19999), "demandes[0]"),
    (change("demandes.0.depose_le", "2026-05-01T08:00:00-04:00"), "précède l'ouverture"),
    (change("appel", None), "appel"),
    (change("demandes", {}), "demandes : une liste est attendue"),
    # Ce que la base refuserait sans dire où.
    (change("demandes.0", "D01"), "demandes[0] : un objet est attendu"),
    (change("demandes.1", 3.7), "demandes[1] : un objet est attendu"),
    (change("demandes.0.budget.postes.0", None), "postes[0] : un objet est attendu"),
    (change("demandes.0.besoins", [[]]), "demandes[0].besoins[0] : un texte est attendu"),
    (change("demandes.0.recusations", [{}]), "recusations[0] : un texte est attendu"),
    (change("appel.titre", "x" * 201), "appel.titre : le texte dépasse 200 caractères"),
    (change("demandes.0.organisme.nom", "x" * 161), "nom : le texte dépasse 160 caractères"),
    (change("demandes.0.projet", "caf\ud800"), "projet : le texte contient un caractère interdit"),
    (change("appel.fuseau", "x" * 300), "appel.fuseau"),
    (
        change("appel.titre", "Deux\nlignes"),
        "appel.titre : le texte contient un caractère interdit",
    ),
    (change("appel.criteres.0.note_max", 40_000), "appel.criteres[0].note_max : « 40000 »"),
    (
        change("appel.criteres.0.poids", 0),
        "appel.criteres[0].poids : le poids doit être plus grand",
    ),
    (change("appel.ouverture", "0001-01-01T00:00:00"), "appel.ouverture : « 0001-01-01"),
    (change("appel.cloture", "9999-12-31T23:59:59"), "appel.cloture : « 9999-12-31"),
    (change("demandes.0.depose_le", None), "demandes[0].depose_le : une valeur est attendue"),
    (change("demandes.0.code", "D/01"), "demandes[0].code : « D/01 » : lettres sans accent"),
    (change("appel.code", "APÉ-1"), "appel.code : « APÉ-1 » : lettres sans accent"),
    (
        change("appel.volets.0.sources.1.bailleur", "MIFI"),
        "sources[1] : le bailleur « MIFI » est déjà à appel.volets[0].sources[0]",
    ),
    (change("comite.1.id", "m1"), "comite[1] : le membre « m1 » est déjà"),
    # Ce qui se perdrait sans un mot.
    (change("demandes.0.evenements", ["aide"]), "demandes[0].evenements[0] : un objet est attendu"),
    (change("appel.regles.versements.0.jusqu_a", None), "regles.versements : les paliers"),
    (change("appel.regles.versements", []), "appel.regles.versements : le dernier palier"),
    (change("appel.regles.quorum", None), "appel.regles.quorum : une valeur est attendue"),
    (
        change("demandes.0.budget.montant_demande", None),
        "montant_demande : une valeur est attendue",
    ),
    (change("demandes.0.indicateurs", {"etoiles": 5}), "« etoiles » n'est pas un indicateur connu"),
    (change("demandes.0.indicateurs", {"par_age": 5}), "par_age : un objet est attendu"),
    # Ce qui se contredit.
    (change("appel.regles.quorum", 7), "le quorum est de 7 et le comité compte 6 personnes"),
    (change("demandes.1.decision.date", "2026-08-19"), "« C-2026-0818 » est déjà datée"),
    (change("demandes.0.decision.date", "2026-06-11"), "demandes[0].decision.date : la décision"),
    (
        change(
            "demandes.0.evenements",
            [{"type": "aide_publique_confirmee", "date": "2026-06-09", "montant": 1}],
        ),
        "demandes[0].evenements[0].date : l'aide précède le dépôt",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("changement", "phrase"), REFUS, ids=[phrase for _, phrase in REFUS])
def test_un_fichier_fautif_est_refuse_en_entier_avec_la_place(demo, changement, phrase):
    donnees = reduit(demo, "D01", "D10")
    changement(donnees)

    with pytest.raises(ImportRefuse) as refus:
        importer(donnees)

    assert any(phrase in ligne for ligne in refus.value.refus), refus.value.refus
    assert not Appel.objects.exists()
    assert not Organisme.objects.exists()


@pytest.mark.django_db
def test_une_cle_mal_ecrite_est_refusee_une_cle_de_plus_non(demo):
    donnees = reduit(demo, "D12")
    donnees["demandes"][0]["recusation"] = donnees["demandes"][0].pop("recusations")
    donnees["remarque"] = "Saisi d'après les fiches papier."

    with pytest.raises(ImportRefuse) as refus:
        lire(donnees)

    assert refus.value.refus == ["demandes[0] : la clé « recusation » : est-ce « recusations » ?"]


@pytest.mark.django_db
def test_des_montants_accordes_au_dela_de_l_enveloppe_sont_refuses(demo):
    donnees = reduit(demo, "D01", "D05")
    donnees["appel"]["volets"][0] |= {
        "enveloppe": 31499,
        "sources": [{"bailleur": "MIFI", "montant": 31499}],
    }

    with pytest.raises(ImportRefuse, match="enveloppe") as refus:
        importer(donnees)

    assert "demandes[1].decision (D05)" in refus.value.refus[0]
    assert not Appel.objects.exists()


@pytest.mark.django_db
def test_tous_les_refus_sont_dits_d_un_coup(demo):
    donnees = reduit(demo, "D01")
    change("appel.criteres.0.poids", 1)(donnees)
    change("demandes.0.volet", 9)(donnees)

    with pytest.raises(ImportRefuse) as refus:
        importer(donnees)

    assert len(refus.value.refus) == 2


@pytest.mark.parametrize("donnees", [None, [], 3, "texte", {}])
def test_une_racine_qui_n_est_pas_un_appel_est_refusee(donnees):
    with pytest.raises(ImportRefuse):
        lire(donnees)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("contenu", "phrase"),
    [
        (b"{", "ligne 1"),
        (b"\xff", "UTF-8"),
        (b"[" * 100_000, "trop profondément"),
        (None, "ne se lit pas : introuvable"),
        (b'{"appel": {"code": "A", "code": "B"}}', "appel : la clé « code » est écrite deux fois"),
        (b'{"appel": {"regles": {"quorum": ' + b"1" * 10_000 + b"}}}", "regles.quorum : un nombre"),
    ],
    ids=["tronqué", "latin", "profond", "absent", "clé en double", "entier démesuré"],
)
def test_la_commande_refuse_ce_qui_n_est_pas_du_json(tmp_path, contenu, phrase):
    fichier = tmp_path / "appel.json"
    if contenu is not None:
        fichier.write_bytes(contenu)

    with pytest.raises(CommandError, match=phrase):
        call_command("importer_appel", str(fichier))


@pytest.mark.django_db
def test_une_marque_d_ordre_des_octets_ne_gene_pas(demo, tmp_path):
    """Le Bloc-notes et PowerShell la mettent en tête."""
    fichier = tmp_path / "appel.json"
    fichier.write_text(json.dumps(reduit(demo, "D12")), encoding="utf-8-sig")

    call_command("importer_appel", str(fichier))

    assert Demande.objects.count() == 1


@pytest.mark.django_db
def test_un_fichier_date_d_apres_maintenant_se_rejoue_a_ses_dates(demo):
    """Sans quoi ses fiches et ses décisions se perdraient sans un mot."""
    donnees = json.loads(
        json.dumps(reduit(demo, "D10")).replace("2026-", "2036-").replace("2027-", "2037-")
    )
    donnees["appel"]["code"] = "AP-2036-01"
    donnees["demandes"][0]["decision"]["resolution"] = "C-2036-0818"

    (resultat,) = exporter(importer(donnees))["demandes"]

    assert resultat["resultat"] == "acceptee"
    assert resultat["score"] == 80.8


@pytest.mark.django_db
def test_exporter_un_appel_inconnu_le_dit():
    with pytest.raises(CommandError, match="L'appel « AP-1999-01 » n'existe pas"):
        call_command("exporter_appel", "AP-1999-01")


@pytest.mark.django_db
def test_un_appel_deja_la_n_est_pas_importe_deux_fois(demo):
    donnees = reduit(demo, "D10")
    importer(donnees)

    with pytest.raises(ImportRefuse, match="existe déjà"):
        importer(donnees)

    assert Demande.objects.count() == 1


def test_les_montants_peuvent_etre_des_textes(demo):
    donnees = reduit(demo, "D01")
    change("demandes.0.budget.montant_demande", "19 500,00")(donnees)

    assert lire(donnees).demandes[0].montant_demande == Decimal("19500.00")
