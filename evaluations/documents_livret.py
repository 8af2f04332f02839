"""Le contexte du livret de lecture : les dossiers du membre et une grille à remplir à la main."""

from typing import Any

from evaluations.calendrier import echeance_de
from evaluations.lecture import DemandeLue
from evaluations.models import MembreComite
from socle import horloge


def contexte_livret(membre: MembreComite, demandes: list[DemandeLue]) -> dict[str, Any]:
    """Les clés de ``pdf/livret.html``."""
    return {
        "reference": f"LIV-{membre.appel.code}-{membre.code}",
        "appel": membre.appel,
        "membre": membre.utilisateur.nom,
        "date": horloge.aujourdhui(),
        "echeance": echeance_de(membre.appel),
        "criteres": list(membre.appel.criteres.all()),
        "demandes": demandes,
    }
