"""Every request has an id, a line that tells of it, and an error page that names it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.views.defaults import bad_request
from pytest_django.fixtures import Settings
from structlog import contextvars, get_config
from structlog.contextvars import clear_contextvars, get_contextvars
from structlog.testing import LogCapture

from accounts.models import User
from marketplace import errors
from marketplace.urls import urlpatterns as site_urls

Lines = list[Any]


def ends_badly(_request: HttpRequest) -> HttpResponse:
    """A view with a mistake in it."""
    raise ZeroDivisionError


def is_suspicious(_request: HttpRequest) -> HttpResponse:
    """A view that was sent something it does not take."""
    raise SuspiciousOperation


def names_its_line(_request: HttpRequest, number: str) -> HttpResponse:
    """A view that says what its log lines carry."""
    return JsonResponse(get_contextvars())


urlpatterns = [
    *site_urls,
    path("test/broken/", ends_badly),
    path("test/suspicious/", is_suspicious),
    path("test/orders/<str:number>/", names_its_line),
]
handler500 = "marketplace.errors.server_error"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged, with what is bound to it."""
    capture = LogCapture()
    processors = get_config()["processors"]
    before = list(processors)
    processors[:] = [contextvars.merge_contextvars, capture]
    yield capture.entries
    processors[:] = before
    clear_contextvars()


def told(lines: Lines) -> dict[str, Any]:
    """The one line that tells of the request."""
    [line] = [line for line in lines if line["event"] == "request"]
    return dict(line)


@pytest.mark.django_db
def test_each_answer_carries_an_id_and_each_request_another(client: Client) -> None:
    ids = {client.get("/healthz")["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(each) == 12 for each in ids)


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["0af7651916cd43dd8448eb211c80319c", "b9c1-4f_2"])
def test_an_id_given_by_a_proxy_is_kept(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "short", "x" * 65, "two words", "line\x0bbreak12", "<script>alert(1)"])
def test_an_id_that_is_no_id_is_replaced(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given


def test_one_line_tells_of_a_request(client: Client, bea: User, lines: Lines) -> None:
    client.force_login(bea)
    response = client.get("/notifications/?show=unread")
    line = told(lines)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/notifications/", 200)
    assert line["ms"] > 0
    assert line["queries"] > 0
    assert line["request_id"] == response["X-Request-ID"]
    assert line["user_id"] == str(bea.pk)


def test_queries_are_counted_in_development_only(client: Client, db: None, lines: Lines, settings: Settings) -> None:
    settings.DEV_TOOLS = False
    client.get("/rules/")
    assert "queries" not in told(lines)


@pytest.mark.django_db
def test_what_machines_ask_for_every_few_seconds_is_told_quietly(client: Client, lines: Lines) -> None:
    client.get("/healthz")
    assert told(lines)["log_level"] == "debug"


@pytest.mark.django_db
def test_keys_in_addresses_and_queries_are_not_told(client: Client, lines: Lines) -> None:
    client.get("/confirm-email/secret-key/?token=secret-key")
    assert "secret-key" not in str(told(lines))


@pytest.mark.urls(__name__)
def test_lines_about_an_order_name_it(client: Client, bea: User) -> None:
    client.force_login(bea)
    bound = client.get("/test/orders/48210377/").json()
    assert (bound["order"], bound["user_id"]) == ("48210377", str(bea.pk))


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_nothing_of_one_request_is_told_of_the_next(client: Client, lines: Lines) -> None:
    client.get("/test/orders/48210377/")
    lines.clear()
    client.get("/healthz")
    assert "order" not in told(lines)


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"), [("/test/broken/", 500), ("/test/suspicious/", 400), ("/nowhere/", 404), ("/admin/x/", 302)]
)
def test_error_pages_name_the_request(client: Client, settings: Settings, address: str, status: int) -> None:
    settings.DEBUG = False
    client.raise_request_exception = False
    response = client.get(address)
    assert response.status_code == status
    if status >= 400:
        assert f"<code>{response['X-Request-ID']}</code>" in response.content.decode()


