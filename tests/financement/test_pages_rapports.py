"""Les pages d'un rapport : écrit et déposé par l'organisme, examiné par la Ville."""

import datetime as dt
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from post_office.models import Email

from financement.models import Rapport
from socle import horloge
from tests.factories import MOT_DE_PASSE, AffectationFactory, MembreComiteFactory, dans
from tests.financement.objets import (
    Formulaire,
    envoyer,
    page,
    recit,
    requetes,
    un_projet,
    verbes,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def projet(db):
    return un_projet()


class Saisi(Formulaire):
    """La page d'un rapport : ses questions s'y nomment par leur code."""

    def __init__(self, texte, projet, nature="final"):
        super().__init__(texte)
        self.noms = champs(projet, nature)

    def valeur(self, nom):
        return super().valeur(self.noms.get(nom, nom))

    def erreur(self, nom):
        return super().erreur(self.noms.get(nom, nom))


def champs(projet, nature):
    """Code d'une question → nom de son champ."""
    return {code: f"q{question.pk}" for code, question in projet.questions[nature].items()}


def nommer(projet, nature, donnees):
    noms = champs(projet, nature)
    return {noms.get(nom, nom): valeur for nom, valeur in donnees.items()}


def ouvrir(projet, nature="final", role="membre"):
    qui = getattr(projet.gens, role)
    texte = page(qui, "organisme:rapport", projet.demande.reference, nature).text
    return Saisi(texte, projet, nature)


def remettre(projet, nature="final", role="membre", **donnees):
    """Envoie le formulaire comme la page le donne, avec ce que la personne a changé."""
    reponse = envoyer(
        getattr(projet.gens, role),
        "organisme:rapport",
        projet.demande.reference,
        nature,
        **{**ouvrir(projet, nature).donnees(), **nommer(projet, nature, donnees)},
    )
    for rapport in (projet.etape, projet.final):
        rapport.refresh_from_db()
    return reponse


COMPLET = {
    "activites": "Dix rencontres entre voisins.",
    "resultats": "Cent personnes rejointes.",
    "autres_aides_publiques": "2 000,00",
    "depenses-0-montant": "17 500,50",
    "depenses-1-montant": "1999.5",
    "personnes_distinctes": "100",
    "personnes_immigrantes": "60",
}


# --- Écrire ---------------------------------------------------------------------------------------
def test_le_rapport_s_ouvre_sur_les_lignes_du_budget(projet):
    formulaire = ouvrir(projet)
    assert formulaire.valeur("depenses-0-categorie") == "salaires"
    assert formulaire.valeur("depenses-1-categorie") == "administration"
    assert formulaire.valeur("depenses-0-montant") == ""


def test_enregistrer_sans_rien_ecrire_est_permis(projet):
    """Une ligne sans montant est ignorée, comme la page le dit."""
    reponse = remettre(projet)
    assert reponse.status_code == 302
    assert projet.final.depenses.count() == 0
    assert projet.final.etat == "attendu"


def test_enregistrer_garde_ce_qui_est_ecrit_sans_deposer(projet):
    assert remettre(projet, **COMPLET).status_code == 302

    final = projet.final
    assert (final.etat, recit(final, "activites")) == ("attendu", COMPLET["activites"])
    assert final.autres_aides_publiques == Decimal("2000.00")
    assert [(d.categorie, d.montant) for d in final.depenses.all()] == [
        ("salaires", Decimal("17500.50")),
        ("administration", Decimal("1999.50")),
    ]
    assert verbes(final) == []
    formulaire = ouvrir(projet)
    assert formulaire.valeur("activites") == COMPLET["activites"]
    assert formulaire.valeur("depenses-0-montant").replace("\u00a0", "") == "17500,50"
    assert formulaire.valeur("personnes_distinctes") == "100"


def test_deposer_remet_le_rapport_et_l_ecrit_au_journal(projet):
    reponse = remettre(projet, **COMPLET, deposer="1")

    assert reponse.status_code == 302
    assert (projet.final.etat, projet.final.depose_par) == ("depose", projet.gens.membre)
    assert verbes(projet.final) == ["rapport.deposer"]
    texte = page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "final").text
    assert "Déposer le rapport" not in texte
    assert COMPLET["resultats"] in texte


