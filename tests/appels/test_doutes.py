"""Les doutes entre demandes : trouvés par la machine, tranchés par une personne."""

import html
from decimal import Decimal

import pytest

from appels.doutes import doutes_sur
from appels.models import Demande, VerdictDoute
from appels.services.doutes import trancher_doute
from financement.models import ProjetPasse
from socle.exceptions import PermissionRefusee, RegleViolee
from tests.factories import (
    AffectationFactory,
    AppelFactory,
    DemandeFactory,
    MembreComiteFactory,
    OrganismeFactory,
    UtilisateurFactory,
)
from tests.financement.objets import Formulaire, envoyer, page, requetes

pytestmark = pytest.mark.django_db
RESUME = (
    "Des personnes nouvellement arrivées et des gens du quartier cuisinent ensemble deux soirs par "
    "semaine et préparent un banquet de fin d'année."
)


def une(**champs):
    postes = champs.pop("postes", None)
    demande = DemandeFactory(recevable=True, **champs)
    if postes is not None:
        demande.postes.all().delete()
        for categorie, libelle, montant in postes:
            demande.postes.create(categorie=categorie, libelle=libelle, montant=Decimal(montant))
    return demande


def doutes(demande):
    return {(d.nature, d.autre.reference) for d in doutes_sur(demande, Demande.objects.all())}


@pytest.fixture
def projet():
    return une(titre="Cuisiner ensemble au Cap", resume=RESUME, montant_demande=Decimal("1000"))


def test_le_meme_projet_se_reconnait_meme_un_peu_recrit(projet):
    copie = une(titre="Cuisinons ensemble, au Cap", resume=RESUME.replace("deux", "trois"))
    une(titre="Réparer des vélos", resume="Un atelier de réparation, le samedi.")
    une(titre="Cuisiner ensemble au Cap-Rouge", resume="Un documentaire sur les quais du port.")
    trouves = {autre for nature, autre in doutes(projet) if nature == "doublon"}
    assert copie.reference in trouves
    assert len(trouves) <= 2


def test_un_brouillon_ne_fait_douter_de_rien(projet):
    DemandeFactory(titre=projet.titre, resume=projet.resume, organisme=projet.organisme)
    assert doutes(projet) == set()


def test_la_meme_depense_d_un_meme_organisme():
    organisme = OrganismeFactory()
    poste = ("salaires", "Coordonnatrice du projet", "9000")
    ici = une(organisme=organisme, titre="Un", postes=[poste], montant_demande=Decimal(500))
    meme = une(
        organisme=organisme,
        titre="Deux projet tout autre",
        postes=[("salaires", "coordonnatrice projet", "4000")],
        montant_demande=Decimal(500),
    )
    une(titre="Chez une autre", postes=[(*poste[:2], "9000.01")])
    une(organisme=organisme, titre="Autre poste", postes=[("salaires", "Gardien de nuit", "9000")])
    assert [a for n, a in doutes(ici) if n == "depense"] == [meme.reference]


@pytest.mark.parametrize(("montant", "doute"), [("1000.00", False), ("1000.01", True)])
def test_le_cumul_a_exactement_le_plafond_ne_fait_pas_douter(montant, doute):
    """16 000 $ demandés, 2 000 $ publics, 20 000 $ admissibles : 90 % moins 18 000 $ = 0 $."""
    organisme = OrganismeFactory()
    ici = une(organisme=organisme, titre="Un projet", montant_demande=Decimal("15000"))
    une(organisme=organisme, titre="Tout autre chose", montant_demande=Decimal(montant))
    assert bool([n for n, _ in doutes(ici) if n == "cumul"]) is doute


