"""L'environnement des tests, posé avant que les réglages ne le lisent.

Les tests ont leurs propres serveurs, sauf ceux que l'environnement donne déjà. Les processus de
xdist et l'ouvrier Celery héritent de ce qui est posé ici : pour eux, ce module ne fait plus rien.
"""

import atexit
import os
import shutil
import sys
import tempfile

from config.embarque import RACINE, assurer_serveurs

os.environ.setdefault("APPELS_VAR", str(RACINE / "var" / "tests"))
# Les tests relancent l'application des dizaines de fois : le code compilé se garde entre elles,
# même là où l'environnement demande à Python de ne rien écrire.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ["DATABASE_POOL"] = "0"
os.environ["DEMONSTRATION"] = "0"
os.environ["DEBUG"] = "0"
# Le pilote du navigateur fait tourner une boucle asynchrone à côté du code synchrone.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
if "FICHIERS_DES_TESTS" not in os.environ:
    os.environ["FICHIERS_DES_TESTS"] = tempfile.mkdtemp(prefix="appels-tests-")
    atexit.register(shutil.rmtree, os.environ["FICHIERS_DES_TESTS"], ignore_errors=True)
assurer_serveurs(rapide=True)
