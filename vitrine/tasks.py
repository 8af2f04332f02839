"""Les tâches de la vitrine : les guides imprimables."""

from celery import shared_task

from vitrine.services import guides


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def refaire_guides() -> None:
    """Refait les guides dont le contenu a changé : une page publiée, ou un jour qui a passé."""
    guides.refaire()
