"""La recevabilité : jours ouvrables, complément et ses seules parties, motif."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from post_office.models import Email

from appels.jours_ouvrables import ajouter_jours_ouvrables, est_ouvrable
from appels.models import Demande, Verification
from appels.services import recevabilite
from appels.services.depot import deposer
from socle.exceptions import RegleViolee
from tests.appels.conftest import adresse, brouillon_complet, toronto
from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db
SECONDE = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def fichiers(settings, tmp_path, accuses_confies):
    settings.MEDIA_ROOT = str(tmp_path)


# --- Les jours ouvrables ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("jour", "ouvrable"),
    [
        (dt.date(2026, 6, 12), True),
        (dt.date(2026, 6, 13), False),  # samedi
        (dt.date(2026, 6, 14), False),  # dimanche
        (dt.date(2026, 6, 24), False),  # fête nationale
        (dt.date(2026, 7, 1), False),  # fête du Canada
        (dt.date(2026, 5, 18), False),  # Journée nationale des patriotes
        (dt.date(2026, 9, 7), False),  # fête du Travail
        (dt.date(2026, 10, 12), False),  # Action de grâces
        (dt.date(2026, 12, 25), False),
        (dt.date(2027, 1, 1), False),
        (dt.date(2026, 11, 2), True),  # lendemain du retour à l'heure normale
    ],
)
def test_les_jours_feries_du_quebec_et_les_fins_de_semaine_ne_comptent_pas(jour, ouvrable):
    assert est_ouvrable(jour) is ouvrable


@pytest.mark.parametrize(
    ("depart", "nombre", "arrivee"),
    [
        (dt.date(2026, 6, 15), 5, dt.date(2026, 6, 22)),
        (dt.date(2026, 6, 19), 1, dt.date(2026, 6, 22)),
        (dt.date(2026, 6, 22), 5, dt.date(2026, 6, 30)),  # la Saint-Jean au milieu
        (dt.date(2026, 6, 20), 1, dt.date(2026, 6, 22)),  # on part d'un samedi
        (dt.date(2026, 12, 23), 2, dt.date(2026, 12, 28)),  # Noël ne compte pas
        (dt.date(2026, 6, 15), 0, dt.date(2026, 6, 15)),
    ],
)
def test_le_delai_se_compte_en_jours_ouvrables(depart, nombre, arrivee):
    assert ajouter_jours_ouvrables(depart, nombre) == arrivee


# --- Le complément ------------------------------------------------------------------------------
@pytest.fixture
def monde(a_l_heure):
    """Une demande déposée le 12 juin 2026, ses documents et sections, une agente."""
    cloture = toronto(2026, 6, 12, 16)
    a_l_heure(cloture)
    monde = brouillon_complet(cloture=cloture)
    formulaire = monde.demande.formulaire
    monde.sections = {}
    for ordre, code in enumerate(("besoin", "equipe")):
        section = formulaire.sections.create(code=code, titre=code.title(), ordre=ordre)
        monde.sections[code] = section
        section.questions.create(code="q", libelle=f"Question {code}", obligatoire=False)
    monde.lettres, monde.budget = (
        monde.appel.pieces_exigees.create(code=code, libelle=code, obligatoire=False)
        for code in ("lettres", "etats")
    )
    monde.demande = deposer(acteur=monde.responsable, demande=monde.demande).demande
    monde.agente = UtilisateurFactory(agent=True)
    return monde


def demander(monde, **quoi):
    return recevabilite.demander_complement(
        acteur=monde.agente, demande=monde.demande, texte="Il manque les lettres.", **quoi
    )


def test_l_echeance_est_la_fin_du_cinquieme_jour_ouvrable_et_le_courriel_la_dit(monde, a_l_heure):
    a_l_heure(toronto(2026, 6, 22, 10))  # la Saint-Jean tombe dans le délai

    complement = demander(monde, budget=True)

    assert complement.echeance == toronto(2026, 6, 30, 23, 59, 59)
    courriel = Email.objects.filter(
        subject__endswith=" : à compléter d'ici le 30 juin 2026"
    ).first()
    assert "mardi 30\u00a0juin 2026" in courriel.message
    assert "Il manque les lettres." in courriel.message


@pytest.mark.parametrize(
    ("retard", "accepte"), [(dt.timedelta(0), True), (SECONDE, False)], ids=["à temps", "passé"]
)
def test_le_complement_se_transmet_jusqu_a_la_derniere_seconde(
    monde, a_l_heure, client, retard, accepte
):
    complement = demander(monde, budget=True)
    depot = monde.demande.deposee_le
    a_l_heure(complement.echeance + retard)
    client.force_login(monde.redacteur)

    client.post(reverse("organisme:completer", kwargs={"reference": monde.demande.reference}))

    demande = Demande.objects.get(pk=monde.demande.pk)
    assert demande.etat == ("deposee" if accepte else "a_completer")
    assert demande.deposee_le == depot
    complement.refresh_from_db()
    assert bool(complement.complete_le) is accepte
    # Passé le délai, plus rien ne s'écrit non plus.
    page = client.get(adresse(monde.demande, "budget"))
    if not accepte:
        assert page.context["ecrivable"] is False


def test_seules_les_parties_demandees_s_ouvrent(monde, client):
    demander(monde, pieces=[monde.lettres], sections=[monde.sections["besoin"]])
    client.force_login(monde.redacteur)

    ouvertes = {
        partie: client.get(adresse(monde.demande, partie)).context["ecrivable"]
        for partie in ("projet", "besoin", "equipe", "budget", "pieces")
    }

    assert ouvertes == {
        "projet": False,
        "besoin": True,
        "equipe": False,
        "budget": False,
        "pieces": True,
    }
    page = client.get(adresse(monde.demande, "equipe")).content.decode()
    assert '<fieldset class="partie-redaction" disabled>' in page
    assert "Il manque les lettres." in page
    documents = client.get(adresse(monde.demande, "pieces")).context
    assert [ligne["ouverte"] for ligne in documents["lignes"]] == [True, False]
    assert documents["autres_ouverts"] is False


def test_ce_qui_n_est_pas_demande_ne_s_ecrit_pas_meme_en_forcant(monde, client):
    demander(monde, pieces=[monde.lettres], sections=[monde.sections["besoin"]])
    client.force_login(monde.redacteur)
    titre = monde.demande.titre

    client.post(adresse(monde.demande, "projet"), {"titre": "Forcé"})
    for code, statut in (("besoin", 200), ("equipe", 409)):
        question = monde.sections[code].questions.get()
        url = reverse(
            "organisme:enregistrer_reponse",
            kwargs={"reference": monde.demande.reference, "pk": question.pk},
        )
        assert client.post(url, {f"q{question.pk}": "x"}).status_code == statut
    for exigee, jointe in ((monde.lettres.pk, True), (monde.budget.pk, False), ("", False)):
        reponse = client.post(
            adresse(monde.demande, "pieces"),
            {
                "piece_exigee": exigee,
                "fichier": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n%%EOF"),
            },
        )
        assert reponse.status_code == (302 if jointe else 200)

    monde.demande.refresh_from_db()
    assert monde.demande.titre == titre
    assert [p.piece_exigee for p in monde.demande.pieces.all()] == [monde.lettres]
    assert monde.demande.reponses.count() == 1


def test_le_complement_incomplet_ne_se_transmet_pas(monde, client, monkeypatch):
    section = monde.sections["besoin"]
    section.questions.update(obligatoire=True)
    # Publié, un formulaire ne change pas ainsi : le test efface ce que le processus en gardait.
    monkeypatch.setattr("appels.formulaires._PUBLIEES", {})
    monde.lettres.obligatoire = True
    monde.lettres.save()
    demander(monde, pieces=[monde.lettres], sections=[section])
    client.force_login(monde.redacteur)
    url = reverse("organisme:completer", kwargs={"reference": monde.demande.reference})

    page = client.post(url, follow=True).content.decode()
    assert "Il manque encore" in page
    client.post(
        adresse(monde.demande, "pieces"),
        {
            "piece_exigee": monde.lettres.pk,
            "fichier": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n%%EOF"),
        },
    )
    assert "Question besoin" in client.post(url, follow=True).content.decode()
    monde.demande.reponses.create(question=section.questions.get(), valeur="Réponse")
    relecture = client.get(adresse(monde.demande)).content.decode()
    assert "Transmettre le complément</button>" in relecture
    client.post(url)

    assert Demande.objects.get(pk=monde.demande.pk).etat == "deposee"


def test_rien_d_autre_que_ce_qui_est_demande_ne_retient_le_complement(monde):
    """Une règle rompue et un document absent, que la Ville n'a pas demandés, n'arrêtent rien."""
    demander(monde, sections=[monde.sections["besoin"]])
    monde.demande.postes.all().delete()
    monde.appel.pieces_exigees.update(obligatoire=True)

    demande = recevabilite.completer(
        acteur=monde.redacteur, demande=Demande.objects.get(pk=monde.demande.pk)
    )

    assert demande.etat == "deposee"


def test_un_document_demande_est_a_joindre_a_nouveau(monde, client):
    """La Ville le demande parce que celui qu'elle a ne suffit pas."""
    complement = demander(monde, pieces=[monde.lettres])
    client.force_login(monde.redacteur)
    envoi = {
        "piece_exigee": monde.lettres.pk,
        "fichier": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n%%EOF"),
    }
    client.post(adresse(monde.demande, "pieces"), envoi)
    # Le même fichier, arrivé une seconde avant la demande : c'est celui qui ne suffisait pas.
    monde.demande.pieces.update(ajoutee_le=complement.demande_le - SECONDE)

    with pytest.raises(RegleViolee, match="lettres"):
        recevabilite.completer(acteur=monde.redacteur, demande=monde.demande)

    monde.demande.pieces.update(ajoutee_le=complement.demande_le)
    demande = recevabilite.completer(
        acteur=monde.redacteur, demande=Demande.objects.get(pk=monde.demande.pk)
    )
    assert demande.etat == "deposee"


