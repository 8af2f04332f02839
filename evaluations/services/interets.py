"""Ce que les membres disent d'eux avant de lire : thèmes connus, souhaits, liens ; et ce que la
Ville conclut des liens possibles."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from appels.models import Appel, Demande, Theme
from evaluations.indices import liens_possibles
from evaluations.models import Affectation, CollecteSouhaits, LienEcarte, MembreComite, Souhait
from evaluations.services.comite import declarer_interets
from evaluations.visibilite import A_CONFIER
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser
from socle.services.courriels import envoyer


# --- Ce que le membre dit de lui ------------------------------------------------------------------
@transaction.atomic
def se_decrire(
    *, acteur: Any, membre: MembreComite, themes: Iterable[Theme], employeur: str
) -> MembreComite:
    """Range les thèmes que le membre connaît, pour cet appel, et son employeur, pour tous."""
    exiger_permission(acteur, "souhait.exprimer", membre)
    membre.themes.set(theme for theme in themes if theme.plan_id == membre.appel.plan_id)
    acteur.employeur = employeur.strip()[:160]
    acteur.save(update_fields=["employeur"])
    journaliser(acteur=acteur, verbe="membrecomite.se_decrire", objet=membre)
    return membre


# --- Les souhaits ---------------------------------------------------------------------------------
@transaction.atomic
def demander_souhaits(*, acteur: Any, appel: Appel, jusqu_au: dt.date) -> CollecteSouhaits:
    """Ouvre (ou prolonge) la collecte des souhaits et l'écrit à chaque membre.

    Refuse une date passée (champ ``jusqu_au``) et un comité vide.
    """
    exiger_permission(acteur, "affectation.gerer", appel)
    if jusqu_au < horloge.aujourdhui():
        raise RegleViolee("Choisissez une date à venir.", champ="jusqu_au", code="passe")
    membres = appel.membres.filter(actif=True).select_related("utilisateur")
    if not membres:
        raise RegleViolee("Nommez d'abord les membres du comité.", code="comite_vide")
    collecte, _ = CollecteSouhaits.objects.update_or_create(
        appel=appel, defaults={"jusqu_au": jusqu_au}
    )
    envoyer(
        gabarit="comite_souhaits",
        destinataires=[membre.utilisateur.email for membre in membres],
        objet=f"Vos souhaits de lecture — {appel.titre}",
        contexte={"appel": appel, "jusqu_au": jusqu_au},
    )
    journaliser(
        acteur=acteur,
        verbe="appel.demander_souhaits",
        objet=appel,
        details={"jusqu_au": jusqu_au.isoformat()},
    )
    return collecte


def demandes_a_souhaiter(membre: MembreComite) -> Any:
    """Ce dont le membre peut dire son souhait : ni confié, ni récusé, ni de son organisme."""
    siennes = Affectation.objects.filter(membre__utilisateur=membre.utilisateur_id)
    return (
        Demande.objects.filter(appel=membre.appel_id, etat__in=A_CONFIER)
        .exclude(pk__in=siennes.values("demande"))
        .exclude(organisme__adhesions__utilisateur=membre.utilisateur_id)
        .select_related("organisme")
        .order_by("organisme__nom", "code")
    )


@transaction.atomic
def exprimer_souhaits(
    *,
    acteur: Any,
    membre: MembreComite,
    souhaits: Mapping[Demande, int],
    recusations: Mapping[Demande, str] | None = None,
) -> int:
    """Range les souhaits (0 : aucun) et récuse aussitôt des demandes dont le membre dit un lien.

    ``recusations`` : demande → lien (``Affectation.Lien``). Ce qui n'est plus à souhaiter est
    ignoré. Rend le nombre de demandes prises en compte. Refuse hors de la collecte.
    """
    exiger_permission(acteur, "souhait.exprimer", membre)
    collecte = CollecteSouhaits.objects.filter(appel=membre.appel_id).first()
    if collecte is None or not collecte.est_ouverte:
        raise RegleViolee("La Ville ne recueille plus les souhaits de lecture.", code="close")
    permises = set(demandes_a_souhaiter(membre).values_list("pk", flat=True))
    retenus = {d: sens for d, sens in souhaits.items() if d.pk in permises}
    ecartees = {d: lien for d, lien in (recusations or {}).items() if d.pk in permises}
    Souhait.objects.filter(membre=membre, demande__in=[*retenus, *ecartees]).delete()
    Souhait.objects.bulk_create(
        Souhait(membre=membre, demande=demande, sens=sens)
        for demande, sens in retenus.items()
        if sens in Souhait.Sens
    )
    for demande, lien in ecartees.items():
        affectation = Affectation.objects.create(demande=demande, membre=membre)
        declarer_interets(acteur=acteur, affectation=affectation, conflit=True, lien=lien)
    journaliser(
        acteur=acteur,
        verbe="membrecomite.exprimer_souhaits",
        objet=membre,
        details={"demandes": len(retenus), "recusations": len(ecartees)},
    )
    return len(retenus) + len(ecartees)


# --- Ce que la Ville conclut d'un lien possible ---------------------------------------------------
@transaction.atomic
def ecarter_lien(*, acteur: Any, demande: Demande, membre: MembreComite, motif: str) -> LienEcarte:
    """Juge un lien possible sans objet : la répartition peut confier la demande au membre.

    Le membre déclare quand même, et lit les mêmes indices. Personne n'examine son propre lien.
    """
    exiger_permission(acteur, "lien.ecarter", demande)
    if membre.utilisateur_id == acteur.pk:
        raise RegleViolee("Un collègue doit examiner ce qui vous concerne.", code="soi_meme")
    if not motif.strip():
        raise RegleViolee("Dites pourquoi ce lien est sans objet.", champ="motif", code="motif")
    if not liens_possibles([membre], [demande]):
        raise RegleViolee(
            "Ce lien possible n'existe plus. Revenez à la liste des liens.", code="disparu"
        )
    ecarte, _ = LienEcarte.objects.update_or_create(
        demande=demande,
        membre=membre,
        defaults={"motif": motif.strip()[:300], "ecarte_par": acteur},
    )
    journaliser(
        acteur=acteur,
        verbe="demande.ecarter_lien",
        objet=demande,
        motif=ecarte.motif,
        details={"membre": membre.code},
    )
    return ecarte


@transaction.atomic
def retablir_lien(*, acteur: Any, ecarte: LienEcarte) -> None:
    """Revient sur un lien écarté : la répartition évite de nouveau cette paire."""
    exiger_permission(acteur, "lien.ecarter", ecarte.demande)
    journaliser(
        acteur=acteur,
        verbe="demande.retablir_lien",
        objet=ecarte.demande,
        details={"membre": ecarte.membre.code},
    )
    ecarte.delete()
