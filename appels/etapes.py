"""Où en est une demande, pour l'organisme : des étapes datées, et à qui c'est le tour."""

import datetime as dt
from collections.abc import Mapping

from appels.models import Demande
from socle.elements import Etape
from socle.templatetags.affichage import date_courte

ETAPES = ("Rédaction", "Dépôt", "Recevabilité", "Évaluation", "Décision", "Convention", "Rapports")
RANGS = {
    "brouillon": 0,
    "deposee": 2,
    "a_completer": 2,
    "recevable": 3,
    "en_traitement": 3,
    "irrecevable": 2,
    "acceptee": 5,
    "refusee": 4,
    "liste_attente": 4,
    "conventionnee": 6,
    "fermee": 7,
    "retiree": 0,
    "resiliee": 6,
}
ARRETS = frozenset({"irrecevable", "refusee", "retiree", "resiliee"})
PHRASES = {
    "brouillon": ("Brouillon", "À vous : remplissez et déposez la demande.", "a_faire"),
    "non_deposee": ("Non déposée", "L'appel est clos ; votre brouillon est gardé.", "neutre"),
    "deposee": ("Déposée", "À la Ville : elle vérifie la recevabilité.", "en_cours"),
    "a_completer": ("À compléter", "À vous : la Ville attend un complément.", "a_faire"),
    "recevable": ("Recevable", "À la Ville : la demande ira au comité.", "en_cours"),
    "en_traitement": ("En traitement", "À la Ville : vous recevrez une lettre.", "en_cours"),
    "irrecevable": ("Irrecevable", "La demande s'arrête ici.", "refus"),
    "acceptee": ("Acceptée", "À la Ville : elle prépare la convention.", "fait"),
    "refusee": ("Refusée", "La lettre dit pourquoi.", "refus"),
    "liste_attente": ("Liste d'attente", "La lettre dit votre rang.", "en_cours"),
    "conventionnee": ("Convention en vigueur", "Le projet est en cours.", "fait"),
    "fermee": ("Fermée", "Le projet est terminé. Merci !", "fait"),
    "retiree": ("Retirée", "Vous avez retiré la demande.", "neutre"),
    "resiliee": ("Résiliée", "La convention a pris fin.", "refus"),
}


def etat_public(demande: Demande) -> str:
    """L'état que l'organisme voit ; un brouillon d'un appel clos est « non déposée »."""
    etat = demande.etat_visible
    return "non_deposee" if etat == "brouillon" and demande.appel.est_clos else etat


def situation(demande: Demande) -> tuple[str, str, str]:
    """(libellé, phrase, rôle de couleur) de la demande, pour l'organisme.

    Lit les conventions ou les rapports d'une demande acceptée : une liste les précharge.
    """
    etat = etat_public(demande)
    libelle, phrase, role = PHRASES[etat]
    if etat == "acceptee" and any(c.etat == "transmise" for c in demande.conventions.all()):
        return libelle, "À vous : lisez et signez la convention.", "a_faire"
    if etat == "conventionnee":
        attendus = [r for r in demande.rapports.all() if r.etat in {"attendu", "a_corriger"}]
        if attendus:
            rapport = min(attendus, key=lambda r: r.echeance)
            phrase = (
                f"À vous : {rapport.get_nature_display().lower()} attendu le "
                f"{date_courte(rapport.echeance)}."
            )
            role = "a_faire" if rapport.est_en_retard else role
    return libelle, phrase, role


def etapes(demande: Demande, *, dates: Mapping[str, dt.date | None] | None = None) -> list[Etape]:
    """Chaque étape avec sa date, ou à qui c'est le tour ; ``dates`` en donne d'autres, par libellé.

    Rien d'une décision : seul l'appelant, qui sait ce que la lettre annonce, en donne la date.
    """
    etat = demande.etat_visible
    rang, tour = RANGS[etat], _tour(demande)
    connues = {
        "Rédaction": demande.creee_le,
        "Dépôt": demande.deposee_le,
        "Recevabilité": demande.recevable_le or demande.irrecevable_le,
        **(dates or {}),
    }
    resultat = []
    for numero, libelle in enumerate(ETAPES):
        date = connues.get(libelle)
        detail = date_courte(date) if date and numero <= rang else ""
        if numero < rang:
            statut = "faite"
        elif numero == rang:
            statut = "arretee" if etat in ARRETS else "courante"
            detail = detail if statut == "arretee" else tour
        else:
            statut = "a_venir"
        resultat.append(Etape(libelle, statut, detail or _echeance(demande, libelle, etat)))
    return resultat


def _tour(demande: Demande) -> str:
    """« À vous » ou « À la Ville », tiré de la phrase de la situation ; vide sinon."""
    debut, separe, _ = situation(demande)[1].partition(" :")
    return debut if separe and debut.startswith("À ") else ""


def _echeance(demande: Demande, libelle: str, etat: str) -> str:
    if libelle == "Dépôt" and etat == "brouillon":
        return f"au plus tard le {date_courte(demande.appel.cloture)}"
    return ""
