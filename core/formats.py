"""How money, moments and days are written for people: the one place that decides it."""

from datetime import date as datetime_date
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.formats import get_format, number_format
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext, ngettext, pgettext

from core.money import BASIS_POINTS, Money

MINUTE_SECONDS = 60
JUST_NOW = timedelta(minutes=1)
MINUS = "\N{MINUS SIGN}"


def money(amount: Money) -> str:
    """Dollars with grouping and both cent digits: $1,234.50, −$8.00."""
    whole, cents = divmod(abs(amount.cents), 100)
    point = get_format("DECIMAL_SEPARATOR")
    return f"{_sign(amount)}${number_format(whole, force_grouping=True)}{point}{cents:02d}"


def price(amount: Money) -> str:
    """Like `money`, but whole dollars are written without cents: $10, $12.50."""
    whole, cents = divmod(abs(amount.cents), 100)
    return money(amount) if cents else f"{_sign(amount)}${number_format(whole, force_grouping=True)}"


def moment(at: datetime) -> str:
    """Date and time in the current time zone, which is named: Nov 21, 2025, 2:05 PM EST."""
    local = timezone.localtime(at)
    return f"{date_format(local, pgettext('date and time format', 'M j, Y, g:i A'))} {zone(local)}"


def exact_moment(at: datetime) -> str:
    """Like `moment`, to the second: Nov 21, 2025, 2:05:09 PM EST. For logs."""
    local = timezone.localtime(at)
    return f"{date_format(local, pgettext('date and time format', 'M j, Y, g:i:s A'))} {zone(local)}"


def day(at: datetime) -> str:
    """The date in the current time zone: Nov 21, 2025."""
    return date(timezone.localtime(at))


def date(on: datetime_date) -> str:
    """A date that is nobody's moment, such as the end of a period: Nov 21, 2025."""
    return date_format(on, pgettext("date format", "M j, Y"))


def zone(local: datetime) -> str:
    """The zone's usual letters, or its distance from UTC where it has none: CET, UTC+3."""
    name = local.tzname() or ""
    if name.lstrip("+-").isdigit():
        hours, minutes = name[1:3].lstrip("0") or "0", name[3:5]
        return f"UTC{name[0].replace('-', MINUS)}{hours}{':' + minutes if minutes.strip('0') else ''}"
    return name


def relative(at: datetime, now: datetime) -> str:
    """Distance in the largest unit: 3 hours ago, in 2 days; less than a minute either way is just now."""
    if abs(at - now) < JUST_NOW:
        return gettext("just now")
    if at > now:
        return gettext("in %(distance)s") % {"distance": timeuntil(at, now, depth=1)}
    return gettext("%(distance)s ago") % {"distance": timesince(at, now, depth=1)}


def left(at: datetime, now: datetime) -> str:
    """What is left until `at` in its two largest units: 1 day, 4 hours; what is due already is over."""
    return timeuntil(at, now, depth=2) if at > now else over()


def over() -> str:
    return gettext("Time is over")


def percent(basis_points: int) -> str:
    """A share in percent, without needless zeros: 20%, 4.5%."""
    whole, rest = divmod(basis_points, BASIS_POINTS // 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def days(count: int) -> str:
    """1 day, 4 days"""
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": number_format(count)}


def elapsed(span: timedelta) -> str:
    """A duration in whole days, hours or minutes, as rules state it: 3 days, 24 hours, 20 minutes."""
    minutes = int(span.total_seconds()) // MINUTE_SECONDS
    hours, rest = divmod(minutes, 60)
    if rest:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": number_format(minutes)}
    if hours % 24 or hours == 24:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": number_format(hours)}
    return days(hours // 24)


def days_change(count: int) -> str:
    """What an extra does to the lead time: 2 days more, 1 day less; nothing for 0."""
    if count > 0:
        return ngettext("%(count)s day more", "%(count)s days more", count) % {"count": count}
    if count < 0:
        return ngettext("%(count)s day less", "%(count)s days less", -count) % {"count": -count}
    return ""


def _sign(amount: Money) -> str:
    return MINUS if amount.cents < 0 else ""
