"""Chaque formulaire de chaque salle, envoyé vide, énorme, négatif, illisible ou forgé.

On suit les liens depuis l'accueil de chaque rôle, puis on envoie de travers chaque formulaire
rencontré : rien ne casse, une phrase dit pourquoi, et ce qui était écrit reste à l'écran.
"""

import re
from collections import Counter
from html import escape
from html.parser import HTMLParser
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
PAGES_PAR_VUE = 6
# Ce qui distingue deux pages d'une même vue.
ONGLETS = {"onglet", "partie", "genre", "nature", "action", "passage"}
TEXTES = {"text", "textarea", "search", "email", "url", "tel", "number", "date", "time",
          "datetime-local", ""}  # fmt: skip
ILLISIBLE = "<b>deux</b> & demi"
ENVOIS = {
    "vide": ("", False),
    "énorme": ("9" * 30_000, False),
    "négatif": ("-1", False),
    "illisible": (ILLISIBLE, False),
    "infini": ("1e999", False),
    "forgé": ("a\x00b", True),
}
ERREUR = re.compile(r"sommaire-erreurs|champ__erreur|role=\"alert\"|encart--(a_faire|refus)")


class Formulaires(HTMLParser):
    """Les formulaires POST d'une page : leur adresse, leurs champs ; et les liens."""

    def __init__(self, adresse: str) -> None:
        super().__init__()
        self.adresse = adresse
        self.liens: list[str] = []
        self.formulaires: list[tuple[set[str], list[tuple[str, str, str]]]] = []
        self.par_id: dict[str, list[tuple[str, str, str]]] = {}
        self.champs: list[tuple[str, str, str]] | None = None
        self.adresses: set[str] = set()

    def handle_starttag(self, balise: str, attributs: list[tuple[str, str | None]]) -> None:
        a = {nom: valeur or "" for nom, valeur in attributs}
        if balise == "a":
            self.liens.append(urlsplit(urljoin(self.adresse, a.get("href", ""))).path)
        if balise == "form":
            self.champs = self.par_id.setdefault(a.get("id", f"f{self.getpos()}"), [])
            if a.get("method", "get").lower() == "post":
                self.adresses = {urljoin(self.adresse, a.get("action", ""))}
                self.formulaires.append((self.adresses, self.champs))
            else:
                self.adresses = set()
        # Là où le JavaScript enregistre de lui-même.
        for nom, valeur in a.items():
            if nom == "hx-post" or (nom.startswith("data-") and valeur.startswith("/")):
                self.adresses.add(valeur)
        if balise in {"input", "textarea", "select", "button"} and a.get("name"):
            genre = a.get("type", "") if balise in {"input", "button"} else balise
            cible = self.par_id.setdefault(a["form"], []) if "form" in a else self.champs
            if cible is not None:
                cible.append((a["name"], genre, a.get("value", "")))

    def handle_endtag(self, balise: str) -> None:
        if balise == "form":
            self.champs, self.adresses = None, set()


def nom_de(adresse: str) -> tuple[str, ...] | None:
    try:
        vue = resolve(adresse)
    except Resolver404:
        return None
    return (vue.view_name, *(str(v) for cle, v in vue.kwargs.items() if cle in ONGLETS))


def rencontrer(client: Client, depart: list[str]) -> dict[Any, tuple[str, list]]:
    """Les formulaires différents qu'on rencontre en suivant les liens : clé → adresse, champs."""
    a_voir, vues, trouves = list(depart), Counter(), {}
    deja = set()
    while a_voir:
        adresse = a_voir.pop(0)
        nom = nom_de(adresse)
        if nom is None or adresse in deja or vues[nom] >= PAGES_PAR_VUE:
            continue
        deja.add(adresse)
        vues[nom] += 1
        reponse = client.get(adresse)
        if reponse.streaming or reponse.status_code != 200:
            continue
        if not reponse["Content-Type"].startswith("text/html"):
            continue
        page = Formulaires(adresse)
        page.feed(reponse.content.decode())
        a_voir += page.liens
        for adresses, champs in page.formulaires:
            for cible in adresses:
                cible = urlsplit(cible).path
                forme = frozenset(re.sub(r"\d+", "N", c[0]) for c in champs)
                if nom_de(cible):
                    trouves.setdefault((nom_de(cible), forme), (cible, list(champs)))
    return trouves


def de_travers(champs: list, valeur: str, forge: bool) -> dict[str, str]:
    """Ces champs, remplis de ``valeur`` ; les champs cachés et les boutons seulement si forgés."""
    envoi = {}
    for nom, genre, avant in champs:
        if genre in {"hidden", "submit", "button"}:
            envoi[nom] = valeur if forge else avant
        elif genre == "file":
            continue
        elif valeur or genre in TEXTES | {"password"}:
            envoi[nom] = valeur
    return envoi


def juger(client: Client, cible: str, champs: list, envoi: str) -> str:
    """Le défaut de cet envoi, ou rien."""
    valeur, forge = ENVOIS[envoi]
    donnees = de_travers(champs, valeur, forge)
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
    if reponse.status_code != 200 or reponse.streaming or envoi != "illisible":
        return ""
    if not reponse["Content-Type"].startswith("text/html"):
        return ""
    page = reponse.content.decode()
    if not ERREUR.search(page):
        return f"{cible} {envoi} : aucune erreur ne se voit {sorted(donnees)}"
    textes = [n for n, genre, _ in champs if genre in TEXTES and donnees.get(n)]
    if textes and page.count(escape(valeur)) < len(set(textes)):
        return f"{cible} {envoi} : {page.count(escape(valeur))} textes gardés sur {len(textes)}"
    return ""


def test_un_formulaire_envoye_de_travers_ne_casse_rien_et_garde_ce_qui_est_ecrit():
    monde = un_monde()
    defauts, essayes = [], set()
    for role in ROLES:
        client = Client()
        depart = ["/", "/connexion/", "/projets/", "/services/", "/verifier/"]
        if role:
            client.force_login(getattr(monde, role))
            depart = ["/", "/mon-espace/", "/organisme/", "/comite/", "/ville/", "/bilan/"]
        for cle, (cible, champs) in rencontrer(client, depart).items():
            if (cle, role) in essayes or "deconnexion" in cible:
                continue
            essayes.add((cle, role))
            defauts += filter(None, (juger(client, cible, champs, envoi) for envoi in ENVOIS))
    assert not defauts, f"{len(defauts)} sur {len(essayes)}\n" + "\n".join(defauts)
    assert len(essayes) > 150
