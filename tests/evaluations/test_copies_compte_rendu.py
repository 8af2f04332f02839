"""La copie du compte rendu : qui est récusé lit le reste, figé, et rien de ce qu'il ne voit pas."""

import hashlib
import io

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from evaluations.compte_rendu import cle_discussion
from evaluations.models import Affectation
from evaluations.services import comptes_rendus, seances
from socle.authenticite import constater
from tests.evaluations.objets import evaluee, seance_ouverte
from tests.evaluations.test_recusation import MOTS, prepare

pytestmark = pytest.mark.django_db

LIBRES = ("Motlibreouverture", "Motlibresuites", "Motlibrediscussion", "Motlibrenotes")


@pytest.fixture
def close():
    """Une séance close ; M4 et l'agente M5 sont récusés de la deuxième de trois demandes."""
    pret, pret.cachee = prepare(close=False)
    for bloc, mot in zip(
        ("ouverture", "suites", cle_discussion(pret.demandes[0])), LIBRES, strict=False
    ):
        comptes_rendus.ecrire_texte(
            acteur=pret.agente, seance=pret.seance, bloc=bloc, texte=f"{mot} dit Projetunique2."
        )
    seances.modifier_seance(
        acteur=pret.agente, seance=pret.seance, date=pret.seance.date, notes=LIBRES[-1]
    )
    seances.clore_seance(acteur=pret.agente, seance=pret.seance)
    return pret


def navigateur(personne):
    client = Client()
    client.force_login(personne)
    return client


def lire(pret, personne, salle):
    return navigateur(personne).get(reverse(f"{salle}:seance_compte_rendu", args=[pret.seance.pk]))


def texte_du_pdf(octets):
    pages = PdfReader(io.BytesIO(octets)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u00a0", " ").split())


@pytest.mark.parametrize(("rang", "salle"), [(3, "comite"), (4, "comite"), (4, "ville")])
def test_la_copie_dit_le_reste_et_rien_de_la_demande_cachee(close, rang, salle):
    personne = close.membres[rang].utilisateur
    octets = b"".join(lire(close, personne, salle).streaming_content)
    copie = close.seance.copies.get()
    assert hashlib.sha256(octets).hexdigest() == copie.document.empreinte

    texte = texte_du_pdf(octets)
    for source in (texte, copie.document.html.replace("\u00a0", " ").replace("\u202f", " ")):
        assert not [mot for mot in (*MOTS, *LIBRES) if mot in source]
    for attendu in ("Projetunique1", "5 000,00 $", "Projetunique3", "Copie pour les membres"):
        assert attendu in texte, attendu

    page = navigateur(personne).get(reverse(f"{salle}:seance", args=[close.seance.pk])).text
    assert "Votre copie du compte rendu" in page
    assert copie.document.empreinte in page
    assert close.seance.compte_rendu.empreinte not in page
    assert LIBRES[-1] not in page


def test_les_rangs_et_les_totaux_ne_trahissent_pas_ce_qui_manque(close):
    html = close.seance.copies.get().document.html
    annexe = html.split("Annexe A")[1].split("Annexe B")[0]
    assert [annexe.count(f'<td class="nombre">{rang}</td>') for rang in (1, 2, 3)] == [1, 1, 0]
    # Celles de la demande cachée ne se disent pas, et rien ne prétend qu'il n'y en a aucune.
    assert "Aucun intérêt déclaré ne touche" in html
    assert "Aucun membre n'a déclaré d'intérêt" not in html
    total = html.split("Total recommandé")[1].split("</tfoot>")[0]
    assert "5\u00a0000,00" in total


def test_qui_n_est_recuse_de_rien_lit_le_compte_rendu_entier(close):
    for personne, salle in ((close.membres[0].utilisateur, "comite"), (close.agente, "ville")):
        octets = b"".join(lire(close, personne, salle).streaming_content)
        assert hashlib.sha256(octets).hexdigest() == close.seance.compte_rendu.empreinte
        assert "Motlibrediscussion" in texte_du_pdf(octets)


def test_une_recusation_d_apres_la_cloture_ferme_aussi_la_copie(close):
    """La copie figée parle encore de ce dont la personne vient de se récuser."""
    recuse = close.membres[3]
    Affectation.objects.filter(membre=recuse, demande=close.demandes[0]).update(
        etat="recusee", lien="autre"
    )
    assert lire(close, recuse.utilisateur, "comite").status_code == 404
    page = navigateur(recuse.utilisateur).get(reverse("comite:seance", args=[close.seance.pk]))
    assert "compte rendu" not in page.text
    # L'autre récusée, elle, lit toujours la sienne.
    assert b"".join(lire(close, close.siegeante, "ville").streaming_content).startswith(b"%PDF")


def test_une_copie_ne_change_plus_et_ne_remplace_pas_le_compte_rendu(close):
    copie = close.seance.copies.get()
    assert set(copie.membres.all()) == set(close.membres[3:])
    assert set(copie.sans.all()) == {close.cachee}
    assert constater(close.seance.compte_rendu).remplace_le is None
    comptes_rendus.ajouter_addenda(acteur=close.agente, seance=close.seance, texte="Lire 9 h.")
    assert constater(close.seance.compte_rendu).remplace_le is None
    with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
        type(copie).objects.update(no=2)


def test_sans_recusation_il_n_y_a_pas_de_copie():
    pret, _ = evaluee()
    seance = seance_ouverte(pret)
    seances.clore_seance(acteur=pret.agente, seance=seance)
    assert not seance.copies.exists()


def test_un_recuse_qui_tient_la_seance_n_en_change_pas_les_notes(close):
    """L'agente récusée corrige la date d'une autre séance sans voir ni effacer ses notes."""
    suivante = seances.preparer_seance(
        acteur=close.agente, appel=close.appel, date=close.seance.date, notes=LIBRES[-1]
    )
    page = reverse("ville:seance_modifier", args=[suivante.pk])
    client = navigateur(close.siegeante)
    assert LIBRES[-1] not in client.get(page).text
    client.post(page, {"date": "2030-06-01 09:00", "lieu": "Ailleurs"})
    suivante.refresh_from_db()
    assert (suivante.lieu, suivante.notes) == ("Ailleurs", LIBRES[-1])
