"""Les espaces insécables du français, posées dans un HTML fini.

Un document de la Ville ne commence pas une ligne par « : » ou par un guillemet fermant, et ne
sépare pas le jour de son mois. Les gabarits, les modèles et les textes saisis s'écrivent avec des
espaces ordinaires : ce module les change à la fin, partout où du texte se lit.
"""

import re

from socle.templatetags.affichage import INSECABLE, MOIS

_HORS_DU_TEXTE = r"<style\b.*?</style>|<!--.*?-->|<[^>]*>"
_APRES_GUILLEMET = r"(?<=«)\s+"
_AVANT_SIGNE = r"\s+(?=[»;:?!%$](?:[\s<.,)]|$))"
_JOUR_ET_MOIS = rf"(?<=(?:\d\d|[ \xa0]\d|er)) (?=(?:{'|'.join(MOIS)})\b)"
_MORCEAU = re.compile(
    f"{_HORS_DU_TEXTE}|{_APRES_GUILLEMET}|{_AVANT_SIGNE}|{_JOUR_ET_MOIS}", re.DOTALL
)


def insecables(html: str) -> str:
    """Le même HTML, ses balises intactes, ses espaces à ne pas couper insécables."""
    return _MORCEAU.sub(lambda trouve: trouve[0] if trouve[0][0] == "<" else INSECABLE, html)
