"""L'enveloppe, le montant maximal, la résolution (regles.md, 10 et 11)."""

import threading
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction

from appels.models import Demande
from financement.models import Decision
from financement.services import decisions, grand_livre
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import (
    AppelFactory,
    DecisionFactory,
    DemandeFactory,
    RecommandationFactory,
    ResolutionFactory,
    UtilisateurFactory,
)


def prete(appel=None, **champs):
    """Une demande recommandée, prête à décider (16 000 $ demandés, maximum 16 000 $)."""
    options = {"appel": appel} if appel else {}
    demande = DemandeFactory(recommandee=True, **options, **champs)
    RecommandationFactory(demande=demande)
    return demande


def accepter(demande, montant="16000", **options):
    resolution = demande.appel.resolutions.first() or ResolutionFactory(appel=demande.appel)
    return decisions.decider(
        acteur=options.pop("acteur", None) or UtilisateurFactory(approbation=True),
        demande=demande,
        resolution=resolution,
        resultat="acceptee",
        montant_accorde=D(montant),
        **options,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("enveloppe", "refusee"), [("16000.00", False), ("15999.99", True)])
def test_l_enveloppe_se_compte_au_cent(enveloppe, refusee):
    demande = prete()
    volet = demande.volet
    volet.enveloppe = D(enveloppe)
    volet.save()

    if refusee:
        with pytest.raises(RegleViolee, match="manque 0,01") as refus:
            accepter(demande)
        assert refus.value.code == "enveloppe"
        demande.refresh_from_db()
        assert demande.etat == "recommandee"
        assert not Decision.objects.exists()
    else:
        accepter(demande)
        demande.refresh_from_db()
        assert demande.etat == "acceptee"
        assert grand_livre.soldes(demande.appel)[0].libre == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("montant", "phrase"), [("16000.01", "dépasse"), ("0", "montant accordé"), ("-1", "montant")]
)
def test_un_montant_hors_des_regles_est_refuse(montant, phrase):
    with pytest.raises(RegleViolee, match=phrase):
        accepter(prete(), montant)


@pytest.mark.django_db
def test_le_montant_maximal_tient_compte_des_aides_annoncees():
    demande = prete()
    demande.aides_annoncees.create(
        date="2030-01-01", libelle="Aide", montant=D(2000), contribution_milieu=D(0)
    )

    with pytest.raises(RegleViolee) as refus:
        accepter(demande, "14000.01")
    assert refus.value.code == "montant_maximal"
    assert accepter(demande, "14000").est_partielle


@pytest.mark.django_db
def test_seule_l_approbation_decide():
    with pytest.raises(PermissionRefusee):
        accepter(prete(), acteur=UtilisateurFactory(agent=True))


@pytest.mark.django_db
def test_un_refus_a_ses_motifs_et_une_attente_son_rang():
    demande = prete()
    commun = {
        "acteur": UtilisateurFactory(approbation=True),
        "demande": demande,
        "resolution": ResolutionFactory(appel=demande.appel),
    }
    with pytest.raises(RegleViolee, match="motifs"):
        decisions.decider(**commun, resultat="refusee")
    with pytest.raises(RegleViolee, match="rang"):
        decisions.decider(**commun, resultat="liste_attente")


@pytest.mark.django_db
def test_la_base_refuse_de_depasser_l_enveloppe_quoi_qui_ecrive():
    decision = DecisionFactory()
    volet = decision.volet
    volet.enveloppe = decision.montant_accorde
    volet.save()

    with pytest.raises(IntegrityError, match="Enveloppe"), transaction.atomic():
        DecisionFactory(
            demande=DemandeFactory(recommandee=True, appel=decision.demande.appel, volet=volet)
        )
    with (
        pytest.raises(IntegrityError, match="Enveloppe"),
        transaction.atomic(),
        connection.cursor() as curseur,
    ):
        curseur.execute(
            "UPDATE financement_decision SET montant_accorde = montant_accorde + 0.01, "
            "montant_demande = montant_demande + 1"
        )


@pytest.mark.django_db(transaction=True)
def test_deux_decisions_simultanees_ne_depassent_pas_l_enveloppe():
    """Deux connexions, un départ commun : l'une passe, l'autre est refusée."""
    appel = AppelFactory(en_evaluation=True)
    volet = appel.volets.get()
    volet.enveloppe = D("20000")
    volet.save()
    demandes = [prete(appel), prete(appel)]
    acteur = UtilisateurFactory(approbation=True)
    ResolutionFactory(appel=appel)
    depart, issues = threading.Barrier(2), []

    def decider(demande):
        try:
            depart.wait(timeout=10)
            accepter(Demande.objects.get(pk=demande.pk), acteur=acteur)
            issues.append("acceptee")
        except RegleViolee as refus:
            issues.append(refus.code)
        finally:
            connection.close()

    fils = [threading.Thread(target=decider, args=(demande,)) for demande in demandes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(timeout=30)

    assert sorted(issues) == ["acceptee", "enveloppe"]
    assert grand_livre.soldes(appel)[0].accorde == D("16000")


@pytest.mark.django_db
def test_un_lot_est_tout_ou_rien_et_dit_quelle_ligne():
    appel = AppelFactory(en_evaluation=True)
    volet = appel.volets.get()
    volet.enveloppe = D("20000")
    volet.save()
    lignes = [
        {"demande": prete(appel), "resultat": "acceptee", "montant_accorde": D(16000)},
        {"demande": prete(appel), "resultat": "acceptee", "montant_accorde": D(16000)},
    ]

    with pytest.raises(decisions.LotRefuse) as lot:
        decisions.decider_lot(
            acteur=UtilisateurFactory(approbation=True),
            appel=appel,
            resolution=ResolutionFactory(appel=appel),
            lignes=lignes,
        )

    assert {pk: r.code for pk, r in lot.value.refus.items()} == {
        lignes[1]["demande"].pk: "enveloppe"
    }
    assert not Decision.objects.exists()
    assert grand_livre.soldes(appel)[0].accorde == 0
