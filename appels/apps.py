from django.apps import AppConfig


class AppelsConfig(AppConfig):
    name = "appels"
    verbose_name = "Appels"

    def ready(self) -> None:
        from appels.verbes import PHRASES
        from socle.verbes import declarer_verbes

        declarer_verbes(PHRASES)
