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
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from structlog.contextvars import bind_contextvars, clear_contextvars

from core.numbers import small_int

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]
SANE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
MEGABYTE = 1024 * 1024
BODY_MOST = 48 * MEGABYTE  # ten files of 4 MB and the words around them
BODY_MOST_OF_STRANGERS = MEGABYTE
# Asked for every few seconds by machines; told only when something is wrong.
ROUTINE = frozenset({"healthz", "readyz", "metrics", "notifications-unread"})


class PlainTextMiddleware:
    """Refuses what holds a NUL character: no text of a person does, and the database cannot store one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("a NUL character in the address")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: object, _args: object, _kwargs: object) -> None:
        """Form fields are looked at once the address is known, by name and value."""
        if any("\0" in text for name, values in request.POST.lists() for text in (name, *values)):
            raise BadRequest("a NUL character in a form")


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


class BodyLimitMiddleware:
    """Refuses what is too large to be a form of this site, before any of it is read: 413; 411 when it does not say how large.

    Who brings no session cookie may send little: nothing for visitors takes files. The webhook has a limit of its own.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == reverse("stripe-webhook"):
            return self.get_response(request)
        length = request.headers.get("Content-Length", "")
        if not length and "Transfer-Encoding" in request.headers:
            return _refused(411, _("Your browser did not say how much it sends. Please try another one."))
        most = BODY_MOST if settings.SESSION_COOKIE_NAME in request.COOKIES else BODY_MOST_OF_STRANGERS
        if length and small_int(length, 0, most) is None:
            return _refused(
                413,
                _(
                    "This is more than can be sent at once. Go back and send fewer or smaller files: each may have up to 4 MB."
                ),
            )
        return self.get_response(request)


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


class PrivateAnswersMiddleware:
    """Keeps the pages of somebody who is signed in out of every store, so that going back after signing out shows none.

    An answer that says for itself how long it may be kept, a file or a picture, is left as it is.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES  # who signs in here and now gets a redirect
        response = self.get_response(request)
        if signed_in and "Cache-Control" not in response and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response


def _refused(status: int, sentence: str) -> HttpResponse:
    """A bare page: sessions, languages and the site's frame come later in the stack."""
    return HttpResponse(
        render_to_string("errors/refused.html", {"sentence": sentence, "status": status}), status=status
    )


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
    """Without the query. Addresses with which an account could be taken over, or that are a secret themselves, are
    told by their pattern only."""
    match = request.resolver_match
    if match is not None and (match.url_name or "").startswith(("account_", "email-change-link", "order-calendar")):
        return f"/{match.route}"
    return request.path
