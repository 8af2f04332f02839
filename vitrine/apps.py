from django.apps import AppConfig


class VitrineConfig(AppConfig):
    name = "vitrine"
    verbose_name = "Vitrine"
