"""Le suivi des erreurs chez un service compatible Sentry, si la Ville en donne l'adresse."""

import sentry_sdk


def demarrer(dsn: str) -> None:
    """Envoie les erreurs à ``dsn`` ; vide, rien ne part.

    Ni corps de requête, ni variables, ni compte : une trace dit où le code a cassé, jamais qui
    écrivait quoi (regles.md 18).
    """
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
    )