def test_deux_periodes_qui_ne_se_touchent_pas_ne_se_cumulent_pas():
    organisme = OrganismeFactory()
    periodes = [
        {"projet_debut": "2030-01-01", "projet_fin": "2030-06-30"},
        {"projet_debut": "2030-07-01", "projet_fin": "2030-12-31"},
    ]
    ici, autre = (
        une(organisme=organisme, titre=f"Projet {p['projet_debut']}", volet=appel.volets.first(),
            appel=appel)
        for p in periodes
        for appel in [AppelFactory(en_evaluation=True, **p)]
    )  # fmt: skip
    ici.refresh_from_db()
    assert not [n for n, _ in doutes(ici) if n == "cumul"]
    type(autre.appel).objects.filter(pk=autre.appel_id).update(projet_debut="2030-06-30")
    assert [n for n, _ in doutes(ici) if n == "cumul"]


def test_le_cumul_additionne_toutes_les_demandes_de_la_periode():
    """Seule, chacune tiendrait ; ensemble, elles dépassent 18 000 $."""
    organisme = OrganismeFactory()
    ici = une(organisme=organisme, titre="Un projet", montant_demande=Decimal("15000"))
    autres = [
        une(organisme=organisme, titre=titre, montant_demande=Decimal("600"))
        for titre in ("Tout autre chose", "Encore différent")
    ]
    trouves = [d for d in doutes_sur(ici, Demande.objects.all()) if d.nature == "cumul"]
    assert [d.autre for d in trouves] == autres
    assert "18\u00a0200,00\u00a0$" in trouves[0].phrase


@pytest.mark.parametrize(("libelle", "doute"), [("", False), ("Emplois d'été", True)])
def test_l_autre_argent_public_compte_une_seule_fois(libelle, doute):
    """Les 2 000 $ du Québec annoncés dans les deux demandes sont la même aide ; un autre, non."""
    organisme = OrganismeFactory()
    ici = une(organisme=organisme, titre="Un projet", montant_demande=Decimal("15000"))
    autre = une(organisme=organisme, titre="Tout autre chose", montant_demande=Decimal("900"))
    autre.revenus.filter(source="quebec").update(libelle=libelle)
    autre.aides_annoncees.create(
        source="fondation", libelle="Un don", montant=5000, date="2030-10-01"
    )
    assert bool([n for n, _ in doutes(ici) if n == "cumul"]) is doute


def test_une_aide_annoncee_apres_le_depot_entre_dans_le_cumul():
    organisme = OrganismeFactory()
    ici = une(organisme=organisme, titre="Un projet", montant_demande=Decimal("15000"))
    autre = une(organisme=organisme, titre="Tout autre chose", montant_demande=Decimal("900"))
    assert not [n for n, _ in doutes(ici) if n == "cumul"]
    autre.aides_annoncees.create(
        source="canada", libelle="Patrimoine", montant=200, date="2030-10-01"
    )
    assert [n for n, _ in doutes(ici) if n == "cumul"]


def test_la_page_du_cumul_montre_les_autres_annees_sans_les_compter():
    organisme = OrganismeFactory()
    ici = une(organisme=organisme, titre="Un projet", montant_demande=Decimal("15000"))
    autre = une(organisme=organisme, titre="Tout autre chose", montant_demande=Decimal("4000"))
    passe = AppelFactory(en_evaluation=True, projet_debut="2028-01-01", projet_fin="2028-12-31")
    ancienne = une(organisme=organisme, titre="D'avant", appel=passe, montant_demande=Decimal(7000))
    agent = UtilisateurFactory(agent=True)
    texte = page(agent, "ville:doute", ici.reference, "cumul", autre.reference).text
    assert ancienne.reference in texte
    assert "2028" in texte
    assert "Non, pas comptée" in texte
    assert "21\u00a0000,00\u00a0$ d'argent public" in texte


def test_la_meme_depense_chez_deux_organismes_au_cent_pres():
    poste = ("salaires", "Coordination des jumelages", "5600")
    ici = une(titre="Un", postes=[poste])
    ailleurs = une(titre="Deux projet tout autre", postes=[poste])
    une(titre="Un autre montant", postes=[(*poste[:2], "5601")])
    une(titre="Sans précision", postes=[("salaires", "", "5600")])
    assert [a for n, a in doutes(ici) if n == "depense"] == [ailleurs.reference]


