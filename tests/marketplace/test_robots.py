"""What machines ask for by fixed names."""

from __future__ import annotations

from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client

from tests.stage import Stage

pytestmark = pytest.mark.django_db


def _rules(client: Client) -> tuple[str, RobotFileParser]:
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    text = answer.content.decode()
    parser = RobotFileParser()
    # The parser takes the first line that fits; crawlers take the longest, so the general one goes last here.
    lines = sorted(text.splitlines(), key=lambda line: line == "Disallow: /")
    parser.parse(lines)
    return text, parser


def test_robots_find_what_is_on_sale(client: Client, stage: Stage) -> None:
    kwork = stage.a_kwork()
    _text, parser = _rules(client)
    found = ["/categories/", "/categories/design/", kwork.get_absolute_url(), "/users/sam/", "/rules/", "/static/x.css"]
    assert [path for path in found if not parser.can_fetch("a-robot", path)] == []


def test_robots_are_kept_out_of_searching_and_of_what_is_private(client: Client) -> None:
    text, parser = _rules(client)
    closed = ["/search/?q=logo", "/orders/12345678/", "/balance/", "/settings/", "/login/", "/my/kworks/", "/admin/"]
    assert [path for path in closed if parser.can_fetch("a-robot", path)] == []
    for path in ("admin", "devtools", "metrics", "webhooks", "orders", "balance"):
        assert path not in text


def test_asking_for_the_icon_by_its_old_name_leads_to_it(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer["Location"].endswith(".svg")