def test_retirer_une_ligne_de_depense(projet):
    remettre(projet, **COMPLET)
    remettre(projet, **{"depenses-0-DELETE": "on"})
    assert [d.categorie for d in projet.final.depenses.all()] == ["administration"]


def test_ajouter_une_ligne_sans_javascript_ne_perd_ni_n_ecrit_rien(projet):
    reponse = remettre(projet, **COMPLET, ajouter_depenses="1")

    assert reponse.status_code == 200
    formulaire = Saisi(reponse.text, projet)
    assert {nom: formulaire.valeur(nom) for nom in COMPLET} == COMPLET
    assert formulaire.erreur("depenses-2-montant") == ""
    assert projet.final.depenses.count() == 0

    ligne = {
        "depenses-2-categorie": "deplacements",
        "depenses-2-libelle": "Autobus",
        "depenses-2-montant": "300",
    }
    envoyer(
        projet.gens.membre,
        "organisme:rapport",
        projet.demande.reference,
        "final",
        **{**formulaire.donnees(), **ligne},
    )
    assert [(d.libelle, d.montant) for d in projet.final.depenses.all()][-1] == (
        "Autobus",
        Decimal("300.00"),
    )


def test_un_rapport_renvoye_montre_les_remarques_et_se_redepose(projet):
    remettre(projet, **COMPLET, deposer="1")
    examiner(projet, suite="renvoyer", remarques="Précisez les dates.")
    assert projet.final.etat == "a_corriger"
    texte = page(projet.gens.membre, "organisme:rapport", projet.demande.reference, "final").text
    assert "Précisez les dates." in texte

    remettre(projet, deposer="1")
    assert projet.final.etat == "a_corriger"
    remettre(projet, deposer="1", **{f"traitee{projet.final.remarques.get().pk}": "on"})
    assert projet.final.etat == "depose"
    assert verbes(projet.final) == ["rapport.deposer", "rapport.renvoyer", "rapport.deposer"]


# --- Refuser --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("autres_aides_publiques", "-1", "négatif"),
        ("autres_aides_publiques", "beaucoup", "montant"),
        ("autres_aides_publiques", "9" * 20, "grand"),
        ("autres_aides_publiques", "1,234", "décimales"),
        ("depenses-0-montant", "-5", "négatif"),
        ("depenses-0-montant", "NaN", "montant"),
        ("depenses-0-montant", "1e9", "montant"),
        ("depenses-0-montant", "9" * 20, "grand"),
        ("depenses-0-libelle", "L" * 201, "200 caractères"),
        ("depenses-0-categorie", "inventee", "choix"),
        ("personnes_distinctes", "-1", "supérieure ou égale à 0"),
        ("personnes_distinctes", "dix", "nombre entier"),
        ("personnes_distinctes", "9" * 15, "inférieure ou égale"),
        ("personnes_distinctes", "1.5", "nombre entier"),
        ("activites", "A\x00", "nul"),
    ],
)
@pytest.mark.parametrize("bouton", [{}, {"deposer": "1"}], ids=["enregistrer", "deposer"])
def test_une_valeur_impossible_se_dit_pres_de_son_champ(projet, champ, valeur, phrase, bouton):
    saisie = {**COMPLET, champ: valeur}

    reponse = remettre(projet, **saisie, **bouton)

    assert reponse.status_code == 200
    formulaire = Saisi(reponse.text, projet)
    assert phrase in formulaire.erreur(champ)
    ecrites = {nom: v for nom, v in saisie.items() if "\x00" not in v and v != "inventee"}
    assert {nom: formulaire.valeur(nom) for nom in ecrites} == ecrites
    assert (projet.final.etat, recit(projet.final, "activites")) == ("attendu", "")
    assert projet.final.depenses.count() == 0
    assert projet.final.valeurs.count() == 0


