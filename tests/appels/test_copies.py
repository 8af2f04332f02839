"""Reprendre une ancienne demande : ce qui passe, ce qui reste, ce qui ne passe jamais."""

from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appels.completude import manques
from appels.models import Appel, Demande, Formulaire
from appels.questions import texte
from appels.services import conditions, copies
from socle import horloge
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.factories import (
    MOT_DE_PASSE,
    AdhesionFactory,
    AppelFactory,
    BesoinFactory,
    DemandeFactory,
    UtilisateurFactory,
    dans,
)

pytestmark = pytest.mark.django_db

VALEURS = {
    "texte_court": "Court",
    "texte_long": "Un texte\nde deux lignes",
    "choix": "Deux",
    "choix_multiples": ["Un", "Deux"],
    "nombre": "40",
    "montant": "1250,50",
    "date": "2030-10-15",
    "declaration": True,
}


def formulaire(appel, *, sauf=(), section="besoin", choix=("Un", "Deux", "Trois"), types=None):
    """Un formulaire d'une question par type ; ``types`` en change le type, par code."""
    nouveau = Formulaire.objects.create(appel=appel, revision=9, publie_le=appel.publie_le)
    partie = nouveau.sections.create(code=section, titre="Le besoin", ordre=1)
    for ordre, code in enumerate(VALEURS):
        type_ = (types or {}).get(code, code)
        if code not in sauf:
            partie.questions.create(
                code=code.replace("_", "-"), libelle=f"Question {code}", type=type_, ordre=ordre,
                obligatoire=False, choix=list(choix) if type_.startswith("choix") else [],
            )  # fmt: skip
    return nouveau


@pytest.fixture
def ancienne():
    """Une demande close de l'an dernier, remplie en entier, avec sa personne responsable."""
    appel = AppelFactory(clos=True, titre="Appel de l'an dernier")
    demande = DemandeFactory(
        appel=appel, deposee=True, titre="Soupes", resume="Des soupes.", secteur="Centre-ville",
        contribution_nature=Decimal("750.00"), formulaire=formulaire(appel),
    )  # fmt: skip
    for question in demande.formulaire.sections.get().questions.all():
        demande.reponses.create(question=question, valeur=VALEURS[question.type])
    demande.postes.create(
        categorie="autre", libelle="Dette", montant=100, admissible=False, ordre=9
    )
    demande.responsable = AdhesionFactory(organisme=demande.organisme).utilisateur
    return demande


@pytest.fixture
def appel(ancienne):
    """L'appel ouvert de cette année, du même plan, avec le même formulaire."""
    appel = AppelFactory(ouvert=True, plan=ancienne.appel.plan, titre="Appel de cette année")
    formulaire(appel)
    return appel


def copier(ancienne, appel, **plus):
    return copies.copier_demande(
        acteur=ancienne.responsable, ancienne=ancienne, appel=appel, **plus
    )


def valeurs(demande):
    return {
        r.question.code.replace("-", "_"): r.valeur
        for r in demande.reponses.select_related("question")
    }


# --- Ce qui passe -------------------------------------------------------------------------------
def test_le_texte_les_reponses_et_le_budget_passent_dans_un_brouillon(ancienne, appel):
    copie = copier(ancienne, appel)
    demande = Demande.objects.get(pk=copie.demande.pk)

    assert (demande.etat, demande.appel, demande.organisme) == (
        "brouillon", appel, ancienne.organisme,
    )  # fmt: skip
    assert (demande.titre, demande.resume, demande.secteur) == (
        "Soupes", "Des soupes.", "Centre-ville",
    )  # fmt: skip
    assert demande.copiee_de == ancienne
    assert demande.formulaire.appel == appel
    assert {r.question.section.formulaire for r in demande.reponses.all()} == {demande.formulaire}
    assert valeurs(demande) == {c: v for c, v in VALEURS.items() if c != "declaration"}
    assert demande.budget(au_depot=True) == ancienne.budget(au_depot=True)
    assert demande.montant_demande == Decimal("16000.00")
    assert demande.contribution_nature == Decimal("750.00")
    champs = ("categorie", "libelle", "montant", "admissible")
    assert list(demande.postes.values_list(*champs)) == list(ancienne.postes.values_list(*champs))
    assert copie.restes == []


def test_l_ancienne_demande_ne_change_pas(ancienne, appel):
    def portrait():
        return (
            Demande.objects.filter(pk=ancienne.pk).values().get(),
            list(ancienne.reponses.values()),
            list(ancienne.postes.values()),
            list(ancienne.revenus.values()),
        )

    avant = portrait()
    copier(ancienne, appel)
    assert portrait() == avant


