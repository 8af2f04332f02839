"""Les aides d'un appel selon le standard 360Giving (une entrée par projet annoncé)."""

from typing import Any

from django.conf import settings

from appels.models import Appel
from vitrine.ouvertes.colonnes import LICENCE, adresse
from vitrine.ouvertes.jeux import projets_ouverts

VERSION = "1.1"


def paquet(appel: Appel) -> dict[str, Any]:
    """Le paquet d'un appel public : qui publie, sous quelle licence, et ses aides."""
    projets = list(projets_ouverts().filter(appel=appel))
    fichier = adresse("donnees_360", code=appel.code)
    return {
        "version": VERSION,
        "identifier": f"{settings.PREFIXE_360GIVING}-{appel.code}",
        "title": f"Projets soutenus — {appel.titre}",
        "description": "Les aides accordées et annoncées de cet appel à projets.",
        "modified": max(projet.date_decision for projet in projets).isoformat(),
        "publisher": {"name": settings.VILLE["nom"], "website": settings.SITE_URL},
        "license": LICENCE,
        "accessURL": adresse("donnees"),
        "downloadURL": fichier,
        "grants": [_aide(appel, projet, fichier) for projet in projets],
    }


def _aide(appel: Appel, projet: Any, fichier: str) -> dict[str, Any]:
    prefixe = settings.PREFIXE_360GIVING
    aide = {
        "id": f"{prefixe}-{projet.reference}",
        "title": projet.titre,
        # Le vérificateur de 360Giving relève une description qui répète le titre.
        "description": projet.resume or f"Projet soutenu par l'appel « {appel.titre} ».",
        "currency": "CAD",
        "amountAwarded": float(projet.accorde or 0),
        "awardDate": projet.date_decision.isoformat(),
        "url": adresse("projet", reference=projet.reference),
        "dataSource": fichier,
        "fromOpenCall": "Yes",
        "recipientOrganization": [
            {
                "id": f"{prefixe}-ORG:{projet.organisme.neq}",
                "name": projet.organisme.nom,
                "addressCountry": "CA",
            }
        ],
        "fundingOrganization": [
            {
                "id": f"{prefixe}-ORG:ville",
                "name": settings.VILLE["nom"],
                "department": settings.VILLE["service"],
            }
        ],
        "grantProgramme": [
            {
                "code": appel.code,
                "title": appel.titre,
                "url": adresse("appel_public", code=appel.code),
            }
        ],
        "classifications": [
            {"vocabulary": "Besoins du plan d'action", "code": b.code, "title": b.libelle}
            for b in projet.besoins.all()
        ],
    }
    if projet.secteur:
        aide["beneficiaryLocation"] = [{"name": projet.secteur, "countryCode": "CA"}]
    if appel.projet_debut and appel.projet_fin:
        aide["plannedDates"] = [
            {
                "startDate": appel.projet_debut.isoformat(),
                "endDate": appel.projet_fin.isoformat(),
            }
        ]
    return aide