def test_une_depense_decrite_sans_montant_le_dit(projet):
    saisie = {"depenses-0-libelle": "Intervenante", "depenses-0-montant": ""}
    reponse = remettre(projet, **{**COMPLET, **saisie})
    assert reponse.status_code == 200
    formulaire = Saisi(reponse.text, projet)
    assert "montant" in formulaire.erreur("depenses-0-montant")
    assert formulaire.valeur("depenses-0-libelle") == "Intervenante"
    assert projet.final.depenses.count() == 0


def test_la_ligne_du_budget_laissee_vide_est_ignoree_et_reste_offerte(projet):
    poste = projet.demande.postes.get(categorie="salaires")
    poste.libelle = "Intervenante, 10 mois"
    poste.save()

    remettre(projet, **{**COMPLET, "depenses-0-montant": ""})

    assert [d.categorie for d in projet.final.depenses.all()] == ["administration"]
    formulaire = ouvrir(projet)
    assert formulaire.valeur("depenses-1-libelle") == "Intervenante, 10 mois"
    assert formulaire.valeur("depenses-1-montant") == ""


@pytest.mark.parametrize(
    ("saisie", "champ", "phrase"),
    [
        ({"personnes_immigrantes": "101"}, "personnes_immigrantes", "101 personnes immigrantes"),
        ({"par_genre:femmes": "59"}, "par_genre:femmes", "le total est 59"),
        (
            {"satisfaction:repondants": "3", "satisfaction:satisfaits": "4"},
            "satisfaction:repondants",
            "4 satisfaits",
        ),
    ],
)
def test_des_nombres_qui_ne_s_additionnent_pas_se_disent_pres_d_eux(projet, saisie, champ, phrase):
    reponse = remettre(projet, **{**COMPLET, **saisie}, deposer="1")

    assert reponse.status_code == 200
    formulaire = Saisi(reponse.text, projet)
    assert phrase in formulaire.erreur(champ)
    assert formulaire.valeur("activites") == COMPLET["activites"]
    assert projet.final.etat == "attendu"
    assert verbes(projet.final) == []


@pytest.mark.parametrize(
    ("manque", "phrase"),
    [
        ({"activites": " "}, "activités réalisées"),
        ({"resultats": ""}, "résultats"),
        ({"autres_aides_publiques": ""}, "autres aides publiques"),
        ({"depenses-0-montant": "", "depenses-1-montant": ""}, "dépenses réelles"),
    ],
)
def test_deposer_un_rapport_incomplet_dit_ce_qui_manque_et_garde_le_reste(projet, manque, phrase):
    reponse = remettre(projet, **{**COMPLET, **manque}, deposer="1")

    assert reponse.status_code == 200
    assert phrase in reponse.text
    # Le champ dit déjà la question : près de lui, le refus ne la répète pas.
    pres_du_champ = {
        "activites": "Réponse attendue",
        "resultats": "Réponse attendue",
        "autres_aides_publiques": phrase,
    }
    for champ in manque.keys() & pres_du_champ.keys():
        assert pres_du_champ[champ] in Saisi(reponse.text, projet).erreur(champ)
    assert projet.final.etat == "attendu"
    assert verbes(projet.final) == []
    garde = "activites" if "activites" not in manque else "resultats"
    assert Saisi(reponse.text, projet).valeur(garde) == COMPLET[garde]


@pytest.mark.parametrize("total", ["", "x", "-3", "99999"])
def test_un_nombre_de_lignes_forge_ne_casse_rien(projet, total):
    reponse = remettre(projet, **{**COMPLET, "depenses-TOTAL_FORMS": total})
    assert reponse.status_code in {200, 302}
    if reponse.status_code == 200:
        assert projet.final.depenses.count() == 0


def test_la_session_expiree_garde_le_rapport_ecrit_sans_le_deposer(projet, client):
    qui = projet.gens.membre
    qui.emailaddress_set.create(email=qui.email, verified=True, primary=True)
    adresse = reverse("organisme:rapport", args=[projet.demande.reference, "final"])
    donnees = {**ouvrir(projet).donnees(), **nommer(projet, "final", COMPLET), "deposer": "1"}

    connexion = client.post(adresse, donnees)
    assert connexion.url.startswith(reverse("account_login"))
    client.post(
        reverse("account_login"), {"login": qui.email, "password": MOT_DE_PASSE, "next": adresse}
    )
    reprise = client.get(adresse)

    projet.final.refresh_from_db()
    assert reprise.status_code == 302
    assert (projet.final.etat, recit(projet.final, "activites")) == (
        "attendu",
        COMPLET["activites"],
    )
    assert projet.final.depenses.count() == 2
    assert verbes(projet.final) == []