def test_ni_documents_ni_declaration_ni_volet_ni_confirmation_ne_passent(ancienne, appel):
    ancienne.pieces.create(
        nom="a.pdf", fichier=ContentFile(b"%PDF-1.7", "a.pdf"), taille=8,
        type_mime="application/pdf", empreinte="0" * 64,
    )  # fmt: skip
    demande = copier(ancienne, appel).demande

    assert not demande.pieces.exists()
    assert "declaration" not in valeurs(demande)
    assert demande.volet is None
    assert set(ancienne.revenus.values_list("statut", flat=True)) == {"confirmee"}
    assert set(demande.revenus.values_list("statut", flat=True)) == {"demandee"}
    assert demande.deposee_le is None
    assert "Choisissez un volet." in [m.libelle for m in manques(demande)]


def test_seuls_passent_les_besoins_que_l_appel_vise(ancienne, appel):
    commun, ancien = (BesoinFactory(plan=appel.plan) for _ in range(2))
    ancienne.besoins.set([commun, ancien])
    appel.besoins.add(commun)

    copie = copier(ancienne, appel)

    assert list(copie.demande.besoins.all()) == [commun]
    assert [(r.question, r.texte) for r in copie.restes] == [("Besoins visés", ancien.libelle)]


def test_un_appel_qui_ne_vise_aucun_besoin_prend_ceux_de_son_plan(ancienne, appel):
    besoin = BesoinFactory(plan=appel.plan)
    ancienne.besoins.add(besoin)
    assert list(copier(ancienne, appel).demande.besoins.all()) == [besoin]


# --- Ce qui reste -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changement", "restes"),
    [
        ({"sauf": ["texte_long"]}, {"texte_long": VALEURS["texte_long"]}),
        ({"types": {"texte_court": "texte_long"}}, {"texte_court": "Court"}),
        ({"types": {"nombre": "montant"}}, {"nombre": "40"}),
        (
            {"section": "autre"},
            {
                code: texte(code, valeur)
                for code, valeur in VALEURS.items()
                if code != "declaration"
            },
        ),
        ({"choix": ["Un", "Trois"]}, {"choix": "Deux", "choix_multiples": "Deux"}),
        ({"choix": ["Trois"]}, {"choix": "Deux", "choix_multiples": "Un, Deux"}),
    ],
    ids=["retirée", "type", "nombre", "section", "un choix", "tous les choix"],
)
def test_ce_qui_ne_se_range_plus_est_rendu_avec_son_texte(ancienne, changement, restes):
    appel = AppelFactory(ouvert=True, plan=ancienne.appel.plan)
    formulaire(appel, **changement)

    copie = copier(ancienne, appel)

    assert {r.question: r.texte for r in copie.restes} == {
        f"Question {code}": reste for code, reste in restes.items()
    }
    assert all(r.raison and r.partie == "Le besoin" for r in copie.restes)
    # Rien n'est perdu : chaque réponse est passée, restée, ou partagée entre les deux.
    passees = valeurs(copie.demande)
    assert passees.keys() | restes.keys() == VALEURS.keys() - {"declaration"}
    assert passees.get("choix_multiples") in (None, ["Un"], ["Un", "Deux"])


@pytest.mark.parametrize(
    ("date", "passe"),
    [
        ("2030-08-31", False),
        ("2030-09-01", True),
        ("2031-08-31", True),
        ("2031-09-01", False),
        ("bientôt", False),
    ],
)
def test_une_date_hors_de_la_periode_de_l_appel_ne_passe_pas(ancienne, appel, date, passe):
    ancienne.reponses.filter(question__type="date").update(valeur=date)

    copie = copier(ancienne, appel)

    assert valeurs(copie.demande).get("date") == (date if passe else None)
    assert [r.texte for r in copie.restes] == ([] if passe else [texte("date", date)])


def test_un_tableau_passe_sans_ses_dates_de_l_an_passe(ancienne, appel):
    question, nouvelle = (
        formulaire_.sections.get().questions.create(
            code="activites", libelle="Activités", type="activites", ordre=20, obligatoire=True
        )
        for formulaire_ in (ancienne.formulaire, appel.formulaires.get(revision=9))
    )
    ligne = {"lieu": "Cap", "personnes": "12"}
    lignes = [
        {"nom": "Soupe", "debut": "2029-10-01", "fin": "2030-10-15", **ligne},
        {"nom": "Bal", "debut": "2030-11-01", "fin": "", **ligne},
    ]
    ancienne.reponses.create(question=question, valeur=lignes)

    copie = copier(ancienne, appel)

    assert copie.demande.reponses.get(question=nouvelle).valeur == [
        {**lignes[0], "debut": ""}, lignes[1],
    ]  # fmt: skip
    (reste,) = copie.restes
    assert (reste.question, "1er\u00a0octobre 2029" in reste.texte) == ("Activités", True)
    # Le dépôt attendra la nouvelle date.
    assert [m.libelle for m in manques(copie.demande) if m.partie == "besoin"] == [
        "Activités — activité 1 : remplissez « Début »"
    ]


