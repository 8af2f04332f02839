from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "evaluations"
    verbose_name = "Évaluations"

    def ready(self) -> None:
        from evaluations.verbes import PHRASES
        from socle.verbes import declarer_verbes

        declarer_verbes(PHRASES)