@pytest.mark.django_db
def test_a_form_that_does_not_come_from_us_gets_a_page_that_says_so(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/notifications/read/")
    content = response.content.decode()
    assert response.status_code == 403
    assert "We could not tell that this form came from you" in content
    assert response["X-Request-ID"] in content


def test_a_request_refused_before_its_user_is_known_still_gets_a_page() -> None:
    request = RequestFactory().get("/")
    assert bad_request(request, SuspiciousOperation()).status_code == 400


def test_a_broken_error_page_still_names_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> str:
        raise ValueError

    monkeypatch.setattr(errors, "render_to_string", fail)
    request = RequestFactory().get("/")
    request.id = "abc12345"  # type: ignore[attr-defined]
    response = errors.server_error(request)
    assert response.status_code == 500
    assert b"abc12345" in response.content
    assert b"write to support@localhost" in response.content


def test_the_error_page_says_where_to_write_and_what_to_name() -> None:
    request = RequestFactory().get("/")
    request.id = "abc12345"  # type: ignore[attr-defined]
    page = errors.server_error(request).content.decode()
    assert "<code>abc12345</code>" in page
    assert 'href="mailto:support@localhost"' in page


LOGS_SOMETHING = """
import logging, structlog, django
django.setup()
structlog.contextvars.bind_contextvars(request_id="abc12345")
structlog.get_logger("ours").info("order placed", order="48210377")
logging.getLogger("theirs").warning("from %s", "elsewhere")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").exception("it broke")
"""


def test_production_writes_one_json_object_a_line() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "marketplace.settings", "LOG_JSON": "1", "ENV_FILE": "/dev/null"}
    run = [sys.executable, "-c", LOGS_SOMETHING]
    ended = subprocess.run(run, capture_output=True, text=True, check=True, cwd=site.BASE_DIR, env=environment)
    ours, theirs, broke = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (ours["event"], ours["order"], ours["level"], ours["logger"]) == (
        "order placed",
        "48210377",
        "info",
        "ours",
    )
    assert (theirs["event"], theirs["level"], theirs["request_id"]) == ("from elsewhere", "warning", "abc12345")
    assert "ZeroDivisionError" in broke["exception"]
    assert all(line["timestamp"].endswith("Z") for line in (ours, theirs, broke))


LOGS_WHAT_WAS_SENT = """
import logging, structlog, django
django.setup()
for sent in ("\\0", "\\x1b[31m", "\\r", "\\n", "\\x85", "\\u2028", "\\u202e"):
    structlog.get_logger("ours").info("request", path=f"/r/{sent}/")
logging.getLogger("theirs").warning("no page at %s", "/r/\\0\\x1b[31m\\r/")
structlog.get_logger("ours").info("request", path="/r/ü/")
try:
    raise ValueError("\x1b[2J\x1b]0;owned\x07 \u202e")
except ValueError:
    structlog.get_logger("ours").exception("failed \u202e")
"""


def test_nothing_that_was_sent_commands_the_terminal_that_shows_the_log() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "marketplace.settings", "ENV_FILE": "/dev/null", "PYTHONUTF8": "1"}
    run = [sys.executable, "-c", LOGS_WHAT_WAS_SENT]
    ended = subprocess.run(run, capture_output=True, check=True, cwd=site.BASE_DIR, env=environment)
    lines = ended.stdout.decode().removesuffix("\n").split("\n")
    codes = ("\\x00", "\\x1b[31m", "\\r", "\\n", "\\x85", "\\u2028", "\\u202e")
    assert [line.partition(" path=")[2] for line in lines[:7]] == [f"'/r/{code}/'" for code in codes]
    assert "no page at /r/\\x00\\x1b[31m\\r/" in lines[7]
    assert lines[8].endswith(" path=/r/ü/")
    assert "failed \\u202e" in lines[9]
    assert lines[-1] == "ValueError: \\x1b[2J\\x1b]0;owned\\x07 \\u202e"
    assert all(line.isprintable() for line in lines)


TELLS_SENTRY = """
import django, sentry_sdk, structlog
django.setup()
sent = []
sentry_sdk.get_client().transport.capture_envelope = sent.append
structlog.contextvars.bind_contextvars(request_id="abc12345")
log = structlog.get_logger("ours")
log.info("nothing wrong")
log.error("letter given up", letter=5)
try:
    number_of_somebody = "078051120"
    1 / 0
except ZeroDivisionError:
    log.exception("it broke")
for envelope in sent:
    event = envelope.get_event()
    assert "078051120" not in repr({**event, "exception": [frame for value in event.get("exception", {}).get("values", [])
        for frame in [f.get("vars") for f in value["stacktrace"]["frames"]]]})
    broke = [value["type"] for value in event.get("exception", {}).get("values", [])]
    print("sent", event["contexts"]["line"]["event"], event["contexts"]["line"]["request_id"], *broke)
"""


def test_errors_reach_sentry_with_the_requests_id() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "marketplace.settings", "ENV_FILE": "/dev/null"}
    environment["SENTRY_DSN"] = "http://key@127.0.0.1:9/1"
    run = [sys.executable, "-c", TELLS_SENTRY]
    ended = subprocess.run(run, capture_output=True, text=True, check=True, cwd=site.BASE_DIR, env=environment)
    assert [line for line in ended.stdout.splitlines() if line.startswith("sent ")] == [
        "sent letter given up abc12345",
        "sent it broke abc12345 ZeroDivisionError",
    ]
