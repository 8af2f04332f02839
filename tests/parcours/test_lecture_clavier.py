"""Noter au clavier seul : un chiffre par critère, soumettre, et la demande suivante de la file."""

import pytest

from evaluations.file_lecture import file_de
from evaluations.models import Evaluation
from tests.evaluations.objets import declarer, un_comite
from tests.parcours.gestes import ouvrir_session, regarder

pytestmark = pytest.mark.django_db(transaction=True)


def aller_a(page, selecteur, maximum=80):
    """Tab jusqu'à l'élément : il s'atteint sans souris, et dans l'ordre de la page."""
    for _ in range(maximum):
        if page.evaluate("s => !!document.activeElement?.matches(s)", selecteur):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selecteur} ne s'atteint pas au clavier sur {page.url}")


def test_noter_deux_demandes_au_clavier(ouvrir_page, verifier_axe, live_server):
    pret = un_comite(membres=2, demandes=2)
    membre = pret.membres[1]
    for demande in pret.demandes:
        declarer(demande, membre)
    premiere, seconde = (place.reference for place in file_de(membre).places)
    page = ouvrir_page()
    ouvrir_session(page, membre.utilisateur, live_server.url)
    page.goto(f"/comite/demandes/{premiere}/")
    regarder(page, verifier_axe)

    for critere, chiffre in zip(pret.appel.criteres.all(), "43", strict=True):
        # Tab entre dans les niveaux du critère ; le chiffre choisit, sans changer de critère.
        aller_a(page, f"[name=note_{critere.pk}]")
        page.keyboard.press(chiffre)
        aller_a(page, f"[name=commentaire_{critere.pk}]")
        # Dans un texte, un chiffre s'écrit.
        page.keyboard.type("Vu 2 fois.")
    page.get_by_text("2 critères notés sur 2").wait_for()
    page.get_by_text("Enregistré à").wait_for()
    regarder(page, verifier_axe)
    aller_a(page, "[name=soumettre]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Relire et soumettre").wait_for()
    aller_a(page, "form.confirmation button")
    page.keyboard.press("Enter")

    page.get_by_text("Voici la demande suivante de votre file").wait_for()
    assert page.url.endswith(f"/comite/demandes/{seconde}/")
    fiche = Evaluation.objects.get(
        affectation__demande__reference=premiere, affectation__membre=membre
    )
    assert fiche.etat == "soumise"
    notes = [(n.note, n.commentaire) for n in fiche.notes.order_by("critere__ordre")]
    assert notes == [(4, "Vu 2 fois."), (3, "Vu 2 fois.")]
    aller_a(page, "a[rel=next]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/comite/demandes/{premiere}/")
