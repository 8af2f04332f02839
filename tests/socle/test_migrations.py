"""``migrate`` ne reconstruit pas plus de modèles qu'il ne faut, et sans leurs transitions."""

from django.core.management import get_commands
from django.db import models
from django.db.migrations import AddConstraint, RemoveConstraint
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.signals import class_prepared
from django.test.utils import isolate_apps
from django_fsm import FSMField

from socle.management.commands.migrate import (
    sans_reconstruire_pour_une_option,
    sans_transitions_historiques,
)


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


def test_une_contrainte_se_pose_sur_le_modele_deja_construit():
    contrainte = models.CheckConstraint(condition=models.Q(nom="oui"), name="nom_oui")
    etat = ProjectState()
    etat.add_model(ModelState("socle", "Passe", [("nom", models.TextField())], {"constraints": []}))
    construit = etat.apps.get_model("socle", "Passe")

    with sans_reconstruire_pour_une_option():
        AddConstraint("passe", contrainte).state_forwards("socle", etat)
        assert etat.apps.get_model("socle", "Passe") is construit
        assert construit._meta.constraints == [contrainte]
        RemoveConstraint("passe", "nom_oui").state_forwards("socle", etat)
        assert construit._meta.constraints == []

    # Hors de la commande, Django fait comme d'ordinaire.
    AddConstraint("passe", contrainte).state_forwards("socle", etat)
    assert etat.apps.get_model("socle", "Passe") is not construit
