"""La démonstration du calibrage : un dossier fictif dévoilé, un autre encore à noter."""

import json
from pathlib import Path
from typing import Any

from appels.models import Appel
from evaluations.services import calibrages
from financement.importation.acteurs import Acteurs

DONNEES = Path(__file__).parent / "donnees" / "calibrages.json"


def calibrer(appel: Appel, acteurs: Acteurs) -> None:
    """Prépare, ouvre et fait noter les deux dossiers ; dévoile le premier."""
    criteres = list(appel.criteres.all())
    contenus = json.loads(DONNEES.read_text(encoding="utf-8"))
    for rang, contenu in enumerate(contenus):
        fiches = contenu.pop("fiches")
        calibrage = calibrages.creer_calibrage(acteur=acteurs.agent, appel=appel, **contenu)
        calibrages.ouvrir_calibrage(acteur=acteurs.agent, calibrage=calibrage)
        for code, notes in fiches.items():
            _noter(calibrage, acteurs.comite[code], criteres, notes)
        if rang == 0:
            calibrages.devoiler_calibrage(acteur=acteurs.agent, calibrage=calibrage)


def _noter(calibrage: Any, personne: Any, criteres: list[Any], notes: list[Any]) -> None:
    membre = calibrage.appel.membres.get(utilisateur=personne)
    saisies = {
        critere: {"note": note, "commentaire": commentaire}
        for critere, (note, commentaire) in zip(criteres, notes, strict=True)
    }
    commun = {"acteur": personne, "calibrage": calibrage, "membre": membre}
    calibrages.enregistrer_fiche(**commun, notes=saisies)
    calibrages.soumettre_fiche(**commun)
