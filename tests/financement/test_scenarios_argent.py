"""Ce qu'un scénario laisse à chaque source : les sommes du grand livre."""

from decimal import Decimal

import pytest

from financement.candidats import argent_de
from financement.models import Credit, LigneScenario
from financement.services import transferts
from tests.factories import (
    AppelFactory,
    DecisionFactory,
    DemandeFactory,
    ResolutionFactory,
    UtilisateurFactory,
    VoletFactory,
)

pytestmark = pytest.mark.django_db


def test_le_reste_par_bailleur_est_celui_du_grand_livre_meme_apres_un_transfert():
    """Un transfert ne prend qu'à une source : les parts du volet ne sont plus celles d'avant."""
    appel = AppelFactory(en_evaluation=True, garniture=False)
    volet = VoletFactory(appel=appel, no=1, enveloppe=Decimal(37200))
    une, deux = (DemandeFactory(recommandee=True, appel=appel, volet=volet) for _ in range(2))
    autre = VoletFactory(appel=appel, no=2, nom="Petits", enveloppe=Decimal(10000))
    DecisionFactory(demande=une, montant_accorde=Decimal("8000"))
    credit = Credit.objects.get(volet__no=1, bailleur="MIFI", volet__appel=appel)
    transferts.transferer(
        acteur=UtilisateurFactory(approbation=True),
        resolution=ResolutionFactory(appel=appel),
        credit=credit,
        volet=autre,
        montant=Decimal("15000.01"),
        motif="Plus de petits projets.",
    )
    decision = DecisionFactory(demande=deux, montant_accorde=Decimal("7777.77"))
    argent = argent_de(appel)
    livre = {}
    for credit in Credit.objects.filter(volet__appel=appel):
        accorde, libre = livre.get(credit.bailleur, (0, 0))
        livre[credit.bailleur] = (accorde + credit.accord, libre + credit.libre)
    assert {r.libelle: (r.accorde, r.reste) for r in argent.restes([]).bailleurs} == livre
    # Une demande que le scénario propose lui-même y retrouve exactement ce qu'elle a reçu.
    ligne = LigneScenario(demande=decision.demande, montant=decision.montant_accorde)
    assert {r.libelle: r.reste for r in argent.restes([ligne]).bailleurs} == {
        bailleur: libre for bailleur, (_, libre) in livre.items()
    }
