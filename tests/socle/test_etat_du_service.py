"""La page d'état et la première administration."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from socle.models import EntreeJournal
from tests.factories import UtilisateurFactory

pytestmark = pytest.mark.django_db


def test_la_premiere_personne_recoit_l_administration_et_le_journal_le_dit(client, capsys):
    personne = UtilisateurFactory(email="marie@exemple.test", agent=True)
    client.force_login(personne)
    assert client.get(reverse("ville:comptes")).status_code == 404

    call_command("nommer_administration", "Marie@exemple.test")

    personne.refresh_from_db()
    assert personne.roles == ["administration", "agent"]
    assert client.get(reverse("ville:comptes")).status_code == 200
    entree = EntreeJournal.objects.pour(personne).get(verbe="compte.regler")
    assert entree.acteur is None


def test_sans_compte_la_commande_dit_de_s_inscrire():
    with pytest.raises(CommandError, match="inscrivez-le d'abord"):
        call_command("nommer_administration", "personne@exemple.test")


def test_la_page_d_etat_dit_chaque_morceau_a_qui_peut_agir(client):
    client.force_login(UtilisateurFactory(administration=True))
    page = client.get(reverse("ville:etat"))
    for morceau in ("Base de données", "File des tâches", "Ouvrier et horloge", "Sauvegarde"):
        assert morceau in page.text

    client.force_login(UtilisateurFactory(tresorerie=True))
    assert client.get(reverse("ville:etat")).status_code == 404
