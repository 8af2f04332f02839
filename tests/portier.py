"""Le serveur des tests ne répond que pendant un test : la base se vide quand tout est fini.

Une page qu'on ferme laisse derrière elle des requêtes : un enregistrement automatique, un envoi au
moment de partir. Celle qui écrirait pendant que les tables se vident bloquerait les deux ; celle
qui écrirait juste après se retrouverait dans le test suivant.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any


class Portier:
    """Une application WSGI devant l'autre : compte les requêtes reçues, refuse hors des tests."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self._change = threading.Condition()
        self._ouvert = False
        self._en_route = 0

    def ouvrir(self) -> None:
        with self._change:
            self._ouvert = True

    def fermer(self, *, secondes: float = 30) -> None:
        """Refuse ce qui arrive encore et attend ce qui est en route ; trop long : une erreur."""
        with self._change:
            self._ouvert = False
            if not self._change.wait_for(lambda: not self._en_route, timeout=secondes):
                raise TimeoutError(f"{self._en_route} requête(s) encore en route après le test.")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self._change:
            if not self._ouvert:
                start_response("503 Service Unavailable", [("Content-Length", "0")])
                return []
            self._en_route += 1
        try:
            return _Reponse(self.application(environ, start_response), self._partie)
        except BaseException:
            self._partie()
            raise

    def _partie(self) -> None:
        with self._change:
            self._en_route -= 1
            self._change.notify_all()


class _Reponse:
    """Le corps d'une réponse : la requête est finie quand le serveur le ferme (PEP 3333)."""

    def __init__(self, corps: Iterable[bytes], finie: Callable[[], None]) -> None:
        self.corps = corps
        self.finie = finie

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.corps)

    def close(self) -> None:
        try:
            getattr(self.corps, "close", lambda: None)()
        finally:
            self.finie()