@pytest.mark.parametrize(("texte", "quoi"), [(" ", {"budget": True}), ("Il manque.", {})])
def test_un_complement_dit_quoi_et_pourquoi(monde, texte, quoi):
    with pytest.raises(RegleViolee):
        recevabilite.demander_complement(
            acteur=monde.agente, demande=monde.demande, texte=texte, **quoi
        )


# --- Recevable ou non ---------------------------------------------------------------------------
def verifier(monde, **reponses):
    for point in Verification.Point.values:
        recevabilite.verifier_point(
            acteur=monde.agente,
            demande=monde.demande,
            point=point,
            reponse=reponses.get(point, "oui"),
        )


def test_tous_les_points_a_oui_rendent_recevable(monde):
    verifier(monde)

    demande = recevabilite.declarer_recevable(acteur=monde.agente, demande=monde.demande)

    assert (demande.etat, demande.recevable_le is not None) == ("recevable", True)


def test_un_point_absent_ou_a_non_empeche_la_recevabilite(monde):
    verifier(monde, francais="non")
    with pytest.raises(RegleViolee):
        recevabilite.declarer_recevable(acteur=monde.agente, demande=monde.demande)
    monde.demande.verifications.filter(point="francais").delete()
    with pytest.raises(RegleViolee):
        recevabilite.declarer_recevable(acteur=monde.agente, demande=monde.demande)


