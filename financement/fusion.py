"""Fusionner un modèle : des champs entre accolades, des passages facultatifs, rien d'autre.

Un modèle est du HTML simple. ``{{ montant_accorde }}`` y met une valeur ; ce qui est entre
``{{ si conditions }}`` et ``{{ fin }}`` ne paraît que si le champ n'est pas vide. Rien n'est
exécuté : une valeur est toujours échappée. Fonctions pures, sans base.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser

from django.utils.html import conditional_escape, linebreaks
from django_prose_editor.fields import create_sanitizer

from socle.exceptions import RegleViolee

# Ce que l'éditeur offre, et donc tout ce que le nettoyage laisse passer.
EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "HardBreak": True,
    "Heading": {"levels": [2]},
    "HTML": True,
    # La Ville écrit en français : la correction du navigateur lui sert.
    "NoSpellCheck": False,
}
_assainir = create_sanitizer(EXTENSIONS)

JETON = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
BALISE = re.compile(r"(</?[a-z][a-z0-9]*(?: [^>]*)?>)")
SEULS = re.compile(r"<p>\s*(\{\{\s*(?:si\s+\w+|fin)\s*\}\})\s*</p>")
VIDES = re.compile(r"<(p|li|ul|ol|h2|strong|em)>\s*</\1>\s*")
SANS_FIN = frozenset({"br", "hr", "img", "input", "meta", "link"})


@dataclass(frozen=True)
class Place:
    """L'endroit d'un champ dans un modèle."""

    nom: str


@dataclass(frozen=True)
class Passage:
    """Ce qui ne paraît que si le champ ``nom`` n'est pas vide."""

    nom: str
    dedans: "tuple[Morceau, ...]"


Morceau = str | Place | Passage


def _refuser(message: str, code: str, champ: str) -> RegleViolee:
    return RegleViolee(message, champ=champ, code=code)


# --- Le HTML --------------------------------------------------------------------------------------
class _Balises(HTMLParser):
    """Suit les balises ouvertes ; ``defaut`` garde la première qui ne ferme pas bien."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.ouvertes: list[tuple[str, int]] = []
        self.defaut = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in SANS_FIN:
            self.ouvertes.append((tag, self.getpos()[0]))

    def handle_endtag(self, tag: str) -> None:
        if self.defaut or tag in SANS_FIN:
            return
        if not self.ouvertes:
            ligne = self.getpos()[0]
            self.defaut = f"La balise </{tag}> de la ligne {ligne} ne ferme rien."
        elif self.ouvertes[-1][0] != tag:
            self.defaut = _pas_fermee(*self.ouvertes[-1])
        else:
            self.ouvertes.pop()


def _pas_fermee(balise: str, ligne: int) -> str:
    return (
        f"La balise <{balise}> ouverte à la ligne {ligne} n'est pas fermée : ajoutez </{balise}>."
    )


def defaut_de_balises(corps: str) -> str:
    """La phrase qui dit quelle balise n'est pas fermée, ou une chaîne vide."""
    lecteur = _Balises()
    lecteur.feed(corps)
    reste = lecteur.rawdata
    if not lecteur.defaut and reste.startswith("<"):
        return f"La balise commencée par « {reste[:20]} » n'est pas terminée : ajoutez >."
    if not lecteur.defaut and lecteur.ouvertes:
        return _pas_fermee(*lecteur.ouvertes[-1])
    return lecteur.defaut


def nettoyer(corps: str) -> str:
    """Le HTML permis, écrit d'une seule manière ; un texte sans balise devient des paragraphes.

    Lève ``RegleViolee`` (``balise``) quand une balise n'est pas fermée : la deviner changerait
    peut-être le sens. Ce qui n'est pas permis (script, style, image, lien) est retiré.
    """
    corps = corps.strip()
    if not re.search(r"</?[a-zA-Z]", corps):
        corps = linebreaks(corps, autoescape=True) if corps else ""
    if defaut := defaut_de_balises(corps):
        raise _refuser(defaut, "balise", "corps")
    propre = _listes_plates(_assainir(corps).replace("&nbsp;", "\u00a0"))
    return re.sub(r"(</(?:p|h2|ul|ol|li)>|<[uo]l>)\s*(?=<)", "\\1\n", propre).strip()


def _listes_plates(corps: str) -> str:
    """Sans paragraphe dans les éléments de liste : PDF/UA n'en veut pas."""
    sortie: list[str] = []
    pile: list[bool] = []
    for morceau in BALISE.split(corps):
        if morceau == "<li>":
            pile.append(False)
        elif morceau == "</li>" and pile:
            pile.pop()
        elif pile and morceau == "</p>":
            continue
        elif pile and morceau == "<p>":
            if pile[-1]:
                sortie.append("<br>")
            pile[-1] = True
            continue
        sortie.append(morceau)
    return "".join(sortie)


# --- Les champs -----------------------------------------------------------------------------------
def verifier(texte: str, connus: Mapping[str, bool], *, champ: str = "corps") -> None:
    """Refuse ce qui ne se fusionnerait pas. ``connus`` : nom du champ → vrai s'il donne un bloc.

    Lève ``RegleViolee`` : ``accolades``, ``champ_inconnu`` (avec le nom le plus proche),
    ``passage``, ``bloc``. ``champ`` est celui du formulaire où le dire.
    """
    for contenu in JETON.findall(texte):
        _verifier_le_jeton(contenu, connus, champ)
    reste = JETON.sub("", texte)
    for signe in ("{{", "}}"):
        if signe in reste:
            debut = reste.index(signe)
            extrait = _sans_balises(reste[max(0, debut - 15) : debut + 25]).strip()
            raise _refuser(
                f"Des accolades ne vont pas deux par deux : « {extrait} ». Un champ s'écrit "
                "{{ nom }}.",
                "accolades",
                champ,
            )
    for nom, est_bloc in connus.items():
        if not est_bloc:
            continue
        tous = re.findall(rf"\{{\{{\s*{nom}\s*\}}\}}", texte)
        seuls = re.findall(rf"<p>\s*\{{\{{\s*{nom}\s*\}}\}}\s*</p>", texte)
        if len(tous) != len(seuls):
            raise _refuser(
                f"Le champ « {nom} » donne un tableau ou une liste : mettez-le seul dans son "
                "paragraphe.",
                "bloc",
                champ,
            )
    lire(texte, connus, champ=champ)


