"""Le prochain plan : ce qu'il propose, ses versions, son adoption."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels.models import Besoin, Demande, PlanAction
from financement.models import VersionProchainPlan
from financement.services import prochain_plan as services
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    AtelierFactory,
    BesoinFactory,
    DecisionFactory,
    RapportFactory,
    UtilisateurFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agente():
    return UtilisateurFactory(agent=True)


@pytest.fixture
def approbation():
    return UtilisateurFactory(approbation=True)


def projet(besoin, etat="conventionnee", *, annonce=True, personnes=None, **champs):
    demande = DecisionFactory(
        demande__etat=etat, demande__appel__plan=besoin.plan, **champs
    ).demande
    Demande.objects.filter(pk=demande.pk).update(etat_annonce="acceptee" if annonce else "")
    demande.besoins.add(besoin)
    if personnes is not None:
        rapport = RapportFactory(demande=demande, accepte=True)
        rapport.valeurs.create(indicateur="personnes_distinctes", valeur=personnes)
    return demande


def un_besoin(code, autre=None, **champs):
    plan = {"plan": autre.plan} if autre else {}
    return BesoinFactory(code=code, **plan, **champs)


def preparer(agente, plan):
    return services.preparer(acteur=agente, plan=plan, code="PAI-SUITE", titre="La suite")


def changer(agente, prochain, code, base, **champs):
    return services.modifier_besoin(
        acteur=agente, prochain=prochain, besoin=code, base=base, champs=champs
    )


def relire(prochain):
    return type(prochain).objects.get(pk=prochain.pk)


def test_ce_a_quoi_rien_ne_repond_vient_d_abord_avec_sa_raison(agente):
    repondu = un_besoin("B01")
    seul, vise, oublie = (un_besoin(code, repondu) for code in ("B02", "B03", "B04"))
    projet(repondu, "fermee", montant_accorde=Decimal(9000))
    projet(repondu, montant_accorde=Decimal(5000))
    projet(seul, montant_accorde=Decimal(4000))
    AppelFactory(ouvert=True, plan=vise.plan).besoins.add(vise)

    lignes = preparer(agente, repondu.plan).version.lignes

    assert [(ligne["besoin"], ligne["priorite"]) for ligne in lignes] == [
        (vise.code, 1),
        (oublie.code, 1),
        (seul.code, 2),
        (repondu.code, 3),
    ]
    raisons = {ligne["besoin"]: ligne["raison"].replace("\u00a0", " ") for ligne in lignes}
    assert raisons == {
        "B03": "Un appel l'a visé, mais aucun projet annoncé n'y répond.",
        "B04": "Aucun appel ne l'a visé et aucun projet n'y répond.",
        "B02": "Un seul projet annoncé y répond (4 000 $) ; il n'est pas terminé.",
        "B01": "2 projets annoncés y répondent (14 000 $), dont 1 terminé.",
    }


def test_rien_d_une_decision_avant_sa_lettre(agente):
    besoin = un_besoin("B01")
    projet(besoin, annonce=False)
    (ligne,) = preparer(agente, besoin.plan).version.lignes
    assert ligne["raison"] == "Aucun appel ne l'a visé et aucun projet n'y répond."


def test_les_chiffres_sont_a_cote_sauf_ceux_d_une_demande_dont_on_est_recuse(agente, client):
    besoin = un_besoin("B01")
    demande = projet(besoin, personnes=43, montant_accorde=Decimal(12345))
    prochain = preparer(agente, besoin.plan)
    adresse = reverse("ville:prochain", args=[prochain.pk])
    client.force_login(agente)
    page = client.get(adresse).text.replace("\u00a0", " ")
    assert "12 345,00 $" in page
    assert ">43<" in page

    AffectationFactory(demande=demande, membre__utilisateur=agente, recusee=True)
    assert ">43<" not in client.get(adresse).text


def test_chaque_changement_fait_une_version_et_les_anciennes_restent(agente, client):
    besoin = un_besoin("B01", libelle="Isolement")
    prochain = preparer(agente, besoin.plan)

    changer(agente, prochain, "B01", 1, libelle="Isolement des aînés", raison="Dit en atelier.")

    nouvelle, premiere = prochain.versions.all()
    assert (premiere.numero, nouvelle.numero) == (1, 2)
    assert premiere.lignes[0]["libelle"] == "Isolement"
    assert nouvelle.changement == "B01 : nommé « Isolement des aînés », raison réécrite."
    client.force_login(agente)
    page = client.get(reverse("ville:prochain_version", args=[prochain.pk, 1])).text
    assert "Isolement des aînés" not in page


def test_une_version_ne_se_recrit_ni_ne_s_efface(agente):
    prochain = preparer(agente, un_besoin("B01").plan)
    for geste in (
        lambda: VersionProchainPlan.objects.update(lignes=[]),
        lambda: VersionProchainPlan.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            geste()
    assert prochain.versions.count() == 1


def test_rien_de_change_ne_fait_pas_de_version(agente):
    prochain = preparer(agente, un_besoin("B01").plan)
    changer(agente, prochain, "B01", 1, priorite=1)
    assert prochain.versions.count() == 1


def test_deux_personnes_ne_s_effacent_pas(agente):
    besoin = un_besoin("B01")
    un_besoin("B02", besoin)
    prochain = preparer(agente, besoin.plan)
    changer(agente, prochain, "B01", 1, raison="La première.")

    changer(agente, prochain, "B02", 1, raison="Un autre besoin : les deux restent.")
    with pytest.raises(RegleViolee, match="Une autre personne"):
        changer(agente, prochain, "B01", 1, raison="La seconde.")

    assert relire(prochain).version.ligne("B01")["raison"] == "La première."


def test_actualiser_refait_les_propositions_et_garde_ce_qui_est_ecrit(agente):
    besoin, ecrit = un_besoin("B01"), None
    ecrit = un_besoin("B02", besoin)
    prochain = preparer(agente, besoin.plan)
    changer(agente, prochain, "B02", 1, raison="Le conseil y tient.")
    for cible in (besoin, ecrit):
        projet(cible, montant_accorde=Decimal(1000))

    version = services.actualiser(acteur=agente, prochain=prochain)

    assert version.ligne("B01")["raison"].startswith("Un seul projet annoncé")
    assert version.ligne("B02")["raison"] == "Le conseil y tient."
    assert version.ligne("B02")["priorite"] == 2
    assert services.actualiser(acteur=agente, prochain=prochain) == version


def test_on_ajoute_un_besoin_que_le_plan_n_avait_pas(agente, client):
    besoin = un_besoin("B07")
    prochain = preparer(agente, besoin.plan)
    client.force_login(agente)
    adresse = reverse("ville:prochain_besoin_nouveau", args=[prochain.pk])
    saisie = {
        "type": "defi", "libelle": "Soins de santé mentale", "priorite": "1",
        "raison": "", "theme": besoin.theme.code, "objectif": besoin.objectif.code,
    }  # fmt: skip
    refus = client.post(adresse, saisie)
    assert refus.status_code == 200
    assert "Soins de santé mentale" in refus.text

    assert client.post(adresse, {**saisie, "raison": "Dit au bilan."}).status_code == 302

    assert relire(prochain).version.ligne("B08")["libelle"] == "Soins de santé mentale"


def adopter(approbation, prochain, base, **champs):
    return services.adopter(
        acteur=approbation,
        prochain=prochain,
        base=base,
        **{
            "resolution": "2026-118",
            "date": dt.date(2026, 4, 20),
            "echeance": dt.date(2030, 3, 31),
            **champs,
        },
    )


def test_adopte_il_devient_le_plan_et_garde_le_fil_des_besoins(agente, approbation):
    garde = un_besoin("B01", libelle="Isolement")
    un_besoin("B02", garde)
    point = AtelierFactory(consultation__plan=garde.plan).points.create(genre="defi", texte="Seul")
    point.besoins.add(garde)
    prochain = preparer(agente, garde.plan)
    changer(agente, prochain, "B02", 1, retenu=False)

    plan = adopter(approbation, prochain, 2)

    assert PlanAction.objects.first() == plan
    assert (plan.code, plan.adopte_en, plan.echeance) == ("PAI-SUITE", 2026, "2030-03")
    (repris,) = plan.besoins.all()
    assert (repris.code, repris.issu_de, repris.theme.plan) == ("B01", garde, plan)
    assert list(repris.points.all()) == [point]
    prochain = relire(prochain)
    assert (prochain.etat, prochain.resolution, prochain.devenu) == ("adopte", "2026-118", plan)
    assert EntreeJournal.objects.pour(prochain).first().verbe == "prochainplan.adopter"
    assert Besoin.objects.filter(plan=garde.plan).count() == 2


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"resolution": " "}, "numéro de la résolution"),
        ({"date": dt.date(2999, 1, 1)}, "pas encore adoptée"),
        ({"echeance": dt.date(2026, 1, 1)}, "finit après"),
        ({"base": 0}, "a changé"),
    ],
)
def test_sans_resolution_ou_sur_une_autre_version_il_n_est_pas_adopte(
    agente, approbation, champs, phrase
):
    prochain = preparer(agente, un_besoin("B01").plan)
    base = champs.pop("base", 1)
    with pytest.raises(RegleViolee, match=phrase):
        adopter(approbation, prochain, base, **champs)
    assert PlanAction.objects.count() == 1


def test_un_plan_sans_besoin_ne_s_adopte_pas(agente, approbation):
    prochain = preparer(agente, un_besoin("B01").plan)
    changer(agente, prochain, "B01", 1, retenu=False)
    with pytest.raises(RegleViolee, match="au moins un besoin"):
        adopter(approbation, prochain, 2)


def test_seule_l_approbation_adopte_et_un_plan_adopte_ne_change_plus(agente, approbation):
    prochain = preparer(agente, un_besoin("B01").plan)
    with pytest.raises(PermissionRefusee):
        adopter(agente, prochain, 1)
    adopter(approbation, prochain, 1)
    with pytest.raises(RegleViolee, match="plus un brouillon"):
        changer(agente, prochain, "B01", 1, raison="Trop tard.")


def test_un_seul_brouillon_a_la_fois_et_on_peut_le_laisser(agente, client):
    plan = un_besoin("B01").plan
    prochain = preparer(agente, plan)
    with pytest.raises(RegleViolee, match="existe déjà"):
        services.preparer(acteur=agente, plan=plan, code="AUTRE", titre="Autre")
    client.force_login(agente)
    client.post(reverse("ville:prochain", args=[prochain.pk]), {"abandonner": "1"})
    assert relire(prochain).etat == "abandonne"
    services.preparer(acteur=agente, plan=plan, code="AUTRE", titre="Autre")


def test_un_code_deja_pris_se_dit_a_cote_du_champ(agente, client):
    plan = un_besoin("B01").plan
    client.force_login(agente)
    saisie = {"titre": "La suite", "code": plan.code}
    page = client.post(reverse("ville:prochain_plan"), saisie)
    assert page.context["form"].errors["code"] == ["Un plan porte déjà ce code."]


def test_deux_plans_ont_le_meme_code_de_besoin_et_chaque_page_montre_le_sien(
    agente, approbation, client
):
    besoin = un_besoin("B01", libelle="Isolement")
    demande = projet(besoin)
    prochain = preparer(agente, besoin.plan)
    adopter(approbation, prochain, 1)
    client.force_login(agente)

    nouveau = client.get(reverse("ville:besoin", args=["B01"]))
    ancien = client.get(reverse("ville:besoin", args=["B01"]), {"plan": besoin.plan.code})

    assert demande.titre not in nouveau.text
    assert demande.titre in ancien.text


def test_la_page_coute_autant_de_requetes_a_un_besoin_qu_a_trois(agente, client):
    besoin = un_besoin("B01")
    projet(besoin)
    client.force_login(agente)
    comptes = []
    for autres in ((), ("B02", "B03")):
        for code in autres:
            projet(un_besoin(code, besoin))
        prochain = preparer(agente, besoin.plan)
        with CaptureQueriesContext(connection) as requetes:
            client.get(reverse("ville:prochain", args=[prochain.pk]))
        comptes.append(len(requetes))
        services.abandonner(acteur=agente, prochain=prochain)
    assert comptes[0] == comptes[1]
