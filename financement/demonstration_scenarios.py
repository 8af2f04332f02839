"""Les scénarios de l'appel passé, préparés pour la séance du comité ; l'un est figé."""

from decimal import Decimal

from appels.models import Appel
from financement.importation.acteurs import Acteurs
from financement.services import scenarios


def preparer(appel: Appel, acteurs: Acteurs) -> None:
    """Trois règles à comparer ; celle du classement devient l'annexe de la recommandation."""
    commun = {"acteur": acteurs.agent, "appel": appel, "seuil": appel.seuil_passage}
    classement = scenarios.creer_scenario(**commun, nom="Selon le classement", regle="rang")
    scenarios.creer_scenario(**commun, nom="Le plus de points", regle="score")
    scenarios.creer_scenario(
        **commun | {"seuil": appel.seuil_passage - Decimal(5)},
        nom="Tout le plan, montants réduits",
        regle="couverture",
        dimensions=["objectif"],
        plancher=75,
    )
    scenarios.figer_scenario(acteur=acteurs.agent, scenario=classement)
