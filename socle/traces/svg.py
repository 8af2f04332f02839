"""Le SVG de matplotlib, mis à la règle de la maison : ni style, ni identifiant, ni date.

La politique de sécurité des pages refuse les styles en ligne : chacun devient un attribut de
présentation. Le texte reste du texte, dans la police de la page ou du PDF.
"""

import re
from io import BytesIO

from lxml import etree
from matplotlib import rc_context
from matplotlib.figure import Figure

from socle.traces.donnees import Trace
from socle.typographie import insecables

ESPACE_SVG = "http://www.w3.org/2000/svg"
POLICE = "Inter, sans-serif"
SANS_DATE = {"Date": None, "Creator": None, "Format": None, "Type": None}
# La valeur par défaut de SVG n'a pas à s'écrire.
PAR_DEFAUT = {"stroke-linejoin": "miter", "fill-opacity": "1"}
_LONGS = re.compile(r"-?\d+\.\d+")


def _au_centieme(nombre: re.Match[str]) -> str:
    return f"{float(nombre[0]):.2f}".rstrip("0").rstrip(".")


def nettoyer(figure: Figure, trace: Trace) -> str:
    """Le SVG de la figure, à insérer dans une page : les mêmes données donnent les mêmes octets."""
    sortie = BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "bilan"}):
        figure.savefig(sortie, format="svg", transparent=True, metadata=SANS_DATE)
    racine = etree.fromstring(sortie.getvalue(), etree.XMLParser(remove_comments=True))
    for inutile in ("defs", "metadata"):
        for element in racine.findall(f"{{{ESPACE_SVG}}}{inutile}"):
            racine.remove(element)
    for element in racine.iter():
        _sans_style(element)
    _sans_groupes(racine)
    _sans_fond(racine)
    _decrire(racine, trace)
    for nom in ("width", "height", "version"):
        racine.attrib.pop(nom, None)
    etree.cleanup_namespaces(racine)
    return insecables(etree.tostring(racine, encoding="unicode"))


def _sans_style(element: etree._Element) -> None:
    element.attrib.pop("id", None)
    for declaration in element.attrib.pop("style", "").split(";"):
        nom, _, valeur = (morceau.strip() for morceau in declaration.partition(":"))
        if nom == "font-family":
            element.set(nom, POLICE)
        elif nom and PAR_DEFAUT.get(nom) != valeur:
            element.set(nom, valeur)
    # Une rotation nulle, que matplotlib écrit à chaque texte.
    if element.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
        del element.attrib["transform"]
    for nom in ("d", "x", "y"):
        if nom in element.attrib:
            element.set(nom, _LONGS.sub(_au_centieme, element.attrib[nom]).strip())
    element.text = element.text and element.text.strip()
    element.tail = None


def _sans_groupes(racine: etree._Element) -> None:
    """Les groupes n'étaient que des identifiants : leur contenu remonte à la racine."""
    for groupe in list(racine.iter(f"{{{ESPACE_SVG}}}g")):
        parent = groupe.getparent()
        rang = parent.index(groupe)
        parent[rang : rang + 1] = list(groupe)


def _sans_fond(racine: etree._Element) -> None:
    """Le papier de la figure est transparent : un tracé sans remplissage ni contour ne dit rien."""
    for element in list(racine):
        if element.get("fill") == "none" and element.get("stroke", "none") == "none":
            racine.remove(element)


def _decrire(racine: etree._Element, trace: Trace) -> None:
    racine.set("role", "img")
    for rang, (nom, texte) in enumerate((("title", trace.titre), ("desc", trace.description))):
        element = etree.Element(f"{{{ESPACE_SVG}}}{nom}")
        element.text = texte
        racine.insert(rang, element)
