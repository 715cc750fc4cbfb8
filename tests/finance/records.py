"""What was recorded of a thing, for comparing."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.events import timeline


def recorded(subject: models.Model) -> list[tuple[str, int | None, Any, dict[str, Any]]]:
    """Every event of it, oldest first: kind, by whom, when, facts."""
    return [(event.kind, event.by_id, event.at, event.facts) for event in timeline(subject)]
