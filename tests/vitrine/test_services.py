"""La porte d'entrée : trois questions, le calendrier, le guide imprimable."""

import datetime as dt

import pdfua
import pytest
from django.urls import reverse
from icalendar import Calendar
from pypdf import PdfReader

from financement.indicateurs import VENTILATIONS
from socle import horloge
from tests.factories import VersionActiviteFactory
from tests.vitrine.objets import dans_jours, un_projet_annonce
from vitrine.choix import StatutMigratoire
from vitrine.models import Guide, TempsFort
from vitrine.services import guides

pytestmark = pytest.mark.django_db


def reponse(client, **reponses):
    return client.get(reverse("services"), reponses).context["reponse"]


def noms(versions):
    return [version.titre for version in versions]


def test_l_accueil_ouvre_la_porte_a_qui_arrive(client):
    texte = client.get(reverse("accueil")).text
    debut = texte.index("Vous arrivez à Trois-Rivières ?")
    lien = f'<a class="btn btn-secondary" href="{reverse("services")}">Trouver un service</a>'
    # Avant la liste des appels, qui ne la concerne pas.
    assert debut < texte.index(lien) < texte.index("Appels ouverts</h2>")


def test_avant_de_repondre_trois_questions_et_rien_d_autre(client):
    VersionActiviteFactory(titre="Comptoir")
    texte = client.get(reverse("services")).text

    for question in ("Quel est votre statut ?", "De quoi avez-vous besoin ?", "Où habitez-vous ?"):
        assert question in texte
    assert "Comptoir" not in texte


def test_trois_reponses_donnent_ce_qui_est_ouvert_maintenant(client):
    VersionActiviteFactory(titre="Ici", sujets=["logement"], secteur="Cap-de-la-Madeleine",
                           statuts=["etudes"])  # fmt: skip
    VersionActiviteFactory(titre="Partout", sujets=["logement"], secteur="Toute la ville")
    VersionActiviteFactory(titre="Plus loin", sujets=["logement"], secteur="Pointe-du-Lac")
    VersionActiviteFactory(titre="Demain", sujets=["logement"], debut=dans_jours(1))
    VersionActiviteFactory(titre="Finie", sujets=["logement"], fin=dans_jours(-1))
    VersionActiviteFactory(
        titre="Autre statut", sujets=["logement"], statuts=["travail_temporaire"]
    )
    VersionActiviteFactory(titre="Autre sujet", sujets=["transport"])

    obtenue = reponse(client, statut="etudes", sujet="logement", secteur="Cap-de-la-Madeleine")
    assert noms(obtenue.ici) == ["Ici", "Partout"]
    assert noms(obtenue.ailleurs) == ["Plus loin"]
    assert noms(obtenue.bientot) == ["Demain"]


def test_les_reponses_vides_montrent_tout_et_les_fausses_ne_cassent_rien(client):
    VersionActiviteFactory(titre="Comptoir")

    assert noms(reponse(client, statut="", sujet="", secteur="").ici) == ["Comptoir"]
    assert noms(reponse(client, statut="inconnu", sujet="inconnu").ici) == ["Comptoir"]


def test_sans_reponse_ouverte_la_page_mene_au_311(client):
    assert "311" in client.get(reverse("services"), {"sujet": "transport"}).text
    assert reponse(client, sujet="transport").nombre == 0


# --- Le calendrier ------------------------------------------------------------------------------
def evenements(client, nom, *args, **filtres):
    recu = client.get(reverse(nom, args=args), filtres)
    assert recu["Content-Type"].startswith("text/calendar")
    return Calendar.from_ical(recu.content).walk("VEVENT")


