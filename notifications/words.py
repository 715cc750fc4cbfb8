"""The words of a notice: written once as plain text, from which the line in the center and both halves of the mail are made.

Each kind has one template, `templates/notices/<kind>.txt`, with these partials and nothing outside of them:

- `icon`: the name of an icon (static/icons/lucide.svg)
- `line`: the sentence in the notification center
- `subject`: the mail's subject
- `body`: the mail's paragraphs with an empty line between them, without greeting and without the link
- `action`: what the mail's button says; it leads to the notice's `url`

The template knows `user` (who is told), `site_name` and the notice's facts. A fact named `<x>_cents` (integer) is also there as
`<x>`, written as money; one named `<x>_at` (ISO text) as `<x>`, written in the user's time zone. Which facts a kind wants stands
in the comment on top of its template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template import Context, Engine, engines

from accounts.models import User
from core import formats
from core.money import Money

PARTS = ("icon", "line", "subject", "body", "action")
CENTS = "_cents"
MOMENT = "_at"


@dataclass(frozen=True)
class Words:
    """What one user is told by one kind of notice; plain text, in the current language and time zone."""

    kind: str
    user: User
    facts: Mapping[str, Any]

    @property
    def icon(self) -> str:
        return self._part("icon")

    @property
    def line(self) -> str:
        return self._part("line")

    @property
    def subject(self) -> str:
        return " ".join(self._part("subject").split())

    @property
    def body(self) -> list[str]:
        """The mail's paragraphs."""
        return [paragraph.strip() for paragraph in self._part("body").split("\n\n") if paragraph.strip()]

    @property
    def action(self) -> str:
        return self._part("action")

    def _part(self, name: str) -> str:
        template = _engine().get_template(f"notices/{self.kind}.txt#{name}")
        values = {"user": self.user, "site_name": settings.SITE_NAME, **written(self.facts)}
        # Plain text: whoever puts it into HTML escapes it there, once.
        return template.render(Context(values, autoescape=False)).strip()


def written(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with their money and moments also written out for people."""
    values = dict(facts)
    for name, value in facts.items():
        if value is None:
            continue
        if name.endswith(CENTS):
            values[name.removesuffix(CENTS)] = formats.money(Money(value))
        elif name.endswith(MOMENT):
            values[name.removesuffix(MOMENT)] = formats.moment(datetime.fromisoformat(value))
    return values


def check_kind(kind: str) -> None:
    """Raise TemplateDoesNotExist for a kind that nobody has written words for."""
    for part in PARTS:
        _engine().get_template(f"notices/{kind}.txt#{part}")


def _engine() -> Engine:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]
    return engine
