"""Ce que les pages d'activité gardent d'une personne."""

from typing import Any

from vitrine.models import VersionActivite


def des_activites(personne: Any) -> dict[str, Any]:
    return {
        "pages_proposees": list(
            VersionActivite.objects.filter(proposee_par=personne).values(
                "titre", "etat", "proposee_le"
            )
        ),
        "contact_publie": list(
            VersionActivite.objects.filter(contact_courriel__iexact=personne.email).values(
                "titre", "contact_nom", "contact_telephone", "contact_courriel"
            )
        ),
    }
