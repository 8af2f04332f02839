"""Chaque courriel tient la même forme : un bonjour, quoi faire, un lien, qui écrit."""

import re
from pathlib import Path

import pytest
from django.conf import settings

COURRIELS = sorted(Path(settings.BASE_DIR, "templates/courriels").glob("*.txt"))


@pytest.mark.parametrize("fichier", COURRIELS, ids=lambda fichier: fichier.stem)
def test_un_courriel_a_sa_base_et_une_adresse_seule_sur_sa_ligne(fichier: Path) -> None:
    ecrit = fichier.read_text(encoding="utf-8")
    assert ecrit.startswith('{% extends "account/email/base_message.txt" %}')
    liens = [ligne for ligne in ecrit.splitlines() if re.search(r"\{\{ (lien|site) \}\}", ligne)]
    assert liens
    for ligne in liens:
        assert re.match(r"(\{\{ (lien|site) \}\})", ligne), ligne
