"""Les séances du comité : préparer, présences, ordre du jour, écran, ouvrir, clore."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from appels.models import Appel, Demande
from evaluations.calendrier import invitation
from evaluations.documents import figer_compte_rendu, figer_copies
from evaluations.models import MembreComite, Presence, Seance
from socle import horloge
from socle.concurrence import empreinte
from socle.cycle_de_vie import relire, transitionner
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services.courriels import envoyer
from socle.templatetags.affichage import date_courte, heure

# L'heure d'arrivée et de départ d'un membre (par identifiant), telles que corrigées à la main.
Heures = Mapping[int, tuple[dt.time | None, dt.time | None]]
AU_COMITE = ("evaluee", "recommandee")
# Décochée puis recochée aussitôt, une personne n'est pas sortie.
ERREUR_DE_CASE = dt.timedelta(minutes=1)


# --- La séance ------------------------------------------------------------------------------------
@transaction.atomic
def preparer_seance(
    *, acteur: Any, appel: Appel, date: dt.datetime, lieu: str = "", notes: str = ""
) -> Seance:
    """Prépare une séance et convoque les membres par courriel, sans nommer aucune demande."""
    seance = Seance(appel=appel, date=date, lieu=lieu.strip(), notes=notes.strip())
    exiger_permission(acteur, "seance.tenir", seance)
    seance.save()
    membres = list(appel.membres.filter(actif=True).select_related("utilisateur"))
    Presence.objects.bulk_create(Presence(seance=seance, membre=membre) for membre in membres)
    journaliser(acteur=acteur, verbe="seance.preparer", objet=seance)
    _convoquer(seance, objet=f"Séance du comité le {date_courte(seance.date)} — {appel.titre}")
    return seance


def _convoquer(seance: Seance, *, objet: str, deplacee: bool = False) -> None:
    """Dit la date et le lieu à chaque membre, avec le fichier .ics qui les met à l'agenda.

    Le même identifiant revient à chaque envoi : un report corrige l'agenda au lieu de le doubler.
    """
    membres = seance.appel.membres.filter(actif=True).select_related("utilisateur")
    envoyer(
        gabarit="convocation_comite",
        destinataires=[membre.utilisateur.email for membre in membres],
        objet=objet,
        contexte={"seance": seance, "appel": seance.appel, "deplacee": deplacee},
        pieces=[("seance.ics", invitation(seance), "text/calendar")],
    )


@transaction.atomic
def modifier_seance(
    *,
    acteur: Any,
    seance: Seance,
    date: dt.datetime,
    lieu: str = "",
    notes: str | None = None,
    base: str = "",
) -> Seance:
    """Change la date, le lieu ou les notes (None les laisse), tant que la séance n'est pas close.

    Une séance préparée qui change de moment ou de lieu convoque de nouveau le comité. ``base`` est
    l'empreinte de ce que la page montrait ; un changement entre-temps refuse (``concurrence``).
    """
    seance = _verrouiller(seance)
    exiger_permission(acteur, "seance.tenir", seance)
    refuser_close(seance)
    _exiger_a_jour(base, etat_de_la_seance(seance), "La séance a")
    avant = (seance.date, seance.lieu)
    seance.date, seance.lieu = date, lieu.strip()
    seance.notes = seance.notes if notes is None else notes.strip()
    seance.save(update_fields=["date", "lieu", "notes"])
    journaliser(acteur=acteur, verbe="seance.modifier", objet=seance)
    if seance.etat == Seance.Etat.PREPAREE and (seance.date, seance.lieu) != avant:
        objet = f"Séance du comité déplacée, le {date_courte(seance.date)} — {seance.appel.titre}"
        _convoquer(seance, objet=objet, deplacee=True)
    return seance


def etat_de_la_seance(seance: Seance) -> list[Any]:
    """Ce que la page « Date, lieu et notes » montre, pour en prendre l'empreinte."""
    return [seance.date, seance.lieu, seance.notes]


def _verrouiller(seance: Seance) -> Seance:
    return (
        Seance.objects.select_for_update(of=("self",), no_key=True)
        .select_related("appel")
        .get(pk=seance.pk)
    )


