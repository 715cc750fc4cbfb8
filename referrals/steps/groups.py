"""The monthly run of group rewards (GRP-01, GRP-02): a month is reckoned once, and each of its rewards is paid once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.money import ZERO, Money
from core.refusals import NotAllowed
from finance import ledger
from finance.models import Verb
from referrals.models import GroupReward, GroupRun, GroupScheme
from referrals.queries.groups import contributions, counted
from referrals.reckoning import Line, Month, Terms, lines, within
from referrals.rules import month_before, month_of, reckoned_at

ADD, CHANGE = "referrals.add_groupscheme", "referrals.change_groupscheme"
Wanted = dict[tuple[int, str], list[Line]]


def turn(scheme: GroupScheme, *, by: User, now: datetime) -> GroupScheme:
    """Keep the settings, and start or stop the months' timer with them: turned on, the present month is the first.

    Refused: without the right (NotAllowed). A timer that runs already goes on, whatever the form knew of it.
    """
    with transaction.atomic():
        kept = GroupScheme.objects.select_for_update().filter(pk=1).first()
        if not by.has_perm(CHANGE if kept else ADD):
            raise NotAllowed(_("Only staff who look after group rewards can do this."))
        scheme.pk, scheme.next_run_at = 1, kept.next_run_at if kept else None
        if not scheme.on:
            scheme.next_run_at = None
        elif scheme.next_run_at is None:
            scheme.next_run_at = reckoned_at(month_of(now)[1])
        scheme.save()
        old, new = kept and _settings(kept), _settings(scheme)
        if old != new:
            record("group.scheme_changed", scheme, by=by, now=now, old=old, new=new)
    return scheme


def reckon(scheme_id: int, now: datetime) -> None:
    """Reckon the month that ended before the scheme's timer; done already, only the timer moves on."""
    with transaction.atomic():
        scheme = GroupScheme.objects.select_for_update().get(pk=scheme_id)
        if not scheme.on or scheme.next_run_at is None or scheme.next_run_at > now:
            return
        ends = month_of(scheme.next_run_at)[0]
        scheme.next_run_at = reckoned_at(month_of(ends)[1])
        scheme.save(update_fields=["next_run_at"])
        if not GroupRun.objects.filter(month=month_before(ends).date()).exists():
            _reckon(scheme.terms, month_before(ends), ends, now)


def pay(reward_id: int, now: datetime) -> None:
    """Pay one reward out of the commission, once; what is paid already is left as it is."""
    with transaction.atomic():
        reward = GroupReward.objects.select_for_update(of=("self",)).select_related("run", "user").get(pk=reward_id)
        if reward.pay_due_at is None:
            return
        moved = {ledger.COMMISSION: -reward.amount, ledger.main_of(reward.user): reward.amount}
        ledger.post(reward.entry_key, Verb.GROUP, moved, by=None, now=now)
        reward.pay_due_at = None
        reward.save(update_fields=["pay_due_at"])
        record("group.paid", reward, by=None, now=now)


def _settings(scheme: GroupScheme) -> dict[str, Any]:
    return {"on": scheme.on, **scheme.terms.as_json}


def _reckon(terms: Terms, begins: datetime, ends: datetime, now: datetime) -> None:
    wanted, source = _wanted(terms, begins, ends)
    limit = source.share(terms.cap)
    sums = [Money.total(line.amount for line in found) for found in wanted.values()]
    paid = within(sums, limit)
    run = GroupRun.objects.create(
        month=begins.date(), terms=terms.as_json, source=source, limit=limit, total=Money.total(paid), at=now
    )
    GroupReward.objects.bulk_create(
        GroupReward(
            run=run,
            user_id=user,
            kind=kind,
            lines=[_written(line) for line in found],
            wanted=asked,
            amount=amount,
            pay_due_at=now,
        )
        for ((user, kind), found), asked, amount in zip(wanted.items(), sums, paid, strict=True)
        if amount
    )
    record("group.reckoned", run, by=None, now=now)


def _wanted(terms: Terms, begins: datetime, ends: datetime) -> tuple[Wanted, Money]:
    """The lines that earn something, by user and kind, and the commission they are computed from, each cent counted once."""
    above = dict(counted(begins, ends).values_list("referral_id", "referrer_id"))
    since = contributions(begins, ends)
    months = _months(since, contributions(month_before(begins), begins), above, len(terms.levels))
    open_accounts = set(User.objects.filter(pk__in=months, is_active=True).values_list("pk", flat=True))
    wanted: Wanted = {}
    for user in sorted(open_accounts):
        for line in lines(months[user], terms):
            if line.amount:
                wanted.setdefault((user, line.kind), []).append(line)
    heads = {user for user, kind in wanted if kind != "work"}
    workers = {user for user, kind in wanted if kind == "work"}
    counting = workers | {user for user in since if heads & set(_chain(user, above, len(terms.levels)))}
    return wanted, Money.total(since.get(user, ZERO) for user in counting)


def _months(since: dict[int, Money], before: dict[int, Money], above: dict[int, int], depth: int) -> dict[int, Month]:
    """The month of everybody who brought something in, and of those above them as far as groups reach."""
    levels: dict[int, list[Money]] = defaultdict(lambda: [ZERO] * depth)
    past: dict[int, Money] = defaultdict(lambda: ZERO)
    for user, amount in since.items():
        for level, head in enumerate(_chain(user, above, depth)):
            levels[head][level] += amount
    for user, amount in before.items():
        for head in _chain(user, above, depth):
            past[head] += amount
    heads = levels.keys() | since.keys()
    return {user: Month(since.get(user, ZERO), tuple(levels[user]), past[user]) for user in heads}


def _chain(user: int, above: dict[int, int], depth: int) -> list[int]:
    """Those above somebody, nearest first, nobody twice."""
    found: list[int] = []
    while len(found) < depth and user in above and above[user] not in found:
        user = above[user]
        found.append(user)
    return found


def _written(line: Line) -> dict[str, int]:
    return {"level": line.level, "base_cents": line.base.cents, "rate": line.rate, "amount_cents": line.amount.cents}
