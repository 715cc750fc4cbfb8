"""`{% slot "order.help" order.number %}`: links that work alone and that htmx loads in place."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from marketplace.slots import SLOTS

register = template.Library()


@register.inclusion_tag("components/slot.html")
def slot(name: str, *args: Any) -> dict[str, Any]:
    """Render the views that marketplace/slots.py lists for this place, with `args` for their addresses."""
    return {"name": name, "urls": [reverse(view, args=args) for view in SLOTS[name]]}
