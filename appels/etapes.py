"""Où en est une demande, pour l'organisme : des étapes, et à qui c'est le tour."""

from appels.models import Demande
from socle.elements import Etape

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
    "acceptee": ("Acceptée", "La convention suit.", "fait"),
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
    """(libellé, phrase, rôle de couleur) de la demande, pour l'organisme."""
    return PHRASES[etat_public(demande)]


def etapes(demande: Demande) -> list[Etape]:
    etat = demande.etat_visible
    rang = RANGS[etat]
    resultat = []
    for numero, libelle in enumerate(ETAPES):
        if numero < rang:
            statut = "faite"
        elif numero == rang:
            statut = "arretee" if etat in ARRETS else "courante"
        else:
            statut = "a_venir"
        resultat.append(Etape(libelle, statut))
    return resultat