def _sans_balises(texte: str) -> str:
    return unescape(re.sub(r"<[^>]*>?", " ", texte))


def _verifier_le_jeton(contenu: str, connus: Mapping[str, bool], champ: str) -> None:
    if "{{" in contenu:
        raise _refuser(
            f"Le champ « {{{{{_sans_balises(contenu.split('{{')[0])[:30].rstrip()} » n'est pas "
            "refermé : ajoutez }}.",
            "accolades",
            champ,
        )
    if "<" in contenu:
        raise _refuser(
            f"Le champ « {' '.join(_sans_balises(contenu).split())} » a une mise en forme entre "
            "ses accolades : mettez en forme le champ entier, accolades comprises.",
            "accolades",
            champ,
        )
    mots = unescape(contenu).split()
    if mots == ["fin"]:
        return
    nom = mots[-1] if len(mots) == (2 if mots[:1] == ["si"] else 1) else " ".join(mots)
    if nom in connus:
        return
    proches = difflib.get_close_matches(nom, connus, n=1, cutoff=0.5)
    conseil = f" Vouliez-vous écrire « {proches[0]} » ?" if proches else ""
    raise _refuser(f"Le champ « {nom} » n'existe pas.{conseil}", "champ_inconnu", champ)


def lire(texte: str, connus: Mapping[str, bool], *, champ: str = "corps") -> tuple[Morceau, ...]:
    """``texte`` en morceaux ; lève ``RegleViolee`` (``passage``) si un passage est mal placé."""
    return _lire(texte, frozenset(nom for nom, est_bloc in connus.items() if est_bloc), champ)


# Un modèle se lit une fois pour toutes les lettres d'un appel.
@lru_cache(maxsize=64)
def _lire(texte: str, blocs: frozenset[str], champ: str) -> tuple[Morceau, ...]:
    texte = SEULS.sub(r"\1", texte)
    for nom in blocs:
        texte = re.sub(rf"<p>\s*(\{{\{{\s*{nom}\s*\}}\}})\s*</p>", r"\1", texte)
    fond: list[Morceau] = []
    pile: list[tuple[str, list[Morceau], int]] = []
    courant, place = fond, 0
    for jeton in JETON.finditer(texte):
        courant.append(texte[place : jeton.start()])
        place = jeton.end()
        mots = unescape(jeton[1]).split()
        if mots[0] == "si" and len(mots) == 2:
            pile.append((mots[1], courant, place))
            courant = []
        elif mots == ["fin"]:
            if not pile:
                raise _refuser("Un « {{ fin }} » n'a pas de « {{ si … }} ».", "passage", champ)
            nom, dessus, debut = pile.pop()
            if defaut_de_balises(texte[debut : jeton.start()]):
                raise _refuser(
                    f"Le passage « si {nom} » commence et finit à des endroits différents. Mettez "
                    "« si » et « fin » dans le même paragraphe, ou chacun seul dans le sien.",
                    "passage",
                    champ,
                )
            dessus.append(Passage(nom, tuple(courant)))
            courant = dessus
        else:
            courant.append(Place(mots[0]))
    if pile:
        raise _refuser(
            f"Le passage « si {pile[-1][0]} » n'a pas de « {{{{ fin }}}} ».", "passage", champ
        )
    courant.append(texte[place:])
    return tuple(fond)


def _est_vide(valeur: str) -> bool:
    return not str(valeur or "").strip()


def _places(morceaux: tuple[Morceau, ...], valeurs: Mapping[str, str]) -> Iterator[Morceau]:
    """Les textes et les places qui paraîtront, passages compris ou laissés de côté."""
    for morceau in morceaux:
        if not isinstance(morceau, Passage):
            yield morceau
        elif not _est_vide(valeurs[morceau.nom]):
            yield from _places(morceau.dedans, valeurs)


def champs_vides(
    texte: str, connus: Mapping[str, bool], valeurs: Mapping[str, str]
) -> tuple[str, ...]:
    """Les champs qui paraîtraient vides, une fois chacun, dans l'ordre du texte."""
    noms = (m.nom for m in _places(lire(texte, connus), valeurs) if isinstance(m, Place))
    return tuple(dict.fromkeys(nom for nom in noms if _est_vide(valeurs[nom])))


def fusionner(corps: str, connus: Mapping[str, bool], valeurs: Mapping[str, str]) -> str:
    """Le HTML fusionné. Une valeur est échappée, sauf un bloc déjà rendu (``SafeString``)."""
    html = "".join(
        morceau if isinstance(morceau, str) else conditional_escape(valeurs[morceau.nom])
        for morceau in _places(lire(corps, connus), valeurs)
    )
    avant = ""
    while avant != html:
        avant, html = html, VIDES.sub("", html)
    return html


def fusionner_texte(texte: str, connus: Mapping[str, bool], valeurs: Mapping[str, str]) -> str:
    """Le même, pour une ligne de texte (l'objet d'une lettre) : rien n'y est du HTML."""
    morceaux = _places(lire(texte, connus, champ="objet"), valeurs)
    return "".join(m if isinstance(m, str) else str(valeurs[m.nom]) for m in morceaux).strip()
