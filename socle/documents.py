"""Les documents de la Ville : un HTML, son PDF balisé (PDF/UA-1), scellé, et son empreinte, figés.

Un document émis n'est jamais rendu à nouveau : le gabarit du jour ne change pas une lettre d'hier.
Les contextes attendus sont écrits en tête de chaque gabarit de ``templates/pdf/``.
"""

import base64
import hashlib
import logging
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydyf
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from socle import sceau
from socle.codes import adresse_de_verification, ecrire_code, image_qr, nouveau_code
from socle.models import Document
from socle.typographie import insecables

# WeasyPrint annonce chaque étape de chaque rendu : du bruit dans le journal d'un ouvrier.
logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)

LANGUE = "fr-CA"
# Une adresse relative en devient une complète, donc refusée, plutôt qu'une image en moins.
BASE = "https://document.invalid/"
FEUILLES = ("css/dessins-pdf.css", "pdf/document.css")
_DECOR = re.compile(r'<svg\b(?P<attributs>(?![^>]*role="img")[^>]*)>.*?</svg>', re.DOTALL)
_TITRE_SUIVI = re.compile(r"<title>([^<]*)</title>\s*<desc>([^<]*)</desc>")
_PORTEES = {"/THead": "/Column", "/TBody": "/Row", "/TFoot": "/Row"}


class RessourceInterdite(Exception):
    """Le document demande une adresse qui n'est pas un fichier statique du projet."""


class _ArretDuRendu(FatalURLFetchingError):
    """WeasyPrint n'arrête un rendu que sur une BaseException : elle ne sort pas d'ici."""


class FichiersStatiques(URLFetcher):
    """Sert ``static:chemin`` et les données en ligne, rien d'autre : aucun réseau, aucun disque."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        protocole, _, chemin = url.partition(":")
        if protocole == "data":
            return super().fetch(url, headers)
        try:
            trouve = protocole == "static" and finders.find(chemin)
        except SuspiciousFileOperation:
            trouve = None
        if not trouve:
            raise _ArretDuRendu(f"Ressource refusée dans un document : {url}")
        return URLFetcherResponse(url, Path(trouve).read_bytes())


@lru_cache(maxsize=1)
def _feuille_de_style() -> str:
    """Les feuilles, écrites dans le document : il reste lisible sans le projet."""
    return "\n".join(Path(finders.find(nom)).read_text(encoding="utf-8") for nom in FEUILLES)


@lru_cache(maxsize=1)
def _feuille_lue() -> CSS:
    """Les mêmes feuilles, lues une fois par processus : un cinquième du temps d'une lettre."""
    return CSS(string=_feuille_de_style(), base_url=BASE, url_fetcher=FichiersStatiques())


_du_fil = threading.local()


def _polices() -> FontConfiguration:
    """Les polices ouvertes, gardées d'un rendu à l'autre ; chaque fil a les siennes (Pango)."""
    if not hasattr(_du_fil, "polices"):
        _du_fil.polices = FontConfiguration()
    return _du_fil.polices


def lieu_de(nom_de_la_ville: str) -> str:
    """« Ville de Trois-Rivières » → « Trois-Rivières », pour dater une lettre."""
    return re.sub(r"^Ville (de |d['’])", "", nom_de_la_ville)


def _decor_en_fond(trouve: re.Match[str]) -> str:
    """Un SVG décoratif (sans ``role="img"``) devient une image de fond, un artefact du PDF.

    WeasyPrint fait une figure de tout SVG, et une figure sans texte de remplacement viole PDF/UA.
    """
    attributs = trouve["attributs"]
    taille = {
        nom: valeur if valeur.endswith("%") else f"{valeur}px"
        for nom, valeur in re.findall(r'\b(width|height)="([\d.]+%?)"', attributs)
    }
    classe = re.search(r'\bclass="([\w -]*)"', attributs)
    svg = trouve[0].replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    donnees = base64.b64encode(svg.encode()).decode()
    return (
        f'<span class="{classe[1] if classe else "decor"}" style="display: inline-block; '
        f"width: {taille.get('width', '1em')}; height: {taille.get('height', '1em')}; "
        f'background: url(data:image/svg+xml;base64,{donnees}) 0 0 / 100% 100% no-repeat"></span>'
    )


