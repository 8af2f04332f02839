from pathlib import Path

from django.conf import settings

from socle.dessin_cycles import texte


def test_les_diagrammes_de_la_documentation_sont_a_jour():
    ecrit = Path(settings.BASE_DIR, "docs", "cycle_de_vie.md").read_text(encoding="utf-8")

    assert ecrit == texte(), "Lancez : python manage.py dessiner_cycles"
