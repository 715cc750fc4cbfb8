"""The time machine: moves the site's clock and lets everything happen that is due by then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core import clock, formats, handing
from core.models import Event
from marketplace.devtools.gate import back, dev_only
from marketplace.schedule import SWEEPS


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


def let_pass(by: timedelta) -> Counter[str]:
    """Move the clock and do at once what beat and the workers would do in the next minute: how many events of which kind."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    clock.move_forward(by)
    now = clock.now()
    # Twice, because what the first round does makes more to do: letters above all.
    for _round in range(2):
        for sweep in SWEEPS:
            sweep.run(now)
        handing.hand_on_waiting(now=now)
    return Counter(Event.objects.filter(pk__gt=last).order_by("pk").values_list("kind", flat=True))


@dev_only
@require_POST
def move_time(request: HttpRequest) -> HttpResponse:
    """Move the site's clock forward by one of the leaps, and say what happened."""
    leap = next((leap for leap in LEAPS if leap.key == request.POST.get("by")), None)
    if leap is None:
        messages.error(request, _("The time machine has no such button."))
        return back(request)
    happened = let_pass(leap.by)
    told = ", ".join(f"{count} × {kind.replace('.', ' ').replace('_', ' ')}" for kind, count in happened.items())
    moment = formats.moment(clock.now())
    if told:
        messages.success(
            request, _("It is now %(moment)s. What happened: %(told)s.") % {"moment": moment, "told": told}
        )
    else:
        messages.info(request, _("It is now %(moment)s. Nothing was due.") % {"moment": moment})
    return back(request)
