"""Le cache de Valkey ; quand il ne répond pas, celui du processus prend le relais.

Rien de ce qui est gardé n'est indispensable, mais l'ignorer ne suffit pas : sans aucun cache, les
limites de tentatives de connexion refuseraient tout le monde. Pendant la panne, chaque processus
compte pour soi ; une page publique, elle, ne se garde jamais plus de ``CACHE_PUBLIC_SECONDES``.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

# Après un échec, Valkey n'est redemandé qu'au bout de ces secondes : la panne ne ralentit rien.
REPIT = 5.0
journal = logging.getLogger(__name__)


def _avec_secours(nom: str) -> Callable[..., Any]:
    def operation(self: "CacheDeSecours", *arguments: Any, **nommes: Any) -> Any:
        if time.monotonic() >= self.reprise:
            try:
                return getattr(RedisCache, nom)(self, *arguments, **nommes)
            except RedisError as erreur:
                self.reprise = time.monotonic() + REPIT
                journal.warning("Valkey ne répond pas, cache du processus : %s", erreur)
        return getattr(self.secours, nom)(*arguments, **nommes)

    return operation


class CacheDeSecours(RedisCache):
    """Les opérations de ``RedisCache`` ; aucune ne lève d'erreur de connexion."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        # Une connexion coupée par un redémarrage se refait une fois, tout de suite.
        self._options = {
            "socket_connect_timeout": 1,
            "socket_timeout": 2,
            "retry": Retry(NoBackoff(), 1),
            **self._options,
        }
        self.secours = LocMemCache("secours", {**params, "OPTIONS": {}})
        self.reprise = 0.0

    add = _avec_secours("add")
    get = _avec_secours("get")
    set = _avec_secours("set")
    touch = _avec_secours("touch")
    delete = _avec_secours("delete")
    get_many = _avec_secours("get_many")
    has_key = _avec_secours("has_key")
    incr = _avec_secours("incr")
    set_many = _avec_secours("set_many")
    delete_many = _avec_secours("delete_many")
    clear = _avec_secours("clear")
