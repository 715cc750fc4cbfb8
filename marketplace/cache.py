"""A cache whose loss costs speed, not pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as Late
from redis.retry import Retry

log = structlog.get_logger(__name__)
T = TypeVar("T")

PATIENCE = 0.5  # seconds for a connection or an answer, since a visitor is waiting
RETRIES = 1  # at once: the server may have been started anew since the last command


class ForgivingClient(RedisCacheClient):
    """While Valkey cannot be reached nothing is found and nothing is kept, and a warning says so each time."""

    def __init__(self, servers: Any, **options: Any) -> None:
        retry = Retry(NoBackoff(), RETRIES)
        super().__init__(servers, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=retry, **options)
        self._made: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """One client for all commands: making one for each, as Django does, costs a third of a command."""
        if write not in self._made:
            self._made[write] = super().get_client(key, write=write)
        return self._made[write]

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        return _or(False, lambda: super(ForgivingClient, self).add(key, value, timeout))

    def get(self, key: Any, default: Any) -> Any:
        return _or(default, lambda: super(ForgivingClient, self).get(key, default))

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        _or(None, lambda: super(ForgivingClient, self).set(key, value, timeout))

    def touch(self, key: Any, timeout: Any) -> bool:
        return _or(False, lambda: super(ForgivingClient, self).touch(key, timeout))

    def delete(self, key: Any) -> bool:
        return _or(False, lambda: super(ForgivingClient, self).delete(key))

    def get_many(self, keys: Any) -> dict[Any, Any]:
        return _or({}, lambda: super(ForgivingClient, self).get_many(keys))

    def has_key(self, key: Any) -> bool:
        return _or(False, lambda: super(ForgivingClient, self).has_key(key))

    def incr(self, key: Any, delta: Any) -> int:
        try:
            return int(super().incr(key, delta))
        except (Unreachable, Late) as error:
            raise ValueError(f"{key} cannot be counted: {error}") from error  # as for a key that is not there

    def set_many(self, data: Any, timeout: Any) -> None:
        _or(None, lambda: super(ForgivingClient, self).set_many(data, timeout))

    def delete_many(self, keys: Any) -> None:
        _or(None, lambda: super(ForgivingClient, self).delete_many(keys))


class ForgivingCache(RedisCache):
    """Django's Redis cache, by the client above."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ForgivingClient


def _or(fallback: T, action: Callable[[], T]) -> T:
    try:
        return action()
    except (Unreachable, Late) as error:
        log.warning("the cache cannot be reached", error=str(error))
        return fallback
