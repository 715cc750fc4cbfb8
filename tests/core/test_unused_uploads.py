"""Files that were received and never attached to anything are removed after two days; attached ones stay."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from core.models import Upload
from core.uploads import UNUSED_KEPT, receive
from kworks.models import Picture
from marketplace.schedule import SWEEPS
from orders.models import Attachment, Status
from orders.steps import thread
from tests.core.threads import at_once
from tests.kworks.files import a_file
from tests.stage import Stage

SWEEP = next(each for each in SWEEPS if each.rows().model is Upload)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def _files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


@pytest.mark.django_db(transaction=True)
def test_what_nothing_has_attached_goes_after_two_days_with_its_file(stage: Stage, now: datetime, files: Path) -> None:
    receive(a_file(), by=stage.buyer, now=now)
    assert SWEEP.run(now + UNUSED_KEPT - SECOND) == 0
    assert (Upload.objects.count(), _files(files)) == (1, 1)
    assert SWEEP.run(now + UNUSED_KEPT) == 1
    assert (Upload.objects.count(), _files(files)) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_what_anything_refers_to_stays_and_is_looked_at_once(stage: Stage, now: datetime, files: Path) -> None:
    order = stage.an_order(at=Status.IN_WORK)
    sent, shown = (receive(a_file(), by=stage.buyer, now=now) for _time in range(2))
    thread.write(order.pk, text="Look.", files=[sent], by=stage.buyer, now=stage.now)
    Picture.objects.create(upload=shown)
    before = _files(files)
    assert SWEEP.run(now + UNUSED_KEPT) == 2
    assert set(Upload.objects.filter(pk__in=[sent.pk, shown.pk]).values_list("unused_due_at", flat=True)) == {None}
    assert (Picture.objects.filter(upload=shown).count(), Attachment.objects.filter(upload=sent).count()) == (1, 1)
    assert _files(files) == before
    assert not SWEEP.is_due(now + 9 * UNUSED_KEPT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sweeper_first", [True, False])
def test_one_that_is_being_attached_at_that_moment_is_never_lost(
    stage: Stage, now: datetime, files: Path, sweeper_first: bool
) -> None:
    """Either it is attached and stays, or it has gone and attaching it fails as a whole."""
    upload = receive(a_file(), by=stage.buyer, now=now)
    held, swept = Event(), Event()

    def attach() -> bool:
        try:
            with transaction.atomic():
                Picture.objects.create(upload=upload)
                held.set()
                if sweeper_first:
                    assert swept.wait(5)
        except IntegrityError:
            return False
        held.set()
        return True

    def sweep() -> bool:
        assert held.wait(5)
        SWEEP.run(now + UNUSED_KEPT)
        swept.set()
        return True

    attached, _swept = at_once(attach, sweep)
    there = Upload.objects.filter(pk=upload.pk).exists()
    assert there is attached is Picture.objects.filter(upload=upload).exists()
    assert _files(files) == int(there)