# --- Deux fois ------------------------------------------------------------------------------------
def test_deposer_deux_fois_ne_depose_qu_une_fois(projet):
    donnees = {**ouvrir(projet).donnees(), **nommer(projet, "final", COMPLET), "deposer": "1"}
    qui, reference = projet.gens.membre, projet.demande.reference
    assert envoyer(qui, "organisme:rapport", reference, "final", **donnees).status_code == 302
    depose_le = Rapport.objects.get(pk=projet.final.pk).depose_le
    encore = envoyer(
        qui,
        "organisme:rapport",
        reference,
        "final",
        **{**donnees, **nommer(projet, "final", {"activites": "Autre chose"})},
    )

    projet.final.refresh_from_db()
    assert encore.status_code == 302
    assert recit(projet.final, "activites") == COMPLET["activites"]
    assert projet.final.depose_le == depose_le
    assert verbes(projet.final) == ["rapport.deposer"]
    assert projet.final.depenses.count() == 2


def test_enregistrer_deux_fois_n_ajoute_pas_de_lignes(projet):
    donnees = {**ouvrir(projet).donnees(), **nommer(projet, "final", COMPLET)}
    for _ in range(2):
        envoyer(
            projet.gens.membre, "organisme:rapport", projet.demande.reference, "final", **donnees
        )
    assert projet.final.depenses.count() == 2
    assert projet.final.valeurs.count() == 2


# --- Qui écrit ------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["autre", "agent", "approbation", "mifi"])
def test_le_rapport_n_existe_que_pour_son_organisme(projet, role):
    qui, arguments = getattr(projet.gens, role), (projet.demande.reference, "final")
    assert page(qui, "organisme:rapport", *arguments).status_code == 404
    assert remettre(projet, role=role, **COMPLET).status_code == 404
    assert recit(projet.final, "activites") == ""


@pytest.mark.parametrize("nature", ["autre", "FINAL"])
def test_une_nature_inconnue_donne_404(projet, nature):
    qui = projet.gens.membre
    assert page(qui, "organisme:rapport", projet.demande.reference, nature).status_code == 404


# --- Examiner -------------------------------------------------------------------------------------
def examiner(projet, role="agent", rapport=None, **donnees):
    rapport = rapport or projet.final
    reponse = envoyer(getattr(projet.gens, role), "ville:rapport_examiner", rapport.pk, **donnees)
    rapport.refresh_from_db()
    return reponse


@pytest.fixture
def depose(projet):
    assert remettre(projet, **COMPLET, deposer="1").status_code == 302
    Email.objects.all().delete()
    return projet


def test_accepter_refuse_la_depense_cochee_et_dit_pourquoi(depose):
    salaires, administration = depose.final.depenses.all()

    reponse = examiner(
        depose,
        suite="accepter",
        **{f"refuser-{administration.pk}": "on", f"motif-{administration.pk}": "Sans facture."},
    )

    assert reponse.status_code == 302
    assert (depose.final.etat, depose.final.accepte_par) == ("accepte", depose.gens.agent)
    salaires.refresh_from_db()
    administration.refresh_from_db()
    assert (salaires.admissible, administration.admissible) == (True, False)
    assert administration.motif_refus == "Sans facture."
    assert "Sans facture." in page(depose.gens.agent, "ville:rapport", depose.final.pk).text


def test_renvoyer_ecrit_a_l_organisme(depose):
    examiner(depose, suite="renvoyer", remarques="Précisez les dates.")
    assert depose.final.etat == "a_corriger"
    assert depose.final.remarques.get().texte == "Précisez les dates."
    lettres = Email.objects.all()
    assert {e.to[0] for e in lettres} == {depose.gens.responsable.email, depose.gens.membre.email}
    assert all(e.subject.startswith("Rapport final à corriger") for e in lettres)


