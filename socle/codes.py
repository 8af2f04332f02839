"""Le code d'un document : ce qui s'imprime au bas de chaque page et se tape dans la vérification.

Douze signes tirés au hasard parmi trente-deux (60 bits) : personne ne le devine, et rien ne s'y
confond à la lecture (ni 0, ni O, ni 1, ni I).
"""

import base64
import io
import re
import secrets

import segno
from django.conf import settings
from django.urls import reverse

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LONGUEUR = 12
_CODE = re.compile(f"[{ALPHABET}]{{{LONGUEUR}}}")


def nouveau_code() -> str:
    """Douze signes, sans tirets, comme ils se rangent."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LONGUEUR))


def normaliser_code(saisie: str) -> str:
    """Le code tel qu'il se range, ou « » si ce n'en est pas un. Espaces et tirets sont permis."""
    compact = re.sub(r"[\s\-–]", "", saisie).upper()
    return compact if _CODE.fullmatch(compact) else ""


def ecrire_code(code: str) -> str:
    """« K7RM-4XQP-2NBD », comme il s'imprime."""
    return "-".join(code[debut : debut + 4] for debut in range(0, LONGUEUR, 4))


def adresse_de_verification(code: str) -> str:
    """L'adresse complète que porte le code QR."""
    return settings.SITE_URL + reverse("verifier_code", kwargs={"code": ecrire_code(code)})


def code_de_l_adresse(texte: str) -> str:
    """Le code que porte l'adresse lue dans un code QR, ou « » si elle n'en porte pas."""
    trouve = re.search(r"/verifier/([^/?#\s]+)/?$", texte.strip())
    return normaliser_code(trouve[1]) if trouve else ""


def image_qr(adresse: str) -> str:
    """Le code QR de ``adresse`` en ``data:image/svg+xml``, marge blanche comprise."""
    sortie = io.BytesIO()
    segno.make(adresse, error="m", micro=False).save(
        sortie, kind="svg", border=2, xmldecl=False, omitsize=True, svgclass=None, lineclass=None
    )
    return "data:image/svg+xml;base64," + base64.b64encode(sortie.getvalue()).decode()
