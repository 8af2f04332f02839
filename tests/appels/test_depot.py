"""Le dépôt : à la seconde près, en entier, une seule fois, par qui en a le droit."""

import datetime as dt
import hashlib

import pytest
from django.urls import reverse

from appels.models import Appel, Depot
from appels.services import demandes as services
from appels.services.accuses import figer_accuse
from appels.services.depot import canonique, deposer
from appels.services.recevabilite import points_proposes
from socle.exceptions import PermissionRefusee, RegleViolee
from socle.models import EntreeJournal
from tests.appels.conftest import DEPOT, adresse, brouillon_complet, toronto
from tests.factories import AdhesionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("accuses_confies")]

# Un jour ordinaire, puis les deux jours où l'heure change à Trois-Rivières.
CLOTURES = [
    pytest.param(toronto(2026, 6, 12, 16), id="ordinaire"),
    pytest.param(toronto(2026, 3, 8, 16), id="heure avancée"),
    pytest.param(toronto(2026, 11, 1, 16), id="heure normale"),
]
SECONDE = dt.timedelta(seconds=1)


@pytest.mark.parametrize("cloture", CLOTURES)
def test_a_seize_heures_pile_le_depot_est_accepte(cloture, a_l_heure):
    a_l_heure(cloture)
    monde = brouillon_complet(cloture=cloture)

    depot = deposer(acteur=monde.responsable, demande=monde.demande)

    assert depot.depose_le == cloture
    assert depot.demande.etat == "deposee"


@pytest.mark.parametrize("cloture", CLOTURES)
def test_une_seconde_plus_tard_le_depot_est_refuse_et_le_brouillon_reste(cloture, a_l_heure):
    a_l_heure(cloture + SECONDE)
    monde = brouillon_complet(cloture=cloture)

    with pytest.raises(RegleViolee) as refus:
        deposer(acteur=monde.responsable, demande=monde.demande)

    assert refus.value.code == "hors_delai"
    monde.demande.refresh_from_db()
    assert monde.demande.etat == "brouillon"
    assert monde.demande.depot_refuse_le == cloture + SECONDE
    assert not Depot.objects.exists()
    assert EntreeJournal.objects.pour(monde.demande).filter(verbe="demande.refuser_depot").exists()


def test_la_derniere_fraction_de_la_seconde_de_cloture_est_a_temps(a_l_heure):
    """16:00:00 dure une seconde entière : rien ne se refuse avant 16:00:01."""
    cloture = toronto(2026, 6, 12, 16)
    monde = brouillon_complet(cloture=cloture)
    a_l_heure(cloture + SECONDE - dt.timedelta(microseconds=1))

    assert monde.appel.est_ouvert
    assert not monde.appel.est_clos
    assert monde.appel in Appel.objects.ouverts()
    assert deposer(acteur=monde.responsable, demande=monde.demande)
    monde.demande.refresh_from_db()
    assert points_proposes(monde.demande, monde.responsable)["delai"][0] == "oui"

    a_l_heure(cloture + SECONDE)
    assert monde.appel.est_clos
    assert monde.appel not in Appel.objects.ouverts()


@pytest.mark.parametrize("cloture", CLOTURES)
def test_la_page_depose_a_seize_heures_et_refuse_une_seconde_plus_tard(cloture, a_l_heure, client):
    a_l_heure(cloture)
    a_temps, en_retard = brouillon_complet(cloture=cloture), brouillon_complet(cloture=cloture)

    client.force_login(a_temps.responsable)
    reponse = client.post(adresse(a_temps.demande), DEPOT, follow=True)
    assert reponse.redirect_chain[-1][0].endswith("/accuse/")

    client.force_login(en_retard.responsable)
    a_l_heure(cloture + SECONDE)
    reponse = client.post(adresse(en_retard.demande), DEPOT)
    assert reponse.status_code == 200
    assert "L&#x27;appel est clos" in reponse.content.decode()
    en_retard.demande.refresh_from_db()
    assert en_retard.demande.etat == "brouillon"
    assert en_retard.demande.depot_refuse == "hors_delai"


def test_apres_la_cloture_la_relecture_dit_pourquoi_on_ne_peut_plus_deposer(a_l_heure, client):
    cloture = toronto(2026, 6, 12, 16)
    a_l_heure(cloture + SECONDE)
    monde = brouillon_complet(cloture=cloture)
    client.force_login(monde.responsable)

    page = client.get(adresse(monde.demande)).content.decode()

    assert "Le dépôt n'est plus possible" in page
    assert "Déposer la demande</button>" not in page


def test_une_derogation_permet_le_depot_jusqu_a_son_terme(a_l_heure):
    cloture, terme = toronto(2026, 6, 12, 16), toronto(2026, 6, 15, 12)
    for moment, accepte in ((terme, True), (terme + SECONDE, False)):
        a_l_heure(moment)
        monde = brouillon_complet(cloture=cloture)
        monde.demande.derogations.create(jusqu_a=terme, motif="Panne du service")
        if accepte:
            assert deposer(acteur=monde.responsable, demande=monde.demande)
        else:
            with pytest.raises(RegleViolee):
                deposer(acteur=monde.responsable, demande=monde.demande)


def test_l_accuse_est_numerote_et_son_empreinte_est_celle_du_contenu(
    prete, client, accuses_confies, django_capture_on_commit_callbacks
):
    client.force_login(prete.responsable)

    with django_capture_on_commit_callbacks(execute=True):
        reponse = client.post(adresse(prete.demande), DEPOT, follow=True)

    depot = Depot.objects.get()
    assert depot.numero == f"{prete.demande.reference}-1"
    assert depot.signataire == "Marie Signataire"
    assert depot.depose_par == prete.responsable
    assert depot.empreinte == hashlib.sha256(canonique(depot.contenu)).hexdigest()
    assert accuses_confies == [depot.pk]
    page = reponse.content.decode()
    assert depot.numero in page
    assert depot.empreinte in page
    assert "Le PDF se prépare" in page