@pytest.mark.parametrize("remarques", ["", "  \n"])
def test_renvoyer_sans_remarque_se_dit_et_garde_ce_qui_est_coche(depose, remarques):
    salaires, administration = depose.final.depenses.all()

    reponse = examiner(
        depose,
        suite="renvoyer",
        remarques=remarques,
        **{f"refuser-{salaires.pk}": "on", f"motif-{salaires.pk}": "Sans facture."},
    )

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text, "/examiner/")
    assert "corrigé" in formulaire.erreur("remarques")
    assert formulaire.valeur(f"refuser-{salaires.pk}") == "on"
    assert formulaire.valeur(f"refuser-{administration.pk}") == ""
    assert formulaire.valeur(f"motif-{salaires.pk}") == "Sans facture."
    assert depose.final.etat == "depose"
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("motif", "phrase"), [("", "pourquoi"), ("  ", "pourquoi"), ("m" * 301, "300 caractères")]
)
def test_refuser_une_depense_sans_dire_pourquoi_se_dit_pres_d_elle(depose, motif, phrase):
    salaires, administration = depose.final.depenses.all()

    reponse = examiner(
        depose,
        suite="accepter",
        remarques="Une note en cours.",
        **{f"refuser-{salaires.pk}": "on", f"motif-{salaires.pk}": motif},
    )

    assert reponse.status_code == 200
    formulaire = Formulaire(reponse.text, "/examiner/")
    assert phrase in formulaire.erreur(f"motif-{salaires.pk}")
    assert formulaire.erreur(f"motif-{administration.pk}") == ""
    assert formulaire.valeur(f"refuser-{salaires.pk}") == "on"
    assert formulaire.valeur("remarques") == "Une note en cours."
    salaires.refresh_from_db()
    assert (depose.final.etat, salaires.admissible) == ("depose", True)
    assert verbes(depose.final) == ["rapport.deposer"]


@pytest.mark.parametrize("suite", ["", "autre"])
def test_une_suite_inconnue_n_accepte_pas_le_rapport(depose, suite):
    reponse = examiner(depose, suite=suite)
    assert reponse.status_code == 200
    assert depose.final.etat == "depose"
    assert verbes(depose.final) == ["rapport.deposer"]


def test_la_depense_d_un_autre_rapport_ne_se_refuse_pas(depose):
    etranger = un_projet().final
    depense = etranger.depenses.create(categorie="salaires", montant="100.00")
    examiner(
        depose, suite="accepter", **{f"refuser-{depense.pk}": "on", f"motif-{depense.pk}": "Non."}
    )
    depense.refresh_from_db()
    assert depense.admissible


@pytest.mark.parametrize("suite", ["accepter", "renvoyer"])
def test_l_examen_rejoue_n_ecrit_qu_une_fois(depose, suite):
    for remarques in ("Précisez.", "Autre remarque."):
        examiner(depose, suite=suite, remarques=remarques)
    verbe = {"accepter": "rapport.accepter", "renvoyer": "rapport.renvoyer"}[suite]
    assert verbes(depose.final) == ["rapport.deposer", verbe]
    remarques = [remarque.texte for remarque in depose.final.remarques.all()]
    assert remarques == (["Précisez."] if suite == "renvoyer" else [])
    # Un courriel à chacune des deux personnes de l'organisme, pas davantage.
    assert Email.objects.count() == (2 if suite == "renvoyer" else 0)


@pytest.mark.parametrize(
    "role", ["approbation", "tresorerie", "administration", "mifi", "responsable", "autre"]
)
def test_les_autres_roles_n_examinent_pas(depose, role):
    for donnees in ({"suite": "accepter"}, {"suite": "renvoyer"}, {}):
        assert examiner(depose, role, **donnees).status_code == 404
    assert depose.final.etat == "depose"
    if role in {"approbation", "tresorerie", "administration"}:
        texte = page(getattr(depose.gens, role), "ville:rapport", depose.final.pk).text
        assert "Accepter le rapport" not in texte
        assert "form" not in texte.split("Dépenses réelles")[1].split("Indicateurs")[0]


