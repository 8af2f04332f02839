"""Assemblage de l'application : réglages, adresses, Celery et tâches périodiques."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
