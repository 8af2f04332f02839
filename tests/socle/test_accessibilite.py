"""La page « Accessibilité » : du pied de chaque page, avec les coordonnées de la Ville qui sert."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_la_page_dit_ce_qui_ne_tient_pas_et_qui_aide(client, settings):
    settings.VILLE = settings.VILLE | {
        "courriel": "aide@ville.example",
        "telephone": "555 010-0100",
    }
    accueil = client.get(reverse("accueil")).text
    assert f'href="{reverse("accessibilite")}"' in accueil
    page = client.get(reverse("accessibilite")).text
    contenu = page[page.index("<main") : page.index("</main>")]
    assert "WCAG 2.2, au niveau AA" in contenu
    assert "Aucun essai complet n'a été fait avec un vrai lecteur d'écran" in contenu
    assert "un formulaire sur papier" in contenu
    assert 'href="mailto:aide@ville.example"' in contenu
    assert "555 010-0100" in contenu
