"""Réglages de gunicorn (``gunicorn -c config/serveur_web.py config.wsgi``).

L'ouvrier note l'instant où chaque demande arrive, avant qu'elle n'attende un fil libre : c'est
cet instant qui compte à la clôture (regles.md, 4).
"""

import os
import time
from typing import Any

import environ
from gunicorn.workers.gthread import ThreadWorker

ENTETE = "X-REQUEST-START"
DERRIERE_MANDATAIRE = environ.Env().bool("DERRIERE_MANDATAIRE", default=False)


class OuvrierHorodateur(ThreadWorker):
    """Écrit l'heure de réception dans l'en-tête que le middleware lit.

    Ce que le client y aurait mis est jeté, sauf derrière un mandataire de confiance, qui a vu
    arriver la demande avant nous.
    """

    def enqueue_req(self, conn: Any) -> None:
        conn.recue_a = time.time()
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        recue = [valeur for nom, valeur in req.headers if nom == ENTETE]
        if not (recue and DERRIERE_MANDATAIRE):
            req.headers = [entete for entete in req.headers if entete[0] != ENTETE]
            req.headers.append((ENTETE, f"t={conn.recue_a:.6f}"))
        return super().handle_request(req, conn)


worker_class = OuvrierHorodateur
workers = int(os.environ.get("WEB_OUVRIERS", "2"))
threads = int(os.environ.get("WEB_FILS", "4"))
loglevel = "warning"
# Dit aux réglages que l'en-tête vient d'ici, et non du client.
raw_env = ["HEURE_DE_RECEPTION_SURE=1"]