def rendre_html(gabarit: str, contexte: dict[str, Any]) -> str:
    """Le HTML complet du document, styles compris.

    Ajoute au contexte ``ville``, ``demonstration``, ``feuille_de_style`` et ``gabarit`` ; un aperçu
    n'a pas de ``verification``, et son bas de page n'a ni code ni code QR.
    """
    html = render_to_string(
        gabarit,
        {
            "verification": None,
            **contexte,
            "ville": {**settings.VILLE, "lieu": lieu_de(settings.VILLE["nom"])},
            "demonstration": settings.DEMONSTRATION,
            "feuille_de_style": mark_safe(_feuille_de_style()),  # noqa: S308 (fichier du projet)
            "gabarit": gabarit,
        },
    )
    # WeasyPrint ne lit que <title> : la description s'y joint, pour que rien ne s'en perde.
    html = _TITRE_SUIVI.sub(r"<title>\1. \2</title>", html)
    return insecables(_DECOR.sub(_decor_en_fond, html))


def _dire_la_portee(_rendu: Any, pdf: pydyf.PDF) -> None:
    """Écrit la portée des en-têtes de tableau : leur colonne dans ``thead``, leur ligne ailleurs.

    WeasyPrint relie les cellules à leurs en-têtes, sans cet attribut que des lecteurs attendent.
    """
    balises = {
        objet.reference: objet
        for objet in pdf.objects
        if isinstance(objet, pydyf.Dictionary) and objet.get("Type") == "/StructElem"
    }
    for cellule in balises.values():
        if cellule["S"] != "/TH":
            continue
        parent = cellule
        while parent and parent["S"] not in _PORTEES:
            parent = balises.get(parent["P"])
        if parent:
            cellule["A"]["Scope"] = _PORTEES[parent["S"]]


def rendre_pdf(html: str, *, titre: str) -> bytes:
    """Le PDF/UA-1 de ``html``. Deux rendus du même HTML donnent les mêmes octets.

    La feuille de style qu'il contient n'est pas relue : celle du processus, la même, la remplace.
    Lève ``RessourceInterdite`` si le HTML demande autre chose qu'un fichier statique du projet.
    """
    try:
        nu = html.replace(_feuille_de_style(), "", 1)
        rendu = HTML(string=nu, base_url=BASE, url_fetcher=FichiersStatiques()).render(
            stylesheets=[] if nu == html else [_feuille_lue()], font_config=_polices()
        )
    except _ArretDuRendu as arret:
        raise RessourceInterdite(str(arret)) from arret
    rendu.metadata.title = titre
    rendu.metadata.authors = [settings.VILLE["nom"]]
    rendu.metadata.lang = LANGUE
    return rendu.write_pdf(pdf_variant="pdf/ua-1", finisher=_dire_la_portee)


def empreinte(octets: bytes) -> str:
    """SHA-256, en 64 chiffres hexadécimaux."""
    return hashlib.sha256(octets).hexdigest()


def verification(code: str) -> dict[str, str]:
    """Ce que le bas de page porte : le code, l'adresse sans son protocole, le code QR."""
    adresse = adresse_de_verification(code)
    return {
        "code": ecrire_code(code),
        "adresse": adresse.partition("://")[2],
        "qr": image_qr(adresse),
    }


@transaction.atomic
def figer_document(
    *,
    nature: str,
    objet: models.Model,
    gabarit: str,
    contexte: dict[str, Any],
    titre: str,
    acteur: Any = None,
) -> Document:
    """Rend une fois, scelle, puis enregistre HTML, PDF et SHA-256. Rien n'en change ensuite.

    ``contexte["reference"]`` nomme le fichier : ``<nature>-<reference>.pdf``. Lève
    ``SceauInutilisable`` avant de rien écrire. Si la transaction échoue plus tard, le fichier écrit
    reste orphelin, sans ligne qui le nomme.
    """
    sceau.exiger_sceau()
    code = nouveau_code()
    html = rendre_html(gabarit, {**contexte, "verification": verification(code)})
    pdf = rendre_pdf(html, titre=titre)
    scelle = sceau.est_configure()
    if scelle:
        pdf = sceau.sceller(pdf)
    document = Document(
        code=code,
        scelle=scelle,
        nature=nature,
        titre=titre[:200],
        objet_type=objet._meta.label_lower,
        objet_id=str(objet.pk),
        html=html,
        empreinte=empreinte(pdf),
        taille=len(pdf),
        cree_par=acteur if getattr(acteur, "pk", None) else None,
    )
    nom = f"{nature}-{slugify(str(contexte['reference'])) or document.cle}.pdf"
    document.pdf.save(nom, ContentFile(pdf), save=False)
    document.save(force_insert=True)
    return document