def refuser_close(seance: Seance) -> None:
    """Refuse (code ``close``) d'écrire dans une séance close."""
    if seance.etat == Seance.Etat.CLOSE:
        raise RegleViolee("La séance est close : elle ne se modifie plus.", code="close")


def _exiger_a_jour(base: str, actuel: Any, debut: str) -> None:
    if base and empreinte(actuel) != base:
        raise RegleViolee(
            f"{debut} changé pendant que vous écriviez. Voici où elle en est : vérifiez, puis "
            "enregistrez de nouveau.",
            code="concurrence",
        )


# --- Les présences --------------------------------------------------------------------------------
@transaction.atomic
def inscrire_presences(
    *,
    acteur: Any,
    seance: Seance,
    presents: Iterable[MembreComite],
    heures: Heures | None = None,
    base: str = "",
) -> list[Presence]:
    """Inscrit qui est dans la salle ; en séance, l'heure d'arrivée et de départ se notent.

    ``heures`` les corrige à la main. ``base`` est l'empreinte de ``etat_des_presences`` que la page
    montrait : deux personnes qui notent les arrivées ne s'effacent pas (code ``concurrence``).
    """
    seance = _verrouiller(seance)
    exiger_permission(acteur, "seance.tenir", seance)
    refuser_close(seance)
    _exiger_a_jour(base, etat_des_presences(seance), "La liste des présences a")
    presents = {membre.pk for membre in presents}
    membres = {m.pk: m for m in seance.appel.membres.filter(actif=True)}
    if not presents <= set(membres):
        raise RegleViolee("Une personne présente ne siège pas à ce comité.", code="pas_membre")
    inscrites = {p.membre_id: p for p in seance.presences.select_for_update()}
    for pk in membres:
        presence = inscrites.setdefault(pk, Presence(seance=seance, membre_id=pk))
        _noter(seance, presence, pk in presents)
        _corriger(seance, presence, *(heures or {}).get(pk, (None, None)))
        presence.save()
    journaliser(
        acteur=acteur,
        verbe="seance.inscrire_presences",
        objet=seance,
        details={"presents": [membres[pk].code for pk in sorted(presents)]},
    )
    return list(inscrites.values())


def etat_des_presences(seance: Seance) -> list[list[Any]]:
    """Qui est là et les heures, pour en prendre l'empreinte."""
    return [
        list(valeurs)
        for valeurs in seance.presences.order_by("membre").values_list(
            "membre", "presente", "arrivee_le", "depart_le"
        )
    ]


def _noter(seance: Seance, presence: Presence, dans_la_salle: bool) -> None:
    ouverte = seance.etat == Seance.Etat.OUVERTE
    if dans_la_salle and not presence.est_la:
        if ouverte:
            _faire_entrer(presence, horloge.maintenant())
        presence.presente, presence.depart_le = True, None
    elif not dans_la_salle and presence.est_la:
        # Partie en cours de séance, elle y était : son départ se note.
        if ouverte:
            presence.depart_le = horloge.maintenant()
        else:
            presence.presente, presence.arrivee_le = False, None


def _faire_entrer(presence: Presence, maintenant: dt.datetime) -> None:
    """Note une arrivée ; à un retour, le passage d'avant reste écrit."""
    sortie = presence.depart_le
    if sortie is None:
        presence.arrivee_le = presence.arrivee_le or maintenant
    elif maintenant - sortie > ERREUR_DE_CASE:
        presence.passages.create(arrivee_le=presence.arrivee_le, depart_le=sortie)
        presence.arrivee_le = maintenant