def test_une_activite_de_semaine_devient_une_suite_a_l_heure_d_ici(client):
    mardi = dt.date(2030, 10, 1)
    with horloge.a_la_date(horloge.a_midi(mardi)):
        version = VersionActiviteFactory(
            titre="Café", debut=dt.date(2030, 9, 29), fin=dt.date(2030, 12, 10), jours=[1, 3],
            heure_debut=dt.time(18), heure_fin=dt.time(20),
        )  # fmt: skip
    (suite,) = evenements(client, "activite_ics", version.activite.cle)

    assert suite["SUMMARY"] == "Café"
    assert suite.start.isoformat() == "2030-10-01T18:00:00-04:00"
    assert suite.end - suite.start == dt.timedelta(hours=2)
    assert suite["RRULE"]["BYDAY"] == ["TU", "TH"]
    assert suite["RRULE"]["UNTIL"][0].isoformat() == "2030-12-11T04:59:59+00:00"


def test_le_calendrier_porte_les_temps_forts_et_suit_les_trois_reponses(client):
    sqri = TempsFort.objects.create(
        titre="Semaine québécoise des rencontres interculturelles",
        debut=dans_jours(20), fin=dans_jours(26),
    )  # fmt: skip
    VersionActiviteFactory(titre="Repas", debut=dans_jours(21), fin=dans_jours(21), temps_fort=sqri)
    VersionActiviteFactory(titre="Bus", sujets=["transport"], debut=dans_jours(1))
    VersionActiviteFactory(titre="Toujours offert")

    page = client.get(reverse("calendrier")).text
    assert page.index("Semaine québécoise") < page.index("Repas")
    tous = {str(e["SUMMARY"]) for e in evenements(client, "calendrier_ics")}
    assert tous == {sqri.titre, "Repas", "Bus"}
    filtres = {str(e["SUMMARY"]) for e in evenements(client, "calendrier_ics", sujet="transport")}
    assert filtres == {sqri.titre, "Bus"}


def test_une_activite_sans_date_n_a_pas_de_fichier_d_agenda(client):
    version = VersionActiviteFactory()
    assert client.get(reverse("activite_ics", args=[version.activite.cle])).status_code == 404


# --- Le guide -----------------------------------------------------------------------------------
def test_le_guide_d_un_statut_vient_des_memes_donnees_page_et_pdf(client, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    VersionActiviteFactory(
        titre="Permis d'études", statuts=["etudes"], projet=un_projet_annonce(),
        contact_nom="Amina Traoré", contact_consenti=True,
    )  # fmt: skip
    VersionActiviteFactory(titre="Pour les travailleurs", statuts=["travail_temporaire"])
    assert set(guides.refaire()) == {statut for statut, _ in Guide.statut.field.choices}

    page = client.get(reverse("guide", args=["etudes"])).text
    recu = client.get(reverse("guide_pdf", args=["etudes"]))
    fichier = tmp_path / "guide.pdf"
    fichier.write_bytes(b"".join(recu.streaming_content))
    lu = " ".join(" ".join(p.extract_text().split()) for p in PdfReader(fichier).pages)
    for texte in (page.replace("&#x27;", "'"), lu):
        assert "Permis d'études" in texte
        assert "travailleurs" not in texte
        # Un guide imprimé survit à la page : il ne porte le nom de personne.
        assert "Traoré" not in texte
    assert recu["Content-Type"] == "application/pdf"
    assert [f.message for f in pdfua.validate(fichier).findings] == []


def test_un_guide_inchange_n_est_pas_refait_et_un_ancien_s_efface(
    tmp_path, settings, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    guides.refaire()
    assert guides.refaire() == []
    VersionActiviteFactory(statuts=["etudes"])
    with django_capture_on_commit_callbacks(execute=True):
        assert guides.refaire() == ["etudes"]
    assert len(list((tmp_path / "guides").iterdir())) == Guide.objects.count()


def test_les_statuts_sont_ceux_des_indicateurs():
    assert StatutMigratoire.values == list(VENTILATIONS["par_statut"])


def test_sans_pdf_encore_le_guide_se_lit_a_l_ecran(client):
    recu = client.get(reverse("guide_pdf", args=["etudes"]), follow=True)

    assert recu.redirect_chain[0][0] == reverse("guide", args=["etudes"])
    assert "Le guide en PDF" not in recu.text
    assert client.get(reverse("guide", args=["autre-chose"])).status_code == 404
