"""``migrate`` ne traîne pas les transitions dans les modèles que les migrations reconstruisent."""

from django.core.management import get_commands
from django.db import models
from django.db.models.signals import class_prepared
from django.test.utils import isolate_apps
from django_fsm import FSMField

from socle.management.commands.migrate import sans_transitions_historiques


@isolate_apps("socle")
def un_modele():
    class Passe(models.Model):
        etat = FSMField()

        class Meta:
            app_label = "socle"

        def __str__(self):
            return self.etat

    return Passe


def test_un_modele_d_une_migration_n_ecoute_rien_et_les_autres_comme_avant():
    avant = len(class_prepared.receivers)
    with sans_transitions_historiques():
        historique = un_modele()
    assert len(class_prepared.receivers) == avant
    assert isinstance(historique._meta.get_field("etat"), FSMField)
    vivant = un_modele()
    assert len(class_prepared.receivers) == avant + 1
    assert vivant is not historique


def test_c_est_ce_migrate_que_l_application_lance():
    assert get_commands()["migrate"] == "socle"
