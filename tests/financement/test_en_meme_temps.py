"""Deux connexions, un départ commun, sur le vrai PostgreSQL : un geste passe, l'autre se refuse."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from financement.models import Versement
from financement.services import versements
from socle.exceptions import RegleViolee
from socle.models import EntreeJournal, Invitation
from socle.services import organismes
from tests.factories import AdhesionFactory, UtilisateurFactory, VersementFactory

pytestmark = pytest.mark.django_db(transaction=True)


def ensemble(*gestes: Callable[[], object]) -> list[str]:
    """Ce que chaque geste a donné : « fait », ou le code de son refus."""
    depart, issues = threading.Barrier(len(gestes)), []

    def agir(geste: Callable[[], object]) -> None:
        try:
            depart.wait(timeout=10)
            geste()
            issues.append("fait")
        except RegleViolee as refus:
            issues.append(refus.code)
        finally:
            connection.close()

    fils = [threading.Thread(target=agir, args=(geste,)) for geste in gestes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(timeout=30)
    return sorted(issues)


def test_un_versement_ne_se_paie_qu_une_fois_et_une_invitation_n_a_qu_une_issue() -> None:
    versement = VersementFactory(
        etat="autorise",
        propose_par=UtilisateurFactory(agent=True),
        autorise_par=UtilisateurFactory(approbation=True),
    )
    payeurs = [UtilisateurFactory(tresorerie=True) for _ in range(2)]

    issues = ensemble(
        *(
            lambda qui=qui, no=no: versements.verser_versement(
                acteur=qui,
                versement=Versement.objects.get(pk=versement.pk),
                reference=f"CHQ-{no}",
            )
            for no, qui in enumerate(payeurs)
        )
    )
    assert issues == ["etat", "fait"]
    assert EntreeJournal.objects.filter(verbe="versement.verser").count() == 1

    responsable = AdhesionFactory()
    invitation = organismes.inviter(
        acteur=responsable.utilisateur,
        organisme=responsable.organisme,
        courriel="invitee@exemple.test",
        role="redacteur",
    )
    invitee = UtilisateurFactory(email="invitee@exemple.test")

    issues = ensemble(
        lambda: organismes.accepter_invitation(acteur=invitee, jeton=invitation.jeton),
        lambda: organismes.annuler_invitation(
            acteur=responsable.utilisateur, invitation=Invitation.objects.get(pk=invitation.pk)
        ),
    )
    invitation.refresh_from_db()
    assert issues == ["expiree", "fait"]
    assert (invitation.acceptee_le is None) != (invitation.annulee_le is None)
    assert invitee.adhesions.exists() == (invitation.acceptee_le is not None)