def test_le_meme_salaire_l_annee_d_apres_ne_fait_pas_douter():
    organisme = OrganismeFactory()
    postes = [("salaires", "Coordonnatrice du projet", "9000")]
    ici = une(organisme=organisme, titre="Un", postes=postes)
    apres = AppelFactory(en_evaluation=True, projet_debut="2032-01-01", projet_fin="2032-12-31")
    une(organisme=organisme, titre="Deux tout autre", postes=postes, appel=apres)
    assert not [n for n, _ in doutes(ici) if n == "depense"]


def test_le_meme_resume_sous_un_autre_titre_se_reconnait(projet):
    copie = une(titre="Banquet d'hiver", resume=RESUME.replace("deux soirs", "trois soirs"))
    assert ("doublon", copie.reference) in doutes(projet)
    court = une(titre="Tout à fait autre", resume="Des repas.")
    pareil = une(titre="Rien à voir ici", resume="Des repas.")
    assert ("doublon", pareil.reference) not in doutes(court)


# --- Conclure -------------------------------------------------------------------------------------
def test_une_personne_conclut_et_son_motif_se_lit(projet):
    agent = UtilisateurFactory(agent=True)
    copie = une(titre=projet.titre, resume=projet.resume)
    texte = page(agent, "ville:demande", projet.reference).text
    assert "À trancher" in texte
    adresse = ("ville:doute", projet.reference, "doublon", copie.reference)
    assert copie.organisme.nom in page(agent, *adresse).text
    reponse = envoyer(agent, *adresse, motif="")
    assert Formulaire(reponse.text).erreur("motif")
    assert Formulaire(reponse.text).erreur("verdict")
    reponse = envoyer(agent, *adresse, verdict="ecarte", motif="Deux quartiers différents.")
    assert reponse.url.endswith("#doutes")
    texte = page(agent, "ville:demande", projet.reference).text
    assert "Deux quartiers différents." in texte
    assert "Écarté" in texte
    envoyer(agent, *adresse, verdict="retenu", motif="Même budget, en fait.")
    assert VerdictDoute.objects.get().verdict == "retenu"


def test_la_machine_ne_change_rien_et_seul_un_agent_conclut(projet):
    copie = une(titre=projet.titre, resume=projet.resume)
    page(UtilisateurFactory(agent=True), "ville:demande", projet.reference)
    projet.refresh_from_db()
    assert projet.etat == "recevable"
    conclusion = {"nature": "doublon", "verdict": "retenu", "motif": "x"}
    for role in ("approbation", "tresorerie", "administration", "mifi"):
        with pytest.raises(PermissionRefusee):
            trancher_doute(
                acteur=UtilisateurFactory(roles=[role]), demande=projet, autre=copie, **conclusion
            )
    with pytest.raises(RegleViolee):
        trancher_doute(
            acteur=UtilisateurFactory(agent=True),
            demande=projet,
            autre=copie,
            **conclusion | {"verdict": "peut-être"},
        )


def test_une_demande_dont_on_est_recuse_n_y_parait_pas(projet):
    copie = une(titre=projet.titre, resume=projet.resume)
    agent = UtilisateurFactory(agent=True)
    siege = MembreComiteFactory(appel=copie.appel, utilisateur=agent)
    AffectationFactory(demande=copie, membre=siege, recusee=True)
    assert copie.reference not in page(agent, "ville:demande", projet.reference).text
    adresse = ("ville:doute", projet.reference, "doublon", copie.reference)
    assert page(agent, *adresse).status_code == 404
    assert envoyer(agent, *adresse, verdict="ecarte", motif="x").status_code == 404


