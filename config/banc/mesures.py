"""Ce que le banc mesure : chaque nom de contrat.md, la page qu'il désigne, qui la demande.

Une page dont l'adresse n'existe pas encore est absente du tableau.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from config.banc.donnees import Jeu
from socle.models import Utilisateur


@dataclass(frozen=True)
class Demande:
    """Une demande HTTP : qui, où, avec quel corps."""

    chemin: str
    compte: Utilisateur | None = None
    corps: str | None = None
    type_corps: str = "application/x-www-form-urlencoded"
    # Une autre page de la liste à chaque fois : le cache ne l'a jamais.
    feuillete: bool = False

    def adresse(self, rang: int) -> str:
        return f"{self.chemin}?page={rang}" if self.feuillete else self.chemin

    @property
    def entetes(self) -> dict[str, str]:
        """Ce qu'un enregistrement automatique ajoute : une demande de script, réponse en JSON."""
        if self.corps is None:
            return {}
        return {"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}

    @property
    def methode(self) -> str:
        return "GET" if self.corps is None else "POST"


def adresse(nom: str, **arguments: Any) -> str | None:
    try:
        return reverse(nom, kwargs=arguments or None)
    except NoReverseMatch:
        return None


def _page(nom: str, qui: Callable[[Jeu], Utilisateur | None], **chercher: Callable[[Jeu], Any]):
    def trouver(jeu: Jeu) -> Demande | None:
        chemin = adresse(nom, **{cle: lire(jeu) for cle, lire in chercher.items()})
        return Demande(chemin, qui(jeu)) if chemin else None

    return trouver


def _registre_refait(jeu: Jeu) -> Demande | None:
    """Le registre fait de bout en bout, pour une personne connectée."""
    chemin = adresse("registre")
    return Demande(chemin, jeu.organisme, feuillete=True) if chemin else None


def _export(jeu: Jeu) -> Demande | None:
    """La liste entière en classeur."""
    chemin = adresse("ville:demandes")
    return Demande(f"{chemin}?format=xlsx", jeu.agent) if chemin else None


def _autosave(jeu: Jeu) -> Demande | None:
    """L'enregistrement d'une réponse pendant la saisie."""
    question = jeu.reponse.question_id
    chemin = adresse(
        "organisme:enregistrer_reponse", reference=jeu.brouillon.reference, pk=question
    )
    if chemin is None:
        return None
    texte = "Un texte qui grandit. " * 20
    return Demande(chemin, jeu.organisme, urlencode({f"q{question}": texte}))


def temoin_de(nom: str, jeu: Jeu) -> Demande:
    if nom == "autosave":
        chemin = reverse("banc_ecriture", args=[jeu.reponse.pk])
        return Demande(chemin, None, urlencode({"valeur": json.dumps("Un texte. " * 40)}))
    return Demande(reverse("banc_lecture"))


MESURES: dict[str, Callable[[Jeu], Demande | None]] = {
    "liste_ville": _page("ville:demandes", lambda jeu: jeu.agent),
    "classement": _page(
        "ville:classement", lambda jeu: jeu.agent, code=lambda jeu: jeu.evalue.code
    ),
    "demande": _page(
        "ville:demande",
        lambda jeu: jeu.agent,
        reference=lambda jeu: jeu.evalue.demandes.first().reference,
    ),
    "appel_public": _page("appel_public", lambda _: None, code=lambda jeu: jeu.ouvert.code),
    "autosave": _autosave,
    "export": _export,
    # Sans compte, la page vient du cache ; avec un compte, ce qui est le même pour tous en vient.
    "registre": _page("registre", lambda _: None),
    "registre_connecte": _page("registre", lambda jeu: jeu.organisme),
    "registre_refait": _registre_refait,
    # Les projets annoncés, douze nombres chacun.
    "bilan": _page("bilan:bilan", lambda jeu: jeu.agent, portee=lambda jeu: jeu.annonce.code),
}