def test_qui_est_recuse_ne_voit_ni_n_examine_le_rapport(depose):
    membre = MembreComiteFactory(appel=depose.demande.appel, utilisateur=depose.gens.agent)
    AffectationFactory(demande=depose.demande, membre=membre, recusee=True)
    agent = depose.gens.agent
    assert page(agent, "ville:rapport", depose.final.pk).status_code == 404
    assert depose.demande.titre not in page(agent, "ville:rapports").text
    assert examiner(depose, suite="accepter").status_code == 404
    assert depose.final.etat == "depose"


def test_un_rapport_pas_encore_depose_ne_s_examine_pas(projet):
    texte = page(projet.gens.agent, "ville:rapport", projet.final.pk).text
    assert "Accepter le rapport" not in texte
    examiner(projet, suite="accepter")
    assert projet.final.etat == "attendu"


# --- La liste -------------------------------------------------------------------------------------
def test_les_listes_coutent_autant_pour_un_projet_que_pour_trois(projet):
    agent = projet.gens.agent
    un = requetes(agent, "ville:rapports")
    for _ in range(2):
        un_projet()
    assert requetes(agent, "ville:rapports") == un


def test_l_examen_coute_autant_pour_une_depense_que_pour_quatre(depose):
    agent = depose.gens.agent
    avant = requetes(agent, "ville:rapport", depose.final.pk)
    for _ in range(2):
        depose.final.depenses.create(categorie="autre", montant="10.00")
    assert requetes(agent, "ville:rapport", depose.final.pk) == avant


def test_en_retard_se_lit_le_lendemain_de_l_echeance_et_pas_le_jour_meme(projet):
    jour = horloge.aujourdhui()
    for echeance, en_retard in ((jour, False), (jour - dt.timedelta(days=1), True)):
        Rapport.objects.filter(pk=projet.etape.pk).update(echeance=echeance)
        texte = page(projet.gens.agent, "ville:rapports").text
        # Le filtre l'offre toujours ; la ligne ne le dit que d'un retard.
        assert texte.count("En retard") == (2 if en_retard else 1)


@pytest.mark.parametrize("filtre", [{"etat": "inconnu"}, {"page": "x"}, {"page": "9" * 30}])
def test_un_filtre_forge_ne_casse_pas_la_liste(projet, filtre):
    assert page(projet.gens.agent, "ville:rapports", **filtre).status_code == 200


@pytest.mark.parametrize("role", ["responsable", "autre", "mifi"])
def test_la_liste_est_pour_la_ville(projet, role):
    assert page(getattr(projet.gens, role), "ville:rapports").status_code == 404
    assert page(getattr(projet.gens, role), "ville:rapport", projet.final.pk).status_code == 404


def test_le_filtre_ne_garde_que_l_etat_demande(projet):
    Rapport.objects.filter(pk=projet.etape.pk).update(etat="depose", depose_le=dans())
    texte = page(projet.gens.agent, "ville:rapports", etat="depose").text
    assert texte.count('data-libelle="Rapport"') == 1


def test_la_liste_se_cherche_et_s_exporte_telle_qu_elle_se_montre(projet):
    un_projet()
    organisme = projet.demande.organisme.nom
    texte = page(projet.gens.agent, "ville:rapports", recherche=organisme).text
    assert texte.count('data-libelle="Rapport"') == 2
    export = page(projet.gens.agent, "ville:rapports", recherche=organisme, format="xlsx")
    lignes = list(load_workbook(BytesIO(export.content)).active.values)
    assert [ligne[0] for ligne in lignes[1:]] == [projet.demande.reference] * 2
    assert lignes[0][4:] == ("Attendu", "Déposé", "État")
    rien = page(projet.gens.agent, "ville:rapports", recherche="introuvable").text
    assert "Rien ne répond à ce choix" in rien


def test_qui_est_recuse_n_exporte_pas_le_rapport(depose):
    membre = MembreComiteFactory(appel=depose.demande.appel, utilisateur=depose.gens.agent)
    AffectationFactory(demande=depose.demande, membre=membre, recusee=True)
    export = page(depose.gens.agent, "ville:rapports", format="xlsx")
    assert load_workbook(BytesIO(export.content)).active.max_row == 1
