"""Chaque formulaire de chaque salle, envoyé vide, énorme, négatif, illisible ou forgé.

On suit les liens depuis l'accueil de chaque rôle, puis on envoie de travers chaque formulaire
rencontré : rien ne casse, une phrase dit pourquoi, et ce qui était écrit reste à l'écran.
"""

import re
from collections import Counter
from functools import cache
from html import escape
from html.parser import HTMLParser
from itertools import cycle
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from tests.parcours.monde import un_monde

pytestmark = pytest.mark.django_db

ROLES = (None, "responsable", "membre", "agent", "approbation", "tresorerie", "administration")
PAGES_PAR_VUE = 2
# Ce qui distingue deux pages d'une même vue.
ONGLETS = {"onglet", "partie", "genre", "nature", "action", "passage"}
TEXTES = {"text", "textarea", "search", "email", "url", "tel", "number", "date", "time",
          "datetime-local", ""}  # fmt: skip
ILLISIBLE = "<b>deux</b> & demi"
# Ce qu'on écrit partout, tour à tour ; puis, une fois, jusque dans les champs cachés.
ENVOIS = {
    "vide": [""],
    "énorme": ["9" * 25, "9" * 5_000],
    "faux": ["-1", "1e999", "NaN", "31/31/2030"],
    "illisible": [ILLISIBLE],
    "forgé": ["a\x00b", "²", "-9"],
}
# Ce qui ne se garde pas sans session : le compte, le second facteur, les coordonnées bancaires.
SANS_MEMOIRE = ("account_", "mfa_", "organisme:coordonnees")
# Des fichiers à télécharger, sans formulaire ; se déconnecter arrêterait la visite.
AILLEURS = re.compile(r"telecharger|apercu|/pdf/|/documents?/|/pieces/|/pages/|export|sortir")
ERREUR = re.compile(r"sommaire-erreurs|champ__erreur|role=\"alert\"|encart--(a_faire|refus)")


class Formulaires(HTMLParser):
    """Les formulaires POST d'une page : leur adresse, leurs champs ; et les liens."""

    def __init__(self, adresse: str) -> None:
        super().__init__()
        self.adresse = adresse
        self.liens: list[str] = []
        self.formulaires: list[tuple[dict[str, bool], list[tuple[str, str, str]]]] = []
        self.par_id: dict[str, list[tuple[str, str, str]]] = {}
        self.champs: list[tuple[str, str, str]] | None = None
        # L'adresse de chaque formulaire, et celles où le JavaScript enregistre de lui-même.
        self.adresses: dict[str, bool] = {}

    def handle_starttag(self, balise: str, attributs: list[tuple[str, str | None]]) -> None:
        a = {nom: valeur or "" for nom, valeur in attributs}
        if balise == "a":
            self.liens.append(urlsplit(urljoin(self.adresse, a.get("href", ""))).path)
        if balise == "form":
            self.champs = self.par_id.setdefault(a.get("id", f"f{self.getpos()}"), [])
            if a.get("method", "get").lower() == "post":
                self.adresses = {urljoin(self.adresse, a.get("action", "")): True}
                self.formulaires.append((self.adresses, self.champs))
            else:
                self.adresses = {}
        for nom, valeur in a.items():
            if nom == "hx-post" or (nom.startswith("data-") and valeur.startswith("/")):
                self.adresses.setdefault(valeur, False)
        if balise in {"input", "textarea", "select", "button"} and a.get("name"):
            defaut = {"input": "", "button": "submit"}
            genre = a.get("type", defaut[balise]) if balise in defaut else balise
            cible = self.par_id.setdefault(a["form"], []) if "form" in a else self.champs
            # Le modèle d'une ligne à ajouter n'est pas un champ : le JavaScript le copie.
            if cible is not None and not re.search("__(prefix|rang)__", a["name"]):
                cible.append((a["name"], genre, a.get("value", "")))

    def handle_endtag(self, balise: str) -> None:
        if balise == "form":
            self.champs, self.adresses = None, {}


@cache
def nom_de(adresse: str) -> tuple[str, ...] | None:
    try:
        vue = resolve(adresse)
    except Resolver404:
        return None
    return (vue.view_name, *(str(v) for cle, v in vue.kwargs.items() if cle in ONGLETS))


def ouvrir(client: Client, adresse: str) -> Any:
    reponse = client.get(adresse)
    if reponse.streaming:
        b"".join(reponse.streaming_content)
        return None
    return reponse if est_une_page(reponse) else None


def est_une_page(reponse: Any) -> bool:
    html = reponse.get("Content-Type", "").startswith("text/html")
    return html and reponse.status_code in {200, 422}


