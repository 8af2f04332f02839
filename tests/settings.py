"""Les réglages des tests : ceux de l'application, moins ce qui ralentit, plus ce qui révèle."""

import os
import sys
from pathlib import Path

import tests.environnement  # noqa: F401 # isort: skip
from config.settings import *  # noqa: F403
from config.settings import DATABASES, STORAGES, TEMPLATES

NOM_BASE_TEST = os.environ.get("NOM_BASE_TEST", "test_appels")
DATABASES["default"]["TEST"] = {"NAME": NOM_BASE_TEST}
# Une file par base : un ouvrier ne prend pas les tâches des tests d'à côté.
CELERY_TASK_DEFAULT_QUEUE = f"{NOM_BASE_TEST}-{os.environ.get('PYTEST_XDIST_WORKER', 'seul')}"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Un test qui regarde les pages gardées rallume cette minute.
CACHE_PUBLIC_SECONDES = 0
# Tous les tests viennent d'une adresse ; un test qui regarde ce débit le rabaisse.
DONNEES_PAR_MINUTE = 10_000
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Le même dossier pour l'ouvrier que les tests lancent.
MEDIA_ROOT = Path(os.environ["FICHIERS_DES_TESTS"])
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
DEMONSTRATION = False
# Le sceau a ses tests ; ailleurs, deux rendus du même HTML restent comparables.
SCEAU_PKCS12 = ""
SECOND_FACTEUR_EXIGE = False
GALERIE = True


class VariableIndefinie(str):
    """Une variable de gabarit inconnue fait échouer le test, avec son nom.

    Django demande « %s » dans cette chaîne, puis y met le nom. ``{% if %}`` ne passe pas ici ; le
    filtre ``default``, qui prévoit l'absence, garde son effet.
    """

    def __contains__(self, morceau: str) -> bool:
        return morceau == "%s" or super().__contains__(morceau)

    def __mod__(self, variable: object) -> str:
        appelant = sys._getframe(1).f_locals
        for filtre, arguments in getattr(appelant.get("self"), "filters", []):
            if filtre.__name__ in {"default", "default_if_none"} and arguments:
                a_resoudre, valeur = arguments[0]
                return valeur.resolve(appelant["context"]) if a_resoudre else valeur
        raise NameError(f"Variable de gabarit indéfinie : « {variable} »")


# Les essais cherchent les phrases telles qu'elles s'écrivent ; test_typographie remet le chargeur.
TEMPLATES[0]["OPTIONS"]["loaders"][0][1][0] = "django.template.loaders.filesystem.Loader"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = VariableIndefinie("%s")
