from django.apps import AppConfig


class SocleConfig(AppConfig):
    name = "socle"
    verbose_name = "Socle"

    def ready(self) -> None:
        from socle import permissions

        permissions.enregistrer()
