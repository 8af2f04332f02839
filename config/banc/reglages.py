"""Les réglages de l'application, plus le compteur de requêtes et les vues témoins.

Servis par le banc seulement : rien d'autre ne nomme ce module.
"""

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE

ROOT_URLCONF = "config.banc.urls"
MIDDLEWARE = ["config.banc.temoins.CompteurDeRequetes", *MIDDLEWARE]
EMAIL_URL = ""