def test_l_accuse_pdf_est_offert_et_envoye_une_seule_fois(prete, client, mailoutbox):
    from post_office.models import Email

    depot = deposer(acteur=prete.responsable, demande=prete.demande, signataire="M. S.")
    figer_accuse(depot=depot)
    figer_accuse(depot=depot)

    depot.refresh_from_db()
    client.force_login(prete.redacteur)
    page = client.get(
        reverse("organisme:accuse", kwargs={"reference": prete.demande.reference})
    ).content.decode()
    assert reverse("document", kwargs={"cle": depot.document.cle}) in page
    courriels = Email.objects.filter(subject__contains=depot.numero)
    assert len(courriels) == 2  # un par membre de l'organisme
    assert prete.demande.titre in courriels[0].message


def test_reprendre_puis_deposer_a_nouveau_donne_un_second_accuse(prete, client):
    client.force_login(prete.responsable)
    client.post(adresse(prete.demande), DEPOT)
    reference = {"reference": prete.demande.reference}

    reponse = client.post(reverse("organisme:reprendre", kwargs=reference), follow=True)
    assert reponse.redirect_chain[-1][0] == adresse(prete.demande)
    assert "repris" in client.get(reverse("organisme:accuse", kwargs=reference)).content.decode()
    prete.demande.refresh_from_db()
    services.modifier_projet(acteur=prete.redacteur, demande=prete.demande, titre="Titre corrigé")
    client.post(adresse(prete.demande), DEPOT)

    premier, second = Depot.objects.order_by("numero")
    assert second.numero == f"{prete.demande.reference}-2"
    assert second.empreinte != premier.empreinte
    assert second.contenu["projet"]["titre"] == "Titre corrigé"


def test_on_ne_reprend_plus_apres_la_cloture(a_l_heure):
    cloture = toronto(2026, 6, 12, 16)
    a_l_heure(cloture)
    monde = brouillon_complet(cloture=cloture)
    demande = deposer(acteur=monde.responsable, demande=monde.demande).demande

    a_l_heure(cloture + SECONDE)
    with pytest.raises(RegleViolee):
        services.reprendre(acteur=monde.responsable, demande=demande)


def test_une_redactrice_ne_depose_pas(prete, client):
    with pytest.raises(PermissionRefusee):
        deposer(acteur=prete.redacteur, demande=prete.demande)

    client.force_login(prete.redacteur)
    page = client.post(adresse(prete.demande), DEPOT).content.decode()

    assert "personne responsable" in page
    assert not Depot.objects.exists()


def test_une_demande_incomplete_ne_se_depose_pas_et_dit_ce_qui_manque(prete, client):
    prete.demande.secteur = ""
    prete.demande.save()
    client.force_login(prete.responsable)

    page = client.post(adresse(prete.demande), DEPOT).content.decode()

    assert "Choisissez le secteur de la ville." in page
    assert not Depot.objects.exists()


@pytest.mark.parametrize("absent", ["signataire", "exactitude"])
def test_le_nom_du_signataire_et_la_declaration_sont_exiges(prete, client, absent):
    client.force_login(prete.responsable)

    reponse = client.post(adresse(prete.demande), {k: v for k, v in DEPOT.items() if k != absent})

    assert reponse.context["form"].errors.keys() == {absent}
    assert not Depot.objects.exists()


def test_un_envoi_rejoue_apres_le_depot_ne_change_rien(prete, client):
    client.force_login(prete.responsable)
    client.post(adresse(prete.demande), DEPOT)

    reponse = client.post(adresse(prete.demande), DEPOT, follow=True)
    assert Depot.objects.count() == 1
    reponse = client.post(adresse(prete.demande, "projet"), {"titre": "Rejoué"}, follow=True)
    assert "ne se modifie plus" in reponse.content.decode()
    prete.demande.refresh_from_db()
    assert prete.demande.titre != "Rejoué"
    with pytest.raises(RegleViolee):
        services.modifier_projet(acteur=prete.responsable, demande=prete.demande, titre="Rejoué")


def test_rien_n_ouvre_la_demande_d_un_autre_organisme(prete, client):
    etrangere = AdhesionFactory().utilisateur
    client.force_login(etrangere)
    reference = {"reference": prete.demande.reference}
    adresses = [
        *(adresse(prete.demande, p) for p in ("projet", "budget", "pieces", "relecture")),
        reverse("organisme:enregistrer_reponse", kwargs={**reference, "pk": 1}),
        *(
            reverse(f"organisme:{nom}", kwargs=reference)
            for nom in (
                "demande",
                "budget_calcul",
                "accuse",
                "reprendre",
                "retirer",
                "completer",
                "aide",
            )
        ),
    ]

    for url in adresses:
        for methode in (client.get, client.post):
            assert methode(url).status_code in {404, 405}, url
        assert client.post(url).status_code == 404, url


def test_retirer_demande_un_motif_et_arrete_la_demande(prete, client):
    url = reverse("organisme:retirer", kwargs={"reference": prete.demande.reference})
    client.force_login(prete.redacteur)
    assert client.get(url).status_code == 404

    client.force_login(prete.responsable)
    assert client.post(url, {"motif": " "}).context["form"].errors
    client.post(url, {"motif": "Le projet est reporté."})

    prete.demande.refresh_from_db()
    assert prete.demande.etat == "retiree"
