from django.apps import AppConfig


class AppelsConfig(AppConfig):
    name = "appels"
    verbose_name = "Appels"

    def ready(self) -> None:
        from appels.renseignements import des_demandes
        from appels.verbes import PHRASES
        from socle.renseignements import declarer_renseignements
        from socle.verbes import declarer_verbes
        from socle.views.documents import declarer_acces

        declarer_verbes(PHRASES)
        declarer_renseignements(des_demandes)
        declarer_acces("appels.depot", lambda personne, depot: personne.peut("demande.voir", depot))
