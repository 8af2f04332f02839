"""La recevabilité : vérifier, faire compléter, déclarer."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from appels.completude import manques, manques_complement
from appels.jours_ouvrables import ajouter_jours_ouvrables, fin_de_journee
from appels.models import Complement, Demande, Verification
from appels.montants import violations
from appels.regles import regles_budget
from socle import horloge
from socle.cycle_de_vie import transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.services import courriels
from socle.templatetags.affichage import date_courte, date_longue

EN_VERIFICATION = frozenset({"deposee", "a_completer"})


@transaction.atomic
def verifier_point(
    *, acteur: Any, demande: Demande, point: str, reponse: str, remarque: str = ""
) -> Verification:
    """Répond à un point de la liste ; une nouvelle réponse remplace la première."""
    exiger_permission(acteur, "demande.traiter", demande)
    if demande.etat not in EN_VERIFICATION:
        raise RegleViolee("La recevabilité de cette demande est déjà tranchée.", code="etat")
    if point not in Verification.Point.values or reponse not in Verification.Reponse.values:
        raise RegleViolee("Répondez par oui ou par non à un point de la liste.", champ=point)
    verification, _ = Verification.objects.update_or_create(
        demande=demande,
        point=point,
        defaults={
            "reponse": reponse,
            "remarque": remarque,
            "faite_par": acteur,
            "faite_le": horloge.maintenant(),
        },
    )
    return verification


@transaction.atomic
def demander_complement(
    *,
    acteur: Any,
    demande: Demande,
    texte: str,
    pieces: Iterable[Any] = (),
    sections: Iterable[Any] = (),
    budget: bool = False,
) -> Complement:
    """Dit ce qui manque ; l'échéance est à la fin du dernier jour ouvrable du délai."""
    pieces, sections = list(pieces), list(sections)
    if not texte.strip():
        raise RegleViolee("Écrivez ce que l'organisme doit compléter.", champ="texte")
    if not (pieces or sections or budget):
        raise RegleViolee(
            "Choisissez au moins un document, une section ou le budget.", champ="pieces"
        )
    demande = transitionner(demande, "demander_complement", acteur=acteur, motif=texte)
    jour = ajouter_jours_ouvrables(horloge.aujourdhui(), demande.appel.delai_complement_jours)
    complement = Complement.objects.create(
        demande=demande,
        texte=texte,
        budget=budget,
        echeance=fin_de_journee(jour),
        demande_le=horloge.maintenant(),
        demande_par=acteur,
    )
    complement.pieces.set(pieces)
    complement.sections.set(sections)
    courriels.envoyer(
        gabarit="complement_demande",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"{demande.reference} : à compléter d'ici le {date_courte(complement.echeance)}",
        contexte={"demande": demande, "complement": complement, "lien": _lien(demande)},
    )
    return complement


@transaction.atomic
def completer(*, acteur: Any, demande: Demande) -> Demande:
    """L'organisme a fourni ce qui était demandé, dans le délai ; rien d'autre n'est exigé."""
    absents = [
        manque
        for complement in demande.complements.filter(complete_le=None)
        for manque in manques_complement(demande, complement)
    ]
    if absents:
        raise RegleViolee(
            "Il manque encore : " + " ".join(manque.libelle for manque in absents[:3]),
            code="incomplete",
        )
    # La demande garde l'heure de son dépôt : le complément ne la redate pas.
    depot = {"deposee_le": demande.deposee_le, "deposee_par": demande.deposee_par}
    demande = transitionner(demande, "completer", acteur=acteur, champs=depot)
    demande.complements.filter(complete_le=None).update(complete_le=horloge.maintenant())
    return demande


def declarer_recevable(*, acteur: Any, demande: Demande) -> Demande:
    """La demande peut aller au comité."""
    return transitionner(demande, "declarer_recevable", acteur=acteur)


@transaction.atomic
def declarer_irrecevable(*, acteur: Any, demande: Demande, motif: str) -> Demande:
    """La demande s'arrête ici ; l'organisme reçoit le motif."""
    if not motif.strip():
        raise RegleViolee("Écrivez le motif de l'irrecevabilité.", champ="motif")
    demande = transitionner(
        demande,
        "declarer_irrecevable",
        acteur=acteur,
        motif=motif,
        champs={"motif_irrecevabilite": motif},
    )
    courriels.envoyer(
        gabarit="irrecevable",
        destinataires=courriels.adresses_organisme(demande.organisme),
        objet=f"{demande.reference} : demande irrecevable",
        contexte={"demande": demande, "motif": motif, "lien": _lien(demande)},
    )
    return demande


def _lien(demande: Demande) -> str:
    return settings.SITE_URL + reverse("organisme:demande", kwargs={"reference": demande.reference})


def points_proposes(demande: Demande, personne: Any) -> dict[str, tuple[str, str]]:
    """Ce que la machine propose à chaque point, (réponse ou vide, pourquoi) ; l'agent tranche.

    Un rapport en retard se nomme quand ``personne`` suit le projet ; récusée, elle sait seulement
    qu'il y en a un.
    """
    appel = demande.appel
    depot = demande.deposee_le
    a_temps = depot is not None and depot.replace(microsecond=0) <= appel.cloture
    absents = manques(demande)
    rompues = violations(demande.budget(), regles_budget(demande))
    statut = demande.organisme.statut
    return {
        "delai": (
            ("oui", "Déposée avant la clôture.")
            if a_temps
            else ("oui" if demande.derogations.exists() else "non", "Déposée après la clôture.")
        ),
        "organisme": {
            "admissible": ("oui", "Organisme déjà reconnu admissible."),
            "non_admissible": ("non", "Organisme marqué non admissible."),
        }.get(statut, ("", "Organisme à vérifier au Registraire des entreprises.")),
        "territoire": ("oui" if demande.secteur else "", f"Secteur : {demande.secteur or '—'}."),
        "complete": (
            ("non", absents[0].libelle) if absents else ("oui", "Rien ne manque au formulaire.")
        ),
        "francais": ("", "À lire."),
        "budget": (
            ("non", f"{len(rompues)} règle(s) rompue(s).")
            if rompues
            else ("oui", "Toutes les règles du budget sont tenues.")
        ),
        "rapports": _rapports_en_retard(demande, personne),
    }


def _rapports_en_retard(demande: Demande, personne: Any) -> tuple[str, str]:
    """Ce que l'organisme doit encore à la Ville d'un projet d'un autre appel, ou de celui-ci."""
    en_retard = Demande.objects.filter(
        organisme=demande.organisme,
        etat=Demande.Etat.CONVENTIONNEE,
        rapports__etat__in=["attendu", "a_corriger"],
        rapports__echeance__lt=horloge.aujourdhui(),
    )
    if not en_retard.exists():
        return "oui", "Aucun retard."
    suivis = (en_retard & Demande.objects.sans_recusation(personne)).values_list(
        "titre", "reference", "rapports__nature", "rapports__echeance"
    )
    noms = {"etape": "rapport d'étape", "final": "rapport final"}
    lus = [
        f"{noms[nature]} de « {titre} » ({reference}), attendu le {date_longue(echeance)}"
        for titre, reference, nature, echeance in suivis.order_by("rapports__echeance")
    ]
    return "non", f"Rapport en retard : {' ; '.join(lus)}." if lus else "Rapport en retard."