def test_la_reponse_de_la_derniere_revision_passe_avant_celle_qui_etait_restee(ancienne, appel):
    vieille = Formulaire.objects.create(appel=ancienne.appel, revision=2)
    section = vieille.sections.create(code="besoin", titre="Le besoin (avant)", ordre=1)
    question = section.questions.create(
        code="texte-court", libelle="Avant", type="texte_court", ordre=1
    )
    ancienne.reponses.create(question=question, valeur="Un vieux texte")

    copie = copier(ancienne, appel)

    assert valeurs(copie.demande)["texte_court"] == "Court"
    assert [(r.question, r.texte) for r in copie.restes] == [("Avant", "Un vieux texte")]


def test_les_reponses_vides_ne_font_pas_de_restes(ancienne):
    ancienne.reponses.update(valeur="")
    appel = AppelFactory(ouvert=True, plan=ancienne.appel.plan)
    formulaire(appel, section="autre")
    copie = copier(ancienne, appel)
    assert (copie.restes, valeurs(copie.demande)) == ([], {})


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_reponses(ancienne, appel):
    autre = AppelFactory(ouvert=True, plan=appel.plan)
    formulaire(autre)
    assert ancienne.responsable.organismes_ids  # gardés par la personne, lus une seule fois
    with CaptureQueriesContext(connection) as pleine:
        copier(ancienne, appel)
    ancienne.reponses.exclude(question__type="nombre").delete()
    with CaptureQueriesContext(connection) as presque_vide:
        copier(ancienne, autre)
    assert len(pleine) == len(presque_vide)


# --- Qui et quand -------------------------------------------------------------------------------
def test_seule_une_personne_de_l_organisme_reprend_sa_demande(ancienne, appel):
    for personne in (AdhesionFactory().utilisateur, UtilisateurFactory(agent=True)):
        with pytest.raises(PermissionRefusee):
            copies.copier_demande(acteur=personne, ancienne=ancienne, appel=appel)
    redacteur = AdhesionFactory(organisme=ancienne.organisme, role="redacteur").utilisateur
    copie = copies.copier_demande(acteur=redacteur, ancienne=ancienne, appel=appel)
    assert copie.demande.creee_par == redacteur
    assert appel.demandes.count() == 1


def test_un_appel_qui_n_est_pas_ouvert_ou_le_meme_appel_refuse(ancienne, appel):
    with pytest.raises(RegleViolee, match="un autre appel"):
        copier(ancienne, ancienne.appel)
    Appel.objects.filter(pk=appel.pk).update(ouverture=dans(days=-5), cloture=dans(days=-1))
    with pytest.raises(RegleViolee, match="pas ouvert"):
        copier(ancienne, appel)
    assert Demande.objects.count() == 1


def test_la_reprise_est_au_journal(ancienne, appel):
    demande = copier(ancienne, appel).demande
    entree = EntreeJournal.objects.get(verbe="demande.copier")
    assert entree.acteur == ancienne.responsable
    assert entree.objet_id == str(demande.pk)
    assert entree.details == {"de": ancienne.reference, "restes": 0}


# --- Les pages ----------------------------------------------------------------------------------
def nouvelle(appel):
    return f"{reverse('organisme:demande_nouvelle')}?appel={appel.code}"


def test_la_page_offre_les_demandes_de_ses_organismes_dans_d_autres_appels(ancienne, appel, client):
    DemandeFactory(appel=ancienne.appel, deposee=True)
    DemandeFactory(appel=appel, organisme=ancienne.organisme)
    client.force_login(ancienne.responsable)

    champ = client.get(nouvelle(appel)).context["form"].fields["ancienne"]

    assert list(champ.queryset) == [ancienne]
    assert [libelle for _, libelle in champ.choices] == [
        "Non, partir d'une demande vide",
        f"Soupes — Appel de l'an dernier ({ancienne.reference})",
    ]


def test_sans_ancienne_demande_la_page_n_en_parle_pas(appel, client):
    adhesion = AdhesionFactory()
    client.force_login(adhesion.utilisateur)
    assert "ancienne" not in client.get(nouvelle(appel)).content.decode()
    client.post(nouvelle(appel), {"organisme": adhesion.organisme_id})
    assert appel.demandes.get().copiee_de is None


