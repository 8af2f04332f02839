"""Où en est une demande, pour l'organisme : des étapes datées, et à qui c'est le tour."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.urls import reverse

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
    if etat == "conventionnee" and (rapport := _rapport_a_remettre(demande)):
        nom, quand = rapport.get_nature_display().lower(), date_courte(rapport.echeance)
        if rapport.etat == "a_corriger":
            retard = f" Il était attendu le {quand}." if rapport.est_en_retard else ""
            return "À corriger", f"À vous : la Ville vous a renvoyé le {nom}.{retard}", "a_faire"
        if rapport.est_en_retard:
            return "En retard", f"À vous : {nom} attendu depuis le {quand}.", "a_faire"
        phrase = f"À vous : {nom} attendu le {quand}."
    return libelle, phrase, role


def _rapport_a_remettre(demande: Demande) -> Any:
    """Celui à corriger d'abord, sinon le premier attendu ; None s'il n'y en a pas."""
    attendus = [r for r in demande.rapports.all() if r.etat in {"attendu", "a_corriger"}]
    return min(attendus, key=lambda r: (r.etat != "a_corriger", r.echeance), default=None)


def geste(demande: Demande) -> tuple[str, str] | None:
    """(bouton, adresse) de ce que l'organisme a à faire maintenant ; None si rien ne presse."""
    etat = etat_public(demande)
    if situation(demande)[2] != "a_faire":
        return None
    if etat == "brouillon":
        return "Continuer la demande", _adresse("rediger", demande, "projet")
    if etat == "a_completer":
        return "Compléter la demande", _adresse("demande", demande)
    if etat == "acceptee":
        return "Lire la convention", _adresse("convention", demande)
    rapport = _rapport_a_remettre(demande)
    verbe = "Corriger" if rapport.etat == "a_corriger" else "Écrire"
    bouton = f"{verbe} le {rapport.get_nature_display().lower()}"
    return bouton, _adresse("rapport", demande, rapport.nature)


def _adresse(page: str, demande: Demande, *suite: str) -> str:
    return reverse(f"organisme:{page}", args=[demande.reference, *suite])


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