def _corriger(
    seance: Seance, presence: Presence, arrivee: dt.time | None, depart: dt.time | None
) -> None:
    """Pose les heures données, au jour de la séance ; un départ sort la personne de la salle."""
    jour = timezone.localdate(seance.date)
    if arrivee:
        presence.presente = True
        presence.arrivee_le = timezone.make_aware(dt.datetime.combine(jour, arrivee))
    if depart:
        if not presence.presente:
            raise RegleViolee(
                "Une personne absente n'a pas d'heure de départ.",
                champ=f"depart_{presence.membre_id}",
                code="heures",
            )
        presence.depart_le = timezone.make_aware(dt.datetime.combine(jour, depart))
    if presence.arrivee_le and presence.depart_le and presence.depart_le < presence.arrivee_le:
        raise RegleViolee(
            "L'heure de départ précède l'heure d'arrivée.",
            champ=f"depart_{presence.membre_id}",
            code="heures",
        )
    if arrivee and presence.pk:
        derniere_sortie = presence.passages.aggregate(le=Max("depart_le"))["le"]
        if derniere_sortie and presence.arrivee_le < derniere_sortie:
            raise RegleViolee(
                f"Cette personne est sortie à {heure(derniere_sortie)} : elle revient après.",
                champ=f"arrivee_{presence.membre_id}",
                code="heures",
            )


# --- Tenir ----------------------------------------------------------------------------------------
@transaction.atomic
def ordonner_seance(*, acteur: Any, seance: Seance, ordre: str) -> Seance:
    """Range l'ordre du jour par rang ou par désaccord, pour tous ceux qui suivent la séance."""
    seance = _verrouiller(seance)
    exiger_permission(acteur, "seance.tenir", seance)
    refuser_close(seance)
    if ordre not in Seance.Ordre.values:
        raise RegleViolee("Choisissez un ordre du jour.", champ="ordre", code="ordre")
    seance.ordre = ordre
    seance.save(update_fields=["ordre"])
    journaliser(acteur=acteur, verbe="seance.ordonner", objet=seance, details={"ordre": ordre})
    return seance


@transaction.atomic
def montrer_a_l_ecran(*, acteur: Any, seance: Seance, demande: Demande | None) -> Seance:
    """Met une demande à l'écran de la salle, et à celui de chaque membre qui peut la voir.

    Sans ``demande``, l'écran revient à l'ordre du jour.
    """
    seance = _verrouiller(seance)
    exiger_permission(acteur, "seance.tenir", seance)
    if seance.etat != Seance.Etat.OUVERTE:
        raise RegleViolee(
            "La séance n'est pas ouverte. On n'y travaille qu'entre son ouverture et sa clôture.",
            code="seance",
        )
    if demande is not None and (
        demande.appel_id != seance.appel_id or demande.etat not in AU_COMITE
    ):
        raise RegleViolee(
            "Cette demande n'est pas devant le comité. Choisissez-en une de l'ordre du jour.",
            code="demande",
        )
    seance.demande_a_l_ecran = demande
    seance.save(update_fields=["demande_a_l_ecran"])
    journaliser(
        acteur=acteur,
        verbe="seance.montrer",
        objet=seance,
        details={"demande": demande.reference if demande else ""},
    )
    return seance


@transaction.atomic
def ouvrir_seance(*, acteur: Any, seance: Seance) -> Seance:
    """La discussion commence : chaque membre voit le classement de ce qu'il a pu lire."""
    if seance.appel.seances.filter(etat="ouverte").exclude(pk=seance.pk).exists():
        raise RegleViolee("Une autre séance de cet appel est ouverte : closez-la d'abord.")
    transitionner(seance, "ouvrir", acteur=acteur)
    return seance


@transaction.atomic
def clore_seance(*, acteur: Any, seance: Seance) -> Seance:
    """La séance se termine ; le compte rendu est émis et figé, avec les copies des récusés."""
    _verrouiller(seance)
    relire(seance)
    exiger_permission(acteur, "seance.tenir", seance)
    if seance.etat != Seance.Etat.OUVERTE:
        raise RegleViolee("Seule une séance ouverte peut se clore.", code="etat")
    seance.close_le = horloge.maintenant()
    document = figer_compte_rendu(seance=seance, acteur=acteur)
    figer_copies(seance=seance, acteur=acteur)
    transitionner(seance, "clore", acteur=acteur, champs={
        "compte_rendu": document, "demande_a_l_ecran": None,
    })  # fmt: skip
    return seance
