"""Ce que ``manage.py check --deploy`` vérifie avant la mise en service."""

import datetime as dt
from typing import Any

from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.utils import timezone

from socle import sceau
from socle.sceau import SceauInutilisable

PREAVIS = dt.timedelta(days=30)


@register(Tags.security, deploy=True)
def verifier_le_sceau(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Le certificat s'ouvre et vaut encore un mois."""
    if not sceau.est_configure():
        return [
            Info(
                "Aucun certificat de sceau : les documents seront émis sans sceau.",
                hint="SCEAU_PKCS12 et SCEAU_MOT_DE_PASSE (docs/exploitation.md).",
                id="socle.I001",
            )
        ]
    try:
        certificat = sceau.ouvrir_certificat()
    except SceauInutilisable as refus:
        return [
            Error(
                f"Sceau : {refus.raison} Aucun document ne pourra être émis.",
                hint="Vérifiez SCEAU_PKCS12 et SCEAU_MOT_DE_PASSE.",
                id="socle.E001",
            )
        ]
    reste = certificat.fin - timezone.now()
    if reste < PREAVIS:
        return [
            Warning(
                f"Sceau : le certificat expire dans {reste.days} jours ; renouvelez-le.",
                id="socle.W001",
            )
        ]
    return []
