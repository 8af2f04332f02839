from django.apps import AppConfig


class VitrineConfig(AppConfig):
    name = "vitrine"
    verbose_name = "Vitrine"

    def ready(self) -> None:
        from financement.semaine import declarer_source
        from socle.renseignements import declarer_renseignements
        from socle.verbes import declarer_verbes
        from vitrine.renseignements import des_activites
        from vitrine.semaine import pages_a_approuver
        from vitrine.verbes import PHRASES

        declarer_verbes(PHRASES)
        declarer_source("agent", pages_a_approuver)
        declarer_renseignements(des_activites)
