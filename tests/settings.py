"""Les réglages des tests : ceux de l'application, moins ce qui ralentit, plus ce qui révèle."""

import os
import re
import tempfile
from pathlib import Path

from config.embarque import assurer_serveurs

# Les tests ont leur propre PostgreSQL, sous var/tests ; l'ouvrier qu'ils lancent s'y joint.
os.environ.setdefault("APPELS_VAR", str(Path(__file__).resolve().parent.parent / "var" / "tests"))
os.environ["DATABASE_POOL"] = "0"
os.environ["DEMONSTRATION"] = "0"
# Le pilote du navigateur fait tourner une boucle asynchrone à côté du code synchrone.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
assurer_serveurs(rapide=True)
# Chaque processus de xdist a sa file : un ouvrier ne prend pas les tâches d'un autre.
_rang = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
os.environ["CELERY_BROKER_URL"] = re.sub(r"/\d+$", f"/{_rang}", os.environ["CELERY_BROKER_URL"])

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES, TEMPLATES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Partagé avec l'ouvrier Celery que les tests lancent.
MEDIA_ROOT = os.environ.setdefault("FICHIERS_DES_TESTS", tempfile.mkdtemp(prefix="appels-tests-"))
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
}
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("NOM_BASE_TEST", "test_appels")}
DEMONSTRATION = False
SECOND_FACTEUR_EXIGE = False
GALERIE = True
WHITENOISE_AUTOREFRESH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


class VariableIndefinie(str):
    """Une variable de gabarit inconnue fait échouer le test, avec son nom."""

    def __contains__(self, morceau: str) -> bool:
        return morceau == "%s" or super().__contains__(morceau)

    def __mod__(self, variable: object) -> str:
        raise NameError(f"Variable de gabarit indéfinie : « {variable} »")


TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = VariableIndefinie("%s")
