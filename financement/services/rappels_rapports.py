"""Les courriels sur l'échéance des rapports : 30, 7 et 1 jour avant, puis en retard."""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Q

from financement.models import RappelRapport, Rapport
from financement.services.rapports import adresse_du_rapport
from socle import horloge
from socle.journal import journaliser
from socle.services import courriels
from socle.templatetags.affichage import date_courte

Palier = RappelRapport.Palier
# Du plus proche de l'échéance au plus lointain : le premier atteint est le seul qui part.
PALIERS = (
    (Palier.RETARD, dt.timedelta(days=-1)),
    (Palier.UN_JOUR, dt.timedelta(days=1)),
    (Palier.SEPT_JOURS, dt.timedelta(days=7)),
    (Palier.TRENTE_JOURS, dt.timedelta(days=30)),
)
journal = logging.getLogger(__name__)


def palier_du(rapport: Rapport, jour: dt.date) -> RappelRapport.Palier | None:
    """Le rappel que ``jour`` demande ; None à plus de 30 jours, et le jour même de l'échéance.

    Après une panne, seul le plus proche est dû : les autres sont passés.
    """
    reste = rapport.echeance - jour
    if not reste:
        return None
    return next((palier for palier, avance in PALIERS if reste <= avance), None)


def envoyer_rappels() -> int:
    """Envoie tout rappel dû qui n'est pas parti et rend leur nombre ; se relance sans risque."""
    jour, envoyes = horloge.aujourdhui(), 0
    horizon = jour + PALIERS[-1][1]
    rapports = Rapport.objects.a_remettre().filter(Q(echeance__lte=horizon))
    for rapport in rapports.order_by("pk"):
        try:
            envoyes += rappeler(rapport=rapport)
        except Exception:
            # Un rapport qui fait échouer son courriel ne prive pas les autres du leur.
            journal.exception("Le rappel du rapport %s n'est pas parti.", rapport.pk)
    return envoyes


@transaction.atomic
def rappeler(*, rapport: Rapport) -> bool:
    """Écrit aux membres de l'organisme ; vrai si le rappel est parti cette fois.

    La ligne du rapport est verrouillée : deux ouvriers ne l'envoient pas deux fois, et un dépôt
    fait entre-temps l'annule.
    """
    rapport = (
        Rapport.objects.select_for_update(no_key=True, of=("self",))
        .select_related("demande__appel", "demande__organisme")
        .get(pk=rapport.pk)
    )
    demande = rapport.demande
    palier = palier_du(rapport, horloge.aujourdhui())
    if palier is None or not rapport.est_modifiable or demande.etat != "conventionnee":
        return False
    if rapport.rappels.filter(palier=palier, echeance=rapport.echeance).exists():
        return False
    destinataires = courriels.adresses_organisme(demande.organisme)
    if not destinataires:
        return False
    RappelRapport.objects.create(
        rapport=rapport,
        palier=palier,
        echeance=rapport.echeance,
        envoye_le=horloge.maintenant(),
    )
    nom = rapport.get_nature_display()
    en_retard = palier == Palier.RETARD
    etat = "en retard" if en_retard else f"attendu le {date_courte(rapport.echeance)}"
    courriels.envoyer(
        gabarit="rappel_rapport",
        destinataires=destinataires,
        objet=f"{nom} {etat} — {demande.titre}",
        contexte={
            "demande": demande,
            "rapport": rapport,
            "en_retard": en_retard,
            "manques": [manque.libelle for manque in rapport.manques()],
            "lien": adresse_du_rapport(rapport),
        },
    )
    journaliser(
        acteur=None,
        verbe="rapport.rappeler",
        objet=rapport,
        details={"palier": palier.value, "envois": len(destinataires)},
    )
    return True
