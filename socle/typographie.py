"""Les espaces insécables du français, posées dans un HTML fini ou dans un gabarit.

Une page ou un document de la Ville ne commence pas une ligne par « : » ou par un guillemet fermant,
et ne sépare pas le jour de son mois. Les gabarits, les modèles et les textes saisis s'écrivent avec
des espaces ordinaires : ce module les change, partout où du texte se lit. Un document l'est une
fois fini ; une page l'est dans ses gabarits, quand ils se chargent, et ne coûte rien de plus.
"""

import re

from django.template import Origin
from django.template.loaders.filesystem import Loader

from socle.templatetags.affichage import INSECABLE, MOIS

_HORS_DU_TEXTE = r"<style\b.*?</style>|<!--.*?-->|<[^>]*>"
_DU_GABARIT = r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}"
_TEL_QUEL = r"<(?P<tel_quel>script|style|textarea|pre|code)\b.*?</(?P=tel_quel)>"
_BALISE = rf"<(?:{_DU_GABARIT}|[^>])*>"
_APRES_GUILLEMET = r"(?<=«)\s+"
_AVANT_SIGNE = r"\s+(?=[»;:?!%$](?:[\s<.,)]|$))"
_AVANT_SIGNE_DU_GABARIT = r"(?<=\S) (?=[»;:?!%$](?:[\s<.,){]|$))"
_JOUR_ET_MOIS = rf"(?<=(?:\d\d|[ \xa0]\d|er)) (?=(?:{'|'.join(MOIS)})\b)"
_MORCEAU = re.compile(
    f"{_HORS_DU_TEXTE}|{_APRES_GUILLEMET}|{_AVANT_SIGNE}|{_JOUR_ET_MOIS}", re.DOTALL
)


def insecables(html: str) -> str:
    """Le même HTML, ses balises intactes, ses espaces à ne pas couper insécables."""
    return _MORCEAU.sub(lambda trouve: trouve[0] if trouve[0][0] == "<" else INSECABLE, html)


_MORCEAU_DU_GABARIT = re.compile(
    f"<!--.*?-->|{_TEL_QUEL}|{_BALISE}|{_DU_GABARIT}|(?<=«) |{_AVANT_SIGNE_DU_GABARIT}", re.DOTALL
)
_TEXTE_DONNE = re.compile(r'(?<=[ =])"[^"]*"')
_DANS_LE_TEXTE_DONNE = re.compile(r'(?<=«) | (?=[»;:?!%$](?:[\s<.,)"]|$))')


def insecables_du_gabarit(source: str) -> str:
    """La même source, ses espaces de phrase insécables, ses balises HTML et Django intactes.

    Les textes donnés à une balise du gabarit (``titre="Une question ?"``) sont des phrases aussi.
    """
    return _MORCEAU_DU_GABARIT.sub(_typographier, source)


def _typographier(trouve: re.Match[str]) -> str:
    morceau = trouve[0]
    if morceau.startswith("{%"):
        return _TEXTE_DONNE.sub(
            lambda texte: _DANS_LE_TEXTE_DONNE.sub(INSECABLE, texte[0]), morceau
        )
    return INSECABLE if morceau.isspace() else morceau


class GabaritsTypographies(Loader):
    """Les gabarits de templates/, leurs phrases typographiées au chargement (ADR 0053)."""

    def get_contents(self, origin: Origin) -> str:
        source = super().get_contents(origin)
        return insecables_du_gabarit(source) if origin.name.endswith(".html") else source