def rencontrer(client: Client, depart: list[str]) -> dict[Any, tuple[str, list, str]]:
    """Les formulaires qu'on rencontre en suivant les liens : clé → adresse, champs, page.

    La page est vide pour une adresse où seul le JavaScript écrit.
    """
    a_voir, vues, trouves = list(depart), Counter(), {}
    deja = set()
    while a_voir:
        adresse = a_voir.pop(0)
        nom = nom_de(adresse)
        if nom is None or adresse in deja or vues[nom] >= PAGES_PAR_VUE or AILLEURS.search(adresse):
            continue
        deja.add(adresse)
        vues[nom] += 1
        reponse = ouvrir(client, adresse)
        if reponse is None:
            continue
        lue = Formulaires(adresse)
        lue.feed(reponse.content.decode())
        a_voir += lue.liens
        for adresses, champs in lue.formulaires:
            for ecrite, native in adresses.items():
                cible = urlsplit(ecrite).path
                forme = frozenset(re.sub(r"\d+", "N", c[0]) for c in champs)
                if nom := nom_de(cible):
                    page = adresse if native else ""
                    trouves.setdefault((nom, forme), (cible, list(champs), page))
    return trouves


def de_travers(champs: list, envoi: str) -> dict[str, str]:
    """Ces champs remplis de travers ; les champs cachés et les boutons seulement si forgés."""
    valeurs, forge = cycle(ENVOIS[envoi]), envoi == "forgé"
    donnees: dict[str, str] = {}
    for nom, genre, avant in champs:
        if genre in {"submit", "button"} and not forge:
            # Un navigateur n'envoie que le bouton choisi : ici, le premier.
            if not any(g in {"submit", "button"} and n in donnees for n, g, _ in champs):
                donnees[nom] = avant
        elif genre == "hidden" and not forge:
            donnees[nom] = avant
        elif genre != "file" and (ENVOIS[envoi] != [""] or genre in TEXTES | {"password"}):
            donnees[nom] = next(valeurs)
    return donnees


def juger(client: Client, cible: str, champs: list, envoi: str) -> str:
    """Le défaut de cet envoi, ou rien."""
    donnees = de_travers(champs, envoi)
    try:
        with transaction.atomic():
            reponse = client.post(cible, donnees)
            transaction.set_rollback(True)
    except SuspiciousOperation:
        return ""
    except Exception as erreur:
        return f"{cible} {envoi} : {type(erreur).__name__} {str(erreur)[:160]}"
    if reponse.status_code >= 500:
        return f"{cible} {envoi} : {reponse.status_code}"
    if envoi != "illisible" or not est_une_page(reponse):
        return ""
    if not ERREUR.search(reponse.content.decode()):
        return f"{cible} : aucune erreur ne se voit {sorted(donnees)}"
    return manque(cible, reponse, champs, donnees)


def manque(cible: str, reponse: Any, champs: list, donnees: dict[str, str]) -> str:
    """Ce qui était écrit et que la page n'a pas gardé, ou rien."""
    textes = {n for n, genre, _ in champs if genre in TEXTES and n in donnees}
    gardes = reponse.content.decode().count(escape(ILLISIBLE))
    return f"{cible} : {gardes} textes gardés sur {textes}" if gardes < len(textes) else ""


def perdre_sa_session(personne: Any, cible: str, champs: list, page: str) -> str:
    """Le défaut de cet envoi fait sans session, puis repris après la connexion ; ou rien."""
    donnees = de_travers(champs, "illisible")
    client = Client()
    client.post(cible, donnees, HTTP_REFERER=f"http://testserver{page}")
    client.force_login(personne)
    with transaction.atomic():
        reponse = client.get(cible, follow=True)
        transaction.set_rollback(True)
    if not est_une_page(reponse):
        return f"{cible} sans session : {reponse.status_code}"
    return manque(f"{cible} sans session", reponse, champs, donnees)


def test_un_formulaire_envoye_de_travers_ne_casse_rien_et_garde_ce_qui_est_ecrit():
    monde = un_monde()
    defauts, essayes = [], set()
    for role in ROLES:
        client = Client()
        depart = ["/", "/connexion/", "/verifier/"]
        if role:
            client.force_login(getattr(monde, role))
            depart = ["/mon-espace/", "/organisme/", "/comite/", "/ville/", "/bilan/"]
        for cle, (cible, champs, page) in rencontrer(client, depart).items():
            if cle in essayes or AILLEURS.search(cible) or not champs:
                continue
            essayes.add(cle)
            textes = any(genre in TEXTES for _, genre, _ in champs)
            envois = ENVOIS if textes else ("illisible", "forgé")
            defauts += [juger(client, cible, champs, envoi) for envoi in envois]
            if role and textes and page and not nom_de(cible)[0].startswith(SANS_MEMOIRE):
                defauts.append(perdre_sa_session(getattr(monde, role), cible, champs, page))
    defauts = list(filter(None, defauts))
    assert not defauts, f"{len(defauts)} sur {len(essayes)}\n" + "\n".join(defauts)
    assert len(essayes) > 100
