from django.apps import AppConfig


class FinancementConfig(AppConfig):
    name = "financement"
    verbose_name = "Financement"

    def ready(self) -> None:
        from financement.verbes import PHRASES
        from socle.verbes import declarer_verbes

        declarer_verbes(PHRASES)
