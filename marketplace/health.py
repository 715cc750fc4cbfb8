"""Is the site alive, and is it ready: for load balancers, containers and the launcher."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from uuid import uuid4

import structlog
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = structlog.get_logger(__name__)

HEARTBEAT = "marketplace:heartbeat"
SWEPT = "marketplace:swept:"
QUIET_MOST = 300  # seconds without a knock of the beat, which knocks once a minute
OK = "ok"

_migrated = False


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process answers; asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Each part that requests need, with what is wrong about it; 503 when anything is."""
    found = {name: _outcome(name, check) for name, check in CHECKS.items()}
    ready = all(outcome == OK for outcome in found.values())
    return JsonResponse({"ready": ready, "checks": found}, status=200 if ready else 503)


def beat() -> None:
    """Note that beat and a worker are alive; the minute's knock calls this. By the machine's clock, which never jumps."""
    cache.set(HEARTBEAT, time.time(), None)


def last_beat() -> float:
    """When `beat` was last called, in Unix seconds; 0 for never."""
    return float(cache.get(HEARTBEAT, 0))


def swept(name: str) -> None:
    """Note that a sweep has run to its end."""
    cache.set(SWEPT + slugify(name), time.time(), None)


def last_swept(name: str) -> float:
    """When `swept` was last called for this sweep, in Unix seconds; 0 for never."""
    return float(cache.get(SWEPT + slugify(name), 0))


def _outcome(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:
        log.warning("not ready", check=name, error=repr(error))
        return f"fails with {type(error).__name__}"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _migrations() -> str:
    """Looked up until all have run; none is ever added to a running process."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            return f"{len(waiting)} not applied"
        _migrated = True
    return OK


def _cache() -> str:
    word = uuid4().hex
    cache.set(f"marketplace:ready:{word}", word, 10)
    return OK if cache.get(f"marketplace:ready:{word}") == word else "forgets"


def _beat() -> str:
    last = last_beat()
    if not last:
        return "has not knocked yet"
    quiet = time.time() - last
    return OK if quiet <= QUIET_MOST else f"last knocked {quiet:.0f} seconds ago"


CHECKS: Mapping[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "beat": _beat,
}
