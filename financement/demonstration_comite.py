"""Ce que la démonstration fait dire au comité : ses thèmes, un employeur, deux liens possibles."""

from appels.models import Appel
from evaluations.services import interets
from financement.importation.acteurs import Acteurs
from socle.models import Organisme

# Membre → rangs des thèmes du plan qu'il connaît, et son employeur.
PORTRAITS = {
    "M3": ((0, 1), "Centre intégré de santé"),
    "M4": ((1, 2), "Élan Emploi Mauricie"),
    "M5": ((0,), ""),
}


def presenter_le_comite(appel: Appel, acteurs: Acteurs) -> None:
    """Idriss travaille chez un organisme ; Léa porte le nom d'une administratrice d'un autre."""
    themes = list(appel.plan.themes.all())
    for code, (rangs, employeur) in PORTRAITS.items():
        interets.se_decrire(
            acteur=acteurs.comite[code],
            membre=appel.membres.get(code=code),
            themes=[theme for rang, theme in enumerate(themes) if rang in rangs],
            employeur=employeur,
        )
    Organisme.objects.filter(demandes__appel=appel, nom="Maison Familles Horizon").update(
        administrateurs="Marthe Prototype\nÉmile Gabarit"
    )
