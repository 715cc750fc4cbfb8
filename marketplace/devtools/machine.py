"""The time machine: moves the site's clock and lets everything happen that is due by then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core import clock, formats, handing
from core.models import Event
from finance.provider import sandbox
from marketplace.devtools.gate import back, dev_only
from marketplace.schedule import SWEEPS

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Leap:
    """A button of the time machine."""

    key: str
    by: timedelta
    label: str | Promise


LEAPS = (
    Leap("20m", timedelta(minutes=20), gettext_lazy("20 minutes")),
    Leap("24h", timedelta(hours=24), gettext_lazy("24 hours")),
    Leap("3d", timedelta(days=3), gettext_lazy("3 days")),
    Leap("2w", timedelta(weeks=2), gettext_lazy("2 weeks")),
)


@dataclass(frozen=True)
class Passed:
    """What happened in a leap, how many events of which kind; and whether the payment sandbox stayed behind."""

    happened: Counter[str]
    sandbox_behind: bool


def let_pass(by: timedelta) -> Passed:
    """Move the clock and do at once what beat and the workers would do in the next minute.

    The site's clock is first, so that what the payment sandbox then tells us of happens after the leap; and the sandbox is
    before the sweeps, so that whoever asks it hears of a payment page what its time is by then.
    """
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    clock.move_forward(by)
    behind = _sandbox_stays_behind()
    now = clock.now()
    # Twice, because what the first round does makes more to do: letters above all.
    for _round in range(2):
        for sweep in SWEEPS:
            sweep.run(now)
        handing.hand_on_waiting(now=now)
    return Passed(Counter(Event.objects.filter(pk__gt=last).order_by("pk").values_list("kind", flat=True)), behind)


def _sandbox_stays_behind() -> bool:
    """Take the payment sandbox along, if there is one; at the next leap it catches up with what it misses now."""
    if not sandbox.is_used():
        return False
    try:
        sandbox.move_clock_to(clock.shift())
    except sandbox.NotMoved as error:
        log.warning("the payment sandbox keeps its time", why=str(error))
        return True
    return False


@dev_only
@require_POST
def move_time(request: HttpRequest) -> HttpResponse:
    """Move the site's clock forward by one of the leaps, and say what happened."""
    leap = next((leap for leap in LEAPS if leap.key == request.POST.get("by")), None)
    if leap is None:
        messages.error(request, _("The time machine has no such button."))
        return back(request)
    passed = let_pass(leap.by)
    told = ", ".join(f"{count} × {kind.replace('.', ' ').replace('_', ' ')}" for kind, count in passed.happened.items())
    moment = formats.moment(clock.now())
    if told:
        messages.success(
            request, _("It is now %(moment)s. What happened: %(told)s.") % {"moment": moment, "told": told}
        )
    else:
        messages.info(request, _("It is now %(moment)s. Nothing was due.") % {"moment": moment})
    if passed.sandbox_behind:
        messages.warning(
            request,
            _("The payment sandbox did not answer and keeps its time. Once it runs, the next leap takes it along."),
        )
    return back(request)
