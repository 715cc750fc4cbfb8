"""The tools of development work there, and cannot be had anywhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.steps import login_changes
from core import clock
from core.models import ClockShift
from marketplace.devtools.demo import DEMO_LOGINS
from marketplace.devtools.machine import LEAPS
from notifications import outbox
from notifications.outbox import OutboxBackend
from orders.models import Order, Status
from tests.stage import Stage

PRODUCTION = dict(
    line.split("=", 1) for line in Path(site.BASE_DIR, "tests/marketplace/production.env").read_text().splitlines()
)
MOVE = "/devtools/time/"


def say(client: Client, url: str = "/devtools/") -> str:
    return client.get(url).content.decode()


def in_production(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the code under settings like those of production."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=site.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "marketplace.settings", "ENV_FILE": os.devnull, **PRODUCTION, **environment},
    )


@pytest.mark.django_db
def test_the_bar_is_on_every_page_with_the_sites_time(client: Client) -> None:
    content = say(client, "/rules/")
    assert 'class="devbar"' in content
    assert all(f'value="{leap.key}"' in content for leap in LEAPS)


@pytest.mark.django_db
@pytest.mark.parametrize("leap", LEAPS, ids=lambda leap: leap.key)
def test_a_leap_moves_the_sites_clock(client: Client, leap: object) -> None:
    response = client.post(MOVE, {"by": leap.key, "next": "/rules/"}, follow=True)  # type: ignore[attr-defined]
    assert response.redirect_chain == [("/rules/", 302)]
    assert clock.shift() == leap.by  # type: ignore[attr-defined]
    assert "Nothing was due." in response.content.decode()


@pytest.mark.rule("ORD-05")
def test_after_a_leap_everything_due_has_happened_and_is_told(
    client: Client, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.now = clock.now()
    order = stage.an_order()
    response = client.post(MOVE, {"by": "24h"}, follow=True)
    assert Order.objects.get(pk=order.pk).status == Status.CANCELED
    assert "1 × order canceled" in response.content.decode()


@pytest.mark.rule("ORD-08")
def test_a_leap_leaves_alone_what_is_not_due(client: Client, stage: Stage) -> None:
    stage.now = clock.now()
    order = stage.an_order(at=Status.DELIVERED)
    client.post(MOVE, {"by": "24h"})
    assert Order.objects.get(pk=order.pk).status == Status.DELIVERED
    client.post(MOVE, {"by": "3d"})
    assert Order.objects.get(pk=order.pk).status == Status.COMPLETED


@pytest.mark.django_db
def test_a_leap_of_nobodys_making_is_refused(client: Client) -> None:
    response = client.post(MOVE, {"by": "-3d"}, follow=True)
    assert "has no such button" in response.content.decode()
    assert not ClockShift.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", ""])
def test_a_tool_leads_back_to_this_site_only(client: Client, elsewhere: str) -> None:
    assert client.post(MOVE, {"by": "20m", "next": elsewhere})["Location"] == "/"


@pytest.mark.django_db
def test_one_press_signs_in_as_a_demo_person(client: Client, bea: User) -> None:
    assert "Bea Buyer" in say(client)
    response = client.post("/devtools/sign-in/bea/", {"next": "/notifications/"}, follow=True)
    assert response.redirect_chain == [("/notifications/", 302)]
    assert client.session["_auth_user_id"] == str(bea.pk)


@pytest.mark.django_db
def test_one_press_finds_a_demo_person_who_has_changed_the_login(client: Client, sam: User) -> None:
    login_changes.change_login("samuel_s", by=sam, now=clock.now())
    page = say(client)
    assert 'action="/devtools/sign-in/sam/"' in page
    response = client.post("/devtools/sign-in/sam/", follow=True)
    assert "make demo" not in response.content.decode()
    assert client.session["_auth_user_id"] == str(sam.pk)


@pytest.mark.django_db
def test_a_closed_account_of_the_demo_is_called_so(client: Client, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert "/devtools/sign-in/sam/" not in say(client)
    told = client.post("/devtools/sign-in/sam/", follow=True).content.decode()
    assert "account is closed" in told
    assert "make demo" not in told
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_only_demo_people_are_there_to_come_in_as(client: Client, bea: User) -> None:
    User.objects.create_user("root", "root@example.org", is_staff=True, is_superuser=True)
    assert client.post("/devtools/sign-in/nobody/").status_code == 404
    assert "_auth_user_id" not in client.session
    assert "root" not in DEMO_LOGINS


@pytest.mark.django_db
def test_without_demo_data_signing_in_says_how_to_get_it(client: Client) -> None:
    response = client.post("/devtools/sign-in/bea/", {"next": "/rules/"}, follow=True)
    assert "make demo" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", [MOVE, "/devtools/sign-in/bea/"])
def test_tools_that_change_something_take_a_form(client: Client, address: str) -> None:
    assert client.get(address).status_code == 405
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403


@pytest.fixture
def letter(settings: Settings, tmp_path: Path) -> str:
    """The address of a letter in the outbox."""
    settings.MAIL_OUTBOX_DIR = tmp_path / "outbox"
    mail = EmailMultiAlternatives("Hello Bea", "Follow http://127.0.0.1:8000/x/?a=1", None, ["bea@example.org"])
    mail.attach_alternative("<html><head></head><body><script>alert(1)</script><p>Hi</p></body></html>", "text/html")
    OutboxBackend().send_messages([mail])
    return reverse("devtools-letter", args=outbox.keys())


@pytest.mark.django_db
def test_the_outbox_lists_letters_and_shows_them_with_links_to_follow(client: Client, letter: str) -> None:
    assert f'href="{letter}"' in say(client, "/devtools/outbox/")
    content = say(client, letter)
    assert "Hello Bea" in content
    assert '<a href="http://127.0.0.1:8000/x/?a=1"' in content


@pytest.mark.django_db
def test_a_letters_html_can_do_nothing_but_open_links(client: Client, letter: str) -> None:
    response = client.get(f"{letter}html/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "sandbox allow-popups" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src https://www.youtube-nocookie.com 'self'" in client.get(letter)["Content-Security-Policy"]


@pytest.mark.django_db
def test_an_empty_outbox_says_how_to_fill_it(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_OUTBOX_DIR = tmp_path
    assert "No letters yet" in say(client, "/devtools/outbox/")
    assert client.get("/devtools/outbox/00000000000000000000-00000000/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/devtools/"),
        ("post", MOVE),
        ("post", "/devtools/sign-in/bea/"),
        ("get", "/devtools/outbox/"),
        ("get", "/devtools/outbox/00000000000000000000-00000000/"),
        ("get", "/devtools/outbox/00000000000000000000-00000000/html/"),
    ],
)
def test_without_development_tools_no_tool_answers(
    client: Client, bea: User, settings: Settings, method: str, address: str
) -> None:
    settings.DEV_TOOLS = False
    assert client.generic(method.upper(), address).status_code == 404
    assert "_auth_user_id" not in client.session
    assert not ClockShift.objects.exists()


@pytest.mark.django_db
def test_without_development_tools_pages_have_no_bar(client: Client, bea: User, settings: Settings) -> None:
    settings.DEV_TOOLS = False
    content = say(client, "/login/")
    assert "devbar" not in content
    assert "demo-logins" not in content


def test_in_production_no_address_of_a_tool_exists() -> None:
    ended = in_production(
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        "for address in ('/devtools/', '/devtools/time/', '/devtools/sign-in/bea/', '/styleguide/'):\n"
        "    try: print(resolve(address))\n"
        "    except Resolver404: pass\n"
        "from core import clock\n"
        "from datetime import timedelta\n"
        "try: clock.move_forward(timedelta(days=1))\n"
        "except RuntimeError: print('refused')\n"
    )
    assert (ended.stdout.strip(), ended.returncode) == ("refused", 0), ended.stderr


def test_production_does_not_start_with_development_tools() -> None:
    ended = in_production("import django; django.setup()", DEV_TOOLS="1")
    assert ended.returncode != 0
    assert "DEV_TOOLS are on" in ended.stderr


def test_a_leap_is_never_back() -> None:
    assert all(leap.by > timedelta() for leap in LEAPS)
