"""The counts that a kwork's card shows; the room that owns feedback reports each one here."""

from django.db.models import F

from kworks.models import Kwork


def count_feedback(kwork_id: int, *, positive: bool) -> None:
    """Add one like or dislike to a kwork's counts."""
    column = "likes" if positive else "dislikes"
    Kwork.objects.filter(pk=kwork_id).update(**{column: F(column) + 1})
