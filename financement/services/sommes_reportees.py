"""Reporter ce qu'un projet n'a pas utilisé à une autre année, un autre volet, un autre appel."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum

from appels.models import Appel, Demande, Volet
from appels.regles import dollars
from financement.models import Credit, Mouvement, Resolution, SommeReportee
from socle import horloge
from socle.droits import exiger_permission
from socle.exceptions import RegleViolee
from socle.journal import journaliser

ZERO = Decimal("0.00")


def reportable(demande: Demande) -> dict[int, Decimal]:
    """Crédit → ce que le projet y a rendu et qui est encore libre, en dollars.

    Vide tant que le projet n'est pas fini : l'enveloppe n'a rien repris.
    """
    rendus = dict(
        Mouvement.objects.filter(demande=demande, nature__in=["liberation", "report"])
        .order_by()
        .values_list("credit")
        .annotate(total=Sum("montant"))
    )
    credits = Credit.objects.filter(pk__in=rendus)
    restes = {credit.pk: min(rendus[credit.pk], credit.libre) for credit in credits}
    return {credit: reste for credit, reste in restes.items() if reste > 0}


def volets_d_accueil() -> QuerySet[Volet]:
    """Les volets qui peuvent recevoir une somme : ceux d'un appel publié qui n'est pas archivé."""
    finis = [Appel.Etat.BROUILLON, Appel.Etat.ANNULE, Appel.Etat.ARCHIVE]
    return (
        Volet.objects.exclude(appel__etat__in=finis)
        .select_related("appel")
        .order_by("-appel__ouverture", "appel__code", "no")
    )


@transaction.atomic
def reporter_somme(
    *,
    acteur: Any,
    demande: Demande,
    resolution: Resolution,
    credit: Credit,
    volet: Volet,
    exercice: int,
    montant: Decimal,
    motif: str,
    autorisation: str = "",
) -> SommeReportee:
    """Reporte ``montant`` dollars au ``volet`` et à l'``exercice`` ; chaque dollar garde sa source.

    Lève ``RegleViolee`` : ``resolution``, ``credit``, ``volet``, ``exercice``, ``montant``,
    ``motif``.
    """
    exiger_permission(acteur, "somme.reporter", demande)
    _exiger_resolution(resolution, demande)
    # Les deux volets d'abord, toujours dans le même ordre (docs/adr/0019).
    volets = Volet.objects.select_for_update(no_key=True).order_by("pk")
    list(volets.filter(pk__in=[credit.volet_id, volet.pk]))
    credit = Credit.objects.select_related("volet").get(pk=credit.pk)
    _exiger_destination(credit, volet, exercice)
    reste = reportable(demande).get(credit.pk, ZERO)
    if montant <= 0:
        raise RegleViolee("Écrivez le montant à reporter.", champ="montant")
    if montant > reste:
        raise RegleViolee(
            f"Le projet n'a laissé que {dollars(reste)} dans ce crédit.",
            champ="montant",
            code="reste",
        )
    if not motif.strip():
        raise RegleViolee("Écrivez le motif du report.", champ="motif")
    somme = SommeReportee.objects.create(
        demande=demande,
        resolution=resolution,
        credit=credit,
        volet=volet,
        exercice=exercice,
        montant=montant,
        motif=motif.strip(),
        autorisation=autorisation.strip(),
        inscrite_le=horloge.maintenant(),
        inscrite_par=acteur,
    )
    journaliser(
        acteur=acteur,
        verbe="demande.reporter_somme",
        objet=demande,
        motif=motif.strip(),
        details={
            "montant": str(montant),
            "de": str(credit),
            "vers": f"{volet.appel.code}, volet {volet.no}, exercice {exercice}",
            "resolution": resolution.numero,
            "autorisation": autorisation.strip(),
        },
    )
    return somme


def _exiger_resolution(resolution: Resolution, demande: Demande) -> None:
    if resolution.appel_id != demande.appel_id:
        raise RegleViolee(
            "La résolution est celle d'un autre appel. Choisissez une résolution de cet appel.",
            champ="resolution",
        )
    if resolution.decisions.exists():
        raise RegleViolee(
            "Cette résolution décide de demandes : un report demande la sienne.",
            champ="resolution",
        )


def _exiger_destination(credit: Credit, volet: Volet, exercice: int) -> None:
    if not volets_d_accueil().filter(pk=volet.pk).exists():
        raise RegleViolee("Choisissez un volet d'un appel publié.", champ="volet")
    if exercice < credit.exercice:
        raise RegleViolee(
            f"Une somme se reporte à l'exercice {credit.exercice} ou à un suivant.",
            champ="exercice",
        )
    if (volet.pk, exercice) == (credit.volet_id, credit.exercice):
        raise RegleViolee(
            "L'argent y est déjà : choisissez un autre exercice, un autre volet ou un autre appel.",
            champ="exercice",
        )
