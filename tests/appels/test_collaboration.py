"""À plusieurs sur le projet et le budget, les lignes collées, qui d'autre est là."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from appels.collage import categorie_de, lire_lignes_collees
from appels.models import Demande, Visite
from tests.appels.conftest import adresse

pytestmark = pytest.mark.django_db


def url(monde, nom, **reste):
    return reverse(f"organisme:{nom}", kwargs={"reference": monde.demande.reference, **reste})


# --- Le projet ----------------------------------------------------------------------------------
def bases_du_projet(client, monde):
    return dict(client.get(adresse(monde.demande, "projet")).context["bases"])


def enregistrer(client, monde, champ, valeur, bases):
    return client.post(
        url(monde, "enregistrer_champ", champ=champ),
        {champ: valeur, f"b{champ}": bases[f"b{champ}"]},
    )


def test_chaque_champ_du_projet_s_enregistre_seul(prete, client):
    client.force_login(prete.redacteur)
    bases = bases_du_projet(client, prete)
    besoins = [prete.demande.besoins.first().pk]
    for champ, valeur in (
        ("titre", "Soupes"),
        ("resume", "Des soirées."),
        ("secteur", "Centre-ville"),
        ("volet", prete.appel.volets.first().pk),
        ("besoins", besoins),
    ):
        reponse = enregistrer(client, prete, champ, valeur, bases)
        assert reponse.status_code == 200, reponse.text
        assert reponse.json()["message"].startswith("Enregistré à")

    demande = Demande.objects.get(pk=prete.demande.pk)
    assert (demande.titre, demande.resume, demande.secteur) == (
        "Soupes", "Des soirées.", "Centre-ville",
    )  # fmt: skip
    assert [b.pk for b in demande.besoins.all()] == besoins


def test_un_champ_inconnu_ou_fautif_ne_s_enregistre_pas(prete, client):
    client.force_login(prete.redacteur)
    assert (
        client.post(url(prete, "enregistrer_champ", champ="etat"), {"etat": "x"}).status_code == 404
    )
    refus = client.post(url(prete, "enregistrer_champ", champ="volet"), {"volet": "99999"})
    assert refus.status_code == 400


def test_deux_champs_differents_ne_se_genent_pas_le_meme_si(prete, client):
    client.force_login(prete.redacteur)
    bases = bases_du_projet(client, prete)
    client.force_login(prete.responsable)
    enregistrer(client, prete, "titre", "De la responsable", bases)
    client.force_login(prete.redacteur)

    assert enregistrer(client, prete, "resume", "De la rédactrice", bases).status_code == 200
    refus = enregistrer(client, prete, "titre", "De la rédactrice", bases)

    assert refus.status_code == 409
    assert refus.json()["conflit"]["texte"] == "De la responsable"
    assert refus.json()["conflit"]["auteur"] == prete.responsable.nom
    assert Demande.objects.get(pk=prete.demande.pk).titre == "De la responsable"


def test_sans_javascript_le_conflit_du_projet_garde_les_deux_textes(prete, client):
    client.force_login(prete.redacteur)
    bases = bases_du_projet(client, prete)
    Demande.objects.filter(pk=prete.demande.pk).update(titre="De la responsable")

    page = client.post(adresse(prete.demande, "projet"), {**bases, "titre": "De la rédactrice"})

    assert "De la responsable" in page.text
    assert 'value="De la rédactrice"' in page.text
    assert "a répondu autrement à" in page.text
    client.post(
        adresse(prete.demande, "projet"),
        {**dict(page.context["bases"]), "titre": "De la rédactrice"},
    )
    assert Demande.objects.get(pk=prete.demande.pk).titre == "De la rédactrice"


# --- Le budget ----------------------------------------------------------------------------------
def budget(base="", **champs):
    return {
        "base": base,
        "postes-TOTAL_FORMS": 2,
        "postes-INITIAL_FORMS": 0,
        "postes-0-categorie": "salaires",
        "postes-0-montant": "1 000",
        "postes-0-admissible": "on",
        "postes-1-categorie": "materiel",
        "postes-1-libelle": "Pas encore chiffré",
        "postes-1-montant": "",
        "revenus-TOTAL_FORMS": 0,
        "revenus-INITIAL_FORMS": 0,
        "montant_demande": "800",
        **champs,
    }


def test_le_budget_s_enregistre_pendant_la_saisie_sans_ses_lignes_inachevees(prete, client):
    client.force_login(prete.redacteur)
    base = client.get(adresse(prete.demande, "budget")).context["base"]

    reponse = client.post(url(prete, "budget_enregistrer"), budget(base))

    assert reponse.json()["message"].startswith("Enregistré à")
    assert [p.montant for p in prete.demande.postes.all()] == [Decimal(1000)]
    # La base rendue permet l'enregistrement suivant.
    suite = client.post(
        url(prete, "budget_enregistrer"), budget(reponse.json()["base"], montant_demande="700")
    )
    assert suite.status_code == 200


def test_le_budget_d_une_collegue_ne_s_efface_pas(prete, client):
    client.force_login(prete.redacteur)
    base = client.get(adresse(prete.demande, "budget")).context["base"]
    client.force_login(prete.responsable)
    client.post(url(prete, "budget_enregistrer"), budget(base, **{"postes-0-montant": "2000"}))
    client.force_login(prete.redacteur)

    refus = client.post(url(prete, "budget_enregistrer"), budget(base))

    assert refus.status_code == 409
    assert refus.json()["conflit"]["auteur"] == prete.responsable.nom
    assert "2\u00a0000,00" in refus.json()["conflit"]["texte"]
    assert prete.demande.postes.get().montant == Decimal(2000)
    # Sans JavaScript : la page garde le sien et montre l'autre ; enregistrer encore le garde.
    donnees = budget(base)
    donnees["postes-TOTAL_FORMS"] = 1
    page = client.post(adresse(prete.demande, "budget"), donnees)
    assert prete.responsable.nom in page.text
    assert "2\u00a0000,00" in page.text
    assert (
        client.post(
            adresse(prete.demande, "budget"), {**donnees, "base": page.context["base"]}
        ).status_code
        == 302
    )
    assert prete.demande.postes.get().montant == Decimal(1000)


@pytest.mark.parametrize(
    ("ligne", "attendu"),
    [
        (
            "Salaires et charges sociales\tAnimation\t9 000,00 $",
            ("salaires", "Animation", "9 000,00"),
        ),
        ("salaires\t\t1250.50", ("salaires", "", "1250.50")),
        ("Déplacements\tAutobus\t$400", ("deplacements", "Autobus", "400")),
        ("DEPLACEMENTS\t400", ("deplacements", "", "400")),
        ("Pinceaux\t12", ("autre", "Pinceaux", "12")),
        ("Matériel et fournitures\tPinceaux\t1,250.50", ("materiel", "Pinceaux", "1250.50")),
        ("Location;Salle;300", ("location", "Salle", "300")),
        ("Pinceaux\tbeaucoup", ("autre", "Pinceaux, beaucoup", "")),
    ],
)
def test_une_ligne_de_tableur_se_lit(ligne, attendu):
    (lue,) = lire_lignes_collees(ligne)
    assert (lue["categorie"], lue["libelle"], lue["montant"]) == attendu


def test_les_titres_et_les_lignes_vides_se_sautent():
    lues = lire_lignes_collees("Catégorie\tDescription\tMontant\n\n\t\t\nHonoraires\tA\t5\n")
    assert [lue["libelle"] for lue in lues] == ["A"]
    assert categorie_de("") == ""


def test_coller_ajoute_des_lignes_a_relire_sans_rien_enregistrer(prete, client):
    client.force_login(prete.redacteur)
    avant = prete.demande.postes.count()

    page = client.post(
        adresse(prete.demande, "budget"),
        budget(colle="Honoraires\tConférencière\t500\nRepas\tSoupe\ttrop", coller="1"),
    )

    assert 'name="postes-3-montant"' in page.text
    assert 'value="Conférencière"' in page.text
    assert 'value="Soupe, trop"' in page.text
    assert prete.demande.postes.count() == avant


# --- Qui d'autre est là ---------------------------------------------------------------------------
def test_une_collegue_presente_se_voit_trois_minutes(prete, client, a_l_heure):
    depart = prete.appel.ouverture + dt.timedelta(hours=1)
    a_l_heure(depart)
    client.force_login(prete.responsable)
    client.get(adresse(prete.demande, "projet"))
    assert "Aussi dans la demande" not in client.get(adresse(prete.demande, "budget")).text
    client.force_login(prete.redacteur)

    a_l_heure(depart + dt.timedelta(minutes=3))
    assert prete.responsable.nom in client.get(adresse(prete.demande, "budget")).text
    a_l_heure(depart + dt.timedelta(minutes=3, seconds=1))
    assert "Aussi dans la demande" not in client.get(adresse(prete.demande, "budget")).text
    assert Visite.objects.count() == 2


def test_une_page_restee_ouverte_garde_sa_personne_presente(prete, client, a_l_heure):
    depart = prete.appel.ouverture + dt.timedelta(hours=1)
    a_l_heure(depart)
    client.force_login(prete.responsable)
    page = client.get(adresse(prete.demande, "projet")).text
    assert f'hx-get="{url(prete, "presents")}"' in page
    a_l_heure(depart + dt.timedelta(minutes=20))
    assert "Aussi dans la demande" not in client.get(url(prete, "presents")).text

    client.force_login(prete.redacteur)
    client.get(adresse(prete.demande, "budget"))

    assert prete.responsable.nom in client.get(url(prete, "presents")).text
    # Qui n'a que demandé la liste n'a pas ouvert la demande.
    assert Visite.objects.count() == 2
