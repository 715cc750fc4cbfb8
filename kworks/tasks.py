"""Work off-request: the sizes of pictures."""

from __future__ import annotations

from core import clock
from core.tasks import task
from kworks.models import Picture
from kworks.steps.pictures import make_sizes

BATCH = 100


@task
def make_picture(picture_id: int) -> None:
    """Make the sizes of one picture."""
    make_sizes(picture_id, clock.now())


@task
def make_missing() -> None:
    """Find pictures whose task was lost, and make them."""
    missing = Picture.objects.filter(made_at__isnull=True, damaged=False).order_by("id").values_list("id", flat=True)
    for picture_id in missing[:BATCH]:
        make_sizes(picture_id, clock.now())
