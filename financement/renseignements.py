"""Ce que le financement garde d'une personne (regles.md, 18)."""

from typing import Any

from financement.models import Signature


def des_signatures(personne: Any) -> dict[str, Any]:
    """Ses signatures en ligne et leurs preuves, et celles reçues sur papier qu'elle a inscrites."""
    return {
        "signatures": list(
            Signature.objects.filter(personne=personne).values(
                "document__titre",
                "mode",
                "nom",
                "titre",
                "courriel",
                "adresse",
                "verification",
                "consentement",
                "empreinte",
                "signee_le",
            )
        )
    }