def test_l_irrecevabilite_a_un_motif_que_l_organisme_recoit(monde, client):
    verifier(monde, organisme="non")
    with pytest.raises(RegleViolee):
        recevabilite.declarer_irrecevable(acteur=monde.agente, demande=monde.demande, motif=" ")

    recevabilite.declarer_irrecevable(
        acteur=monde.agente, demande=monde.demande, motif="L'organisme n'est pas du territoire."
    )

    courriel = Email.objects.filter(subject__contains="demande irrecevable").first()
    assert "L'organisme n'est pas du territoire." in courriel.message
    client.force_login(monde.redacteur)
    page = client.get(reverse("organisme:demande", kwargs={"reference": monde.demande.reference}))
    assert "pas du territoire" in page.content.decode()


def test_un_point_sans_reponse_se_dit_a_sa_place_et_le_reste_est_garde(monde, client):
    client.force_login(monde.agente)
    page = client.post(
        reverse("ville:verifier", args=[monde.demande.reference]),
        {"delai": "oui", "suite": "recevable"},
    )
    assert page.status_code == 200
    form = page.context["form"]
    assert set(form.errors) == set(form.fields) - {"delai"}
    assert form["delai"].value() == "oui"
    assert "Répondez oui ou non." in page.text
    assert monde.demande.verifications.get().point == "delai"
    assert Demande.objects.get(pk=monde.demande.pk).etat == "deposee"
