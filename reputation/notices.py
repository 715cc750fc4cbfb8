"""What sellers are told about feedback on their work (RAT-06)."""

from __future__ import annotations

from django.utils.text import Truncator

from core.models import Event
from notifications.steps import tell
from reputation.models import Feedback
from reputation.rules import QUOTED_MOST


def left(event: Event) -> None:
    """To the seller: who liked or disliked the work, and why."""
    feedback = Feedback.objects.select_related("order", "seller", "author").get(pk=event.subject_id)
    facts = {
        "number": feedback.order.number,
        "title": feedback.order.title,
        "other": feedback.author.shown_name,
        "positive": feedback.positive,
        "text": Truncator(feedback.text).chars(QUOTED_MOST),
    }
    tell(feedback.seller, event=event, kind=event.kind, url=feedback.order.get_absolute_url(), facts=facts)