def test_la_page_coute_autant_a_une_voisine_qu_a_trois(projet):
    agent = UtilisateurFactory(agent=True)
    une(titre=projet.titre, resume=projet.resume, organisme=projet.organisme)
    un = requetes(agent, "ville:demande", projet.reference)
    for _ in range(2):
        une(titre=projet.titre, resume=projet.resume, organisme=projet.organisme)
    assert requetes(agent, "ville:demande", projet.reference) == un


# --- Les projets d'avant l'application ------------------------------------------------------------
def un_passe(qui, *, annee, montant="1000.01", **champs):
    return ProjetPasse.objects.create(
        **{"appel_code": "AP-2024", "titre": "Cuisine du monde", "neq": qui.neq,
           "organisme": qui.nom, "annee": annee, "montant_accorde": Decimal(montant),
           "montant_verse": Decimal(montant)} | champs
    )  # fmt: skip


@pytest.fixture
def demande_2030():
    """15 000 $ demandés et 2 000 $ publics ; le cumul permis est de 18 000 $."""
    appel = AppelFactory(en_evaluation=True, projet_debut="2030-01-01", projet_fin="2030-12-31")
    demande = une(appel=appel, volet=appel.volets.first(), montant_demande=Decimal("15000"))
    demande.refresh_from_db()
    return demande


@pytest.mark.parametrize(
    ("champs", "doute"),
    [
        ({"annee": 2030}, True),
        ({"annee": 2030, "montant": "1000.00"}, False),
        ({"annee": 2029}, False),
        ({"annee": 2030, "neq": ""}, True),
        ({"annee": 2030, "neq": "1199999999"}, False),
        ({"annee": 2030, "neq": "", "organisme": "Une autre"}, False),
    ],
)
def test_un_projet_passe_compte_a_son_organisme_et_a_son_annee(demande_2030, champs, doute):
    un_passe(demande_2030.organisme, **champs)
    trouves = [d for d in doutes_sur(demande_2030, Demande.objects.all()) if d.nature == "cumul"]
    assert bool(trouves) is doute
    if doute:
        assert (len(trouves), trouves[0].autre) == (1, None)
        assert "AP-2024 (1\u00a0000,01\u00a0$)" in trouves[0].phrase


def test_un_appel_que_l_application_connait_ne_compte_pas_deux_fois(demande_2030):
    un_passe(demande_2030.organisme, annee=2030, appel_code=demande_2030.appel.code)
    assert not [n for n, _ in doutes(demande_2030) if n == "cumul"]


def test_on_conclut_sur_les_projets_d_avant_l_application(demande_2030):
    agente = UtilisateurFactory(agent=True)
    un_passe(demande_2030.organisme, annee=2030)
    un_passe(demande_2030.organisme, annee=2024, titre="Un vieux projet", appel_code="AP-2023")
    texte = page(agente, "ville:demande", demande_2030.reference).text
    assert "Projets d'avant l'application" in html.unescape(texte)
    adresse = ("ville:doute_passe", demande_2030.reference)
    lue = html.unescape(page(agente, *adresse).text)
    # Toutes les années se lisent ; celles d'une autre période ne se comptent pas.
    assert "Un vieux projet" in lue
    assert "18\u00a0000,01\u00a0$ d'argent public" in lue
    assert "obligatoire" in envoyer(agente, *adresse, verdict="ecarte", motif=" ").text
    conclusion = {"verdict": "ecarte", "motif": "D'autres dépenses."}
    assert envoyer(agente, *adresse, **conclusion).status_code == 302
    assert VerdictDoute.objects.get().autre is None
    envoyer(agente, *adresse, verdict="retenu", motif="Finalement, oui.")
    assert VerdictDoute.objects.get().verdict == "retenu"
    relue = html.unescape(page(agente, "ville:demande", demande_2030.reference).text)
    assert "Finalement, oui." in relue
    with pytest.raises(RegleViolee):
        trancher_doute(
            acteur=agente, demande=demande_2030, autre=None, nature="doublon", verdict="retenu",
            motif="Non.",
        )  # fmt: skip