def test_reprendre_mene_a_ce_qui_reste_et_garde_l_autodiagnostic(ancienne, client):
    appel = AppelFactory(ouvert=True, plan=ancienne.appel.plan)
    formulaire(appel, sauf=["texte_long"])
    conditions.ecrire_conditions(appel, [{"question": "Bien ?"}])
    client.force_login(ancienne.responsable)
    client.post(
        reverse("appel_autodiagnostic", args=[appel.code]),
        {f"c{appel.conditions.get().pk}": "oui", "commencer": "1"},
    )

    reponse = client.post(
        nouvelle(appel), {"organisme": ancienne.organisme_id, "ancienne": ancienne.pk}
    )

    demande = appel.demandes.get()
    page = reverse("organisme:demande_copie", args=[demande.reference])
    assert reponse.url == page
    texte = client.get(page).content.decode()
    assert "1 élément n'a pas trouvé de place" in texte
    assert "Question texte_long" in texte
    assert "Un texte<br>de deux lignes" in texte
    assert "Question nombre" not in texte
    assert demande.reponses_admissibilite.get().reponse == "oui"
    assert "autodiagnostic" not in client.session
    # On y revient depuis chaque page de la rédaction.
    projet = client.get(reverse("organisme:rediger", args=[demande.reference, "projet"]))
    assert f'href="{page}"' in projet.content.decode()


def test_les_documents_a_jour_du_dossier_se_joignent_a_la_copie(
    ancienne, appel, client, settings, tmp_path
):
    settings.MEDIA_ROOT = str(tmp_path)
    appel.pieces_exigees.create(code="rapport", libelle="Rapport", genre_dossier="rapport_annuel")
    ancienne.organisme.pieces_dossier.create(
        genre="rapport_annuel", date_document=horloge.aujourdhui(), nom="rapport.pdf",
        fichier=ContentFile(b"%PDF-1.7", "rapport.pdf"), taille=8, type_mime="application/pdf",
        empreinte="0" * 64,
    )  # fmt: skip
    client.force_login(ancienne.responsable)

    client.post(nouvelle(appel), {"organisme": ancienne.organisme_id, "ancienne": ancienne.pk})

    demande = appel.demandes.get()
    assert demande.copiee_de == ancienne
    assert [piece.nom for piece in demande.pieces.all()] == ["rapport.pdf"]


def test_deux_organismes_ne_melangent_pas_leurs_demandes(ancienne, appel, client):
    autre = AdhesionFactory(utilisateur=ancienne.responsable).organisme
    client.force_login(ancienne.responsable)

    page = client.post(nouvelle(appel), {"organisme": autre.pk, "ancienne": ancienne.pk})

    assert page.status_code == 200
    assert f"celle de « {ancienne.organisme.nom} »" in page.context["form"].errors["ancienne"][0]
    assert not appel.demandes.exists()


def test_la_demande_d_un_autre_organisme_ne_se_reprend_pas(ancienne, appel, client):
    etranger = AdhesionFactory()
    DemandeFactory(appel=ancienne.appel, organisme=etranger.organisme, deposee=True)
    client.force_login(etranger.utilisateur)

    page = client.post(
        nouvelle(appel), {"organisme": etranger.organisme_id, "ancienne": ancienne.pk}
    )

    assert page.context["form"].errors.keys() == {"ancienne"}
    assert not appel.demandes.exists()


def test_la_page_des_restes_n_existe_que_pour_une_demande_reprise(prete, client):
    client.force_login(prete.responsable)
    page = reverse("organisme:demande_copie", args=[prete.demande.reference])
    assert client.get(page).status_code == 404


def test_l_ancienne_effacee_la_nouvelle_reste(ancienne, appel):
    demande = copier(ancienne, appel).demande
    ancienne.delete()
    demande.refresh_from_db()
    assert demande.copiee_de is None
    assert len(valeurs(demande)) == len(VALEURS) - 1


@pytest.mark.django_db(transaction=True)
def test_le_parcours_est_accessible(ancienne, ouvrir_page, verifier_axe):
    appel = AppelFactory(ouvert=True, plan=ancienne.appel.plan)
    formulaire(appel, section="autre")
    personne = ancienne.responsable
    personne.emailaddress_set.create(email=personne.email, verified=True, primary=True)
    page = ouvrir_page(largeur=320)
    page.goto(nouvelle(appel))
    page.fill("[name=login]", personne.email)
    page.fill("[name=password]", MOT_DE_PASSE)
    page.press("[name=password]", "Enter")
    page.get_by_role("heading", name="Commencer une demande").wait_for()
    verifier_axe(page)
    page.select_option("[name=ancienne]", str(ancienne.pk))
    page.get_by_role("button", name="Commencer la demande").click()
    page.get_by_role("heading", name="À recopier à la main").wait_for()
    verifier_axe(page)
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.get_by_role("link", name="Continuer la demande").click()
    page.wait_for_url("**/rediger/projet/")
