"""Figures for Prometheus: those of requests, and how far the site's own work is behind."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core import clock
from core.models import Event
from finance.queries import questioned
from finance.queries.books import state
from marketplace import health
from marketplace.schedule import SWEEPS
from notifications.models import Letter

LOOPBACK = frozenset({"127.0.0.1", "::1"})


class SiteCollector(Collector):
    """Asked of the database at each scrape, so every web process gives the same answer. Moments in Unix seconds."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = clock.now()
        yield GaugeMetricFamily(
            "workhall_events_waiting",
            "Events not yet handed on to all their reactions.",
            Event.objects.filter(handed_at__isnull=True).count(),
        )
        yield GaugeMetricFamily(
            "workhall_letters_waiting",
            "Letters the mail server has not taken yet.",
            Letter.objects.filter(due_at__isnull=False).count(),
        )
        yield GaugeMetricFamily(
            "workhall_payments_questioned",
            "Payments that somebody of staff has to look at before they are added to a balance.",
            questioned(),
        )
        overdue = GaugeMetricFamily("workhall_timers_overdue", "Rows whose time has come.", labels=["sweep"])
        swept = GaugeMetricFamily("workhall_sweep_last_run_seconds", "When a sweep last ended.", labels=["sweep"])
        for sweep in SWEEPS:
            overdue.add_metric([sweep.name], sweep.overdue(now).count())
            swept.add_metric([sweep.name], health.last_swept(sweep.name))
        yield overdue
        yield swept
        yield GaugeMetricFamily("workhall_heartbeat_seconds", "When beat last knocked.", health.last_beat())
        yield from _ledger(now)


def _ledger(now: datetime) -> Iterator[GaugeMetricFamily]:
    """As the newest run of the proof found it (FIN-07); nothing is proven anew for a scrape."""
    books = state(now)
    broken = len(books.run.broken) if books.run else 0
    proven = books.proven_at.timestamp() if books.proven_at else 0
    figures = (
        ("workhall_ledger_laws_broken", "Laws of the ledger that the newest proof found broken.", broken),
        ("workhall_ledger_proven_seconds", "When every law of the ledger held last.", proven),
        ("workhall_ledger_owed_cents", "What the site owes to users, escrows and withdrawals.", books.owed.cents),
        ("workhall_ledger_held_cents", "Money received minus money paid out.", books.held.cents),
        ("workhall_days_unsealed", "Days that are over and not sealed.", books.days_waiting),
    )
    for name, meaning, figure in figures:
        yield GaugeMetricFamily(name, meaning, figure)


_site = CollectorRegistry()
_site.register(SiteCollector())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For those who send `Authorization: Bearer <METRICS_TOKEN>`; in development also for this machine. Others get 404."""
    if not _may_see(request):
        raise Http404
    page = generate_latest(_requests()) + generate_latest(_site)
    return HttpResponse(page, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_see(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        return True
    # Behind a proxy on the same machine everybody's address is loopback, so this never counts in production.
    return not settings.PRODUCTION and request.META.get("REMOTE_ADDR") in LOOPBACK


def _requests() -> CollectorRegistry:
    """The figures of this process; with PROMETHEUS_MULTIPROC_DIR set, of all web processes together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
