"""What every request and answer passes through."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from structlog.contextvars import bind_contextvars, clear_contextvars

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
SANE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
# Asked for every few seconds by machines; told only when something is wrong.
ROUTINE = frozenset({"healthz", "readyz", "metrics", "notifications-unread"})


class RequestIdMiddleware:
    """Gives every request an id that its log lines, its tasks, error pages and `X-Request-ID` show, and logs one line for it.

    An id that a proxy in front has given is kept. The lines also name the user and, on an order's pages, the order.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clear_contextvars()
        given = request.headers.get("X-Request-ID", "")
        request.id = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        began, queries = time.perf_counter(), QueryCount()
        with queries.counting():
            response = self.get_response(request)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        _tell(request, response, milliseconds=(time.perf_counter() - began) * 1000, queries=queries)
        clear_contextvars()
        return response

    def process_view(self, request: HttpRequest, _view: object, _args: object, kwargs: dict[str, Any]) -> None:
        """Runs once the address is known: from here on, lines say who and about which order."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            bind_contextvars(user_id=request.session[SESSION_KEY])
        if "number" in kwargs:
            bind_contextvars(order=kwargs["number"])


class QueryCount:
    """Counts the database's queries of one request, in development."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        self.count += 1
        return execute(sql, params, many, context)

    def counting(self) -> AbstractContextManager[None]:
        return connection.execute_wrapper(self) if settings.DEV_TOOLS else nullcontext()


class VaryOnHtmxMiddleware:
    """Keeps caches from giving a page's fragment where the page is asked for, and the other way round."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response


def _tell(request: HttpRequest, response: HttpResponse, *, milliseconds: float, queries: QueryCount) -> None:
    match = request.resolver_match
    facts: dict[str, Any] = {
        "method": request.method,
        "path": _loggable_path(request),
        "status": response.status_code,
        "ms": round(milliseconds, 1),
    }
    if settings.DEV_TOOLS:
        facts["queries"] = queries.count
    routine = match is not None and match.url_name in ROUTINE and response.status_code < 500
    (log.debug if routine else log.info)("request", **facts)


def _loggable_path(request: HttpRequest) -> str:
    """Without the query. Addresses with which an account could be taken over are told by their pattern only."""
    match = request.resolver_match
    if match is not None and (match.url_name or "").startswith("account_"):
        return f"/{match.route}"
    return request.path
