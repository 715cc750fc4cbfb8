"""Adding money by card: a request, the provider's payment page, and one credit when it says that it was paid (FIN-02)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.models import User
from core import formats
from core.events import record
from core.money import Money
from core.refusals import Invalid, NotAllowed, OutOfTurn
from core.staff import may
from finance import ledger, lots, provider
from finance.models import HERE_AGAIN, ProviderMovement, TopUp, TopUpStatus
from finance.moves import MOVES, UNFINISHED
from finance.provider import PaymentSession
from finance.rules import CURRENCY, TOP_UP_LEAST, TOP_UP_MOST, TOP_UP_OPEN_FOR, next_check
from finance.steps.reasons import reason_given

log = structlog.get_logger(__name__)

DECIDE = "finance.change_topup"  # Django's own right; nothing else of a top-up can be changed


def begin(user: User, amount: Money, *, return_to: str = "", by: User | None, now: datetime) -> TopUp:
    """Ask the provider for a payment page (`payment_url`) over so many cents; `return_to` is a path of this site for afterward.

    Refused: a sum out of bounds (Invalid). With the provider down (ProviderDown) the request stays, and the same one
    made again takes it up.
    """
    if not TOP_UP_LEAST <= amount <= TOP_UP_MOST:
        raise Invalid(
            _("You can add between %(least)s and %(most)s at a time.")
            % {"least": formats.price(TOP_UP_LEAST), "most": formats.price(TOP_UP_MOST)}
        )
    if return_to and not is_local(return_to):
        raise ValueError(f"{return_to!r} is no path of this site")
    unsent = TopUp.objects.filter(
        user=user, amount=amount, return_to=return_to, status=TopUpStatus.OPEN, session_id=None
    )
    top_up = unsent.select_related("user").order_by("-id").first()
    if top_up is None:
        with transaction.atomic():
            top_up = TopUp.objects.create(
                user=user, amount=amount, return_to=return_to, at=now, check_due_at=next_check(now, now)
            )
            record("top_up.opened", top_up, by=by, now=now, amount_cents=amount.cents)
    return _opened(top_up)


def proceed(top_up_id: int, *, by: User, now: datetime) -> TopUp:
    """The payment page of an unpaid top-up of one's own, made now if that failed before.

    Refused: paid or abandoned meanwhile (OutOfTurn), provider down (ProviderDown).
    """
    top_up = TopUp.objects.select_related("user").get(pk=top_up_id, user=by)
    if top_up.session_id and top_up.status in UNFINISHED:  # what has ended is for timers and staff to look at again
        top_up = settle(top_up.session_id, now) or top_up
    if top_up.status != TopUpStatus.OPEN:
        raise OutOfTurn(
            _("This top-up cannot be paid any more: it is now “%(status)s”.")
            % {"status": TopUpStatus(top_up.status).label}
        )
    return top_up if top_up.session_id else _opened(top_up)


def settle(session_id: str, now: datetime) -> TopUp | None:
    """Ask the provider how a payment stands and act on its answer; any number of times, from anywhere, in any order.

    Gives back the top-up as it then is; empty when the session is none of ours. Refused with ProviderDown.
    """
    return learn(session_id, provider.retrieve_checkout(session_id), now)


def learn(session_id: str, session: PaymentSession | None, now: datetime, *, failed: bool = False) -> TopUp | None:
    """Act on what the provider said of a session (empty: it knows none): credit exactly once, or note that nothing will come.

    `failed`: the provider has told us that a payment that took its time was refused.
    """
    with transaction.atomic():
        # Whoever else has just heard the same waits here, and then finds it done.
        top_up = (
            TopUp.objects.select_for_update(of=("self",), no_key=True)
            .select_related("user")
            .filter(session_id=session_id)
            .first()
        )
        if top_up is None:
            log.warning("a payment that is none of ours", session=session_id)
            return None
        if session is None or session.state == "expired" or ((failed or session.failed) and not session.paid):
            _move(top_up, "abandon", now)
        elif session.state == "complete":
            _completed(top_up, session, now)
    return top_up


def due_for_a_look(top_up_id: int, now: datetime) -> str:
    """The check of an unfinished top-up is due: set the next one and give back its session (FIN-02, lost webhooks).

    One that never got a payment page is given up after a day. Refused when somebody else has looked already.
    """
    with transaction.atomic():
        top_up = _locked(top_up_id)
        if top_up.check_due_at is None or top_up.check_due_at > now:
            raise OutOfTurn(_("It is not time for this yet."))
        top_up.check_due_at = next_check(top_up.at, now)
        top_up.save(update_fields=["check_due_at"])
        if top_up.session_id is None and now >= top_up.at + TOP_UP_OPEN_FOR:
            _move(top_up, "abandon", now)
    return top_up.session_id or ""


def reopen(top_up_id: int, reason: str, *, by: User, now: datetime) -> TopUp:
    """Staff has mended what did not fit: the provider is asked once more at the next knock, and its word counts (FIN-03).

    Refused: no right to decide, one's own (NotAllowed), no reason (Invalid), not being checked any more (OutOfTurn).
    """
    return _decide(top_up_id, "reopen", reason, by=by, now=now)


def close(top_up_id: int, reason: str, *, by: User, now: datetime) -> TopUp:
    """Staff ends a payment of which nothing is here: the payer is told, no money moves (FIN-03).

    Refused like `reopen`, while the provider says that it holds something of it (OutOfTurn), and with ProviderDown.
    """
    reason, session = _asked_anew(top_up_id, "close", reason, by=by)
    if session is not None and session.paid and not session.went_back:
        raise OutOfTurn(
            _("The payment service says that %(amount)s was received. Credit it, instead of saying that nothing came.")
            % {"amount": _got(session)}
        )
    facts = {"went_back": True} if session is not None and session.went_back else {}
    return _decide(top_up_id, "close", reason, by=by, now=now, **facts)


def credit(top_up_id: int, reason: str, *, by: User, now: datetime) -> TopUp:
    """Staff credits what the provider says at this moment that it has received; from then on that is the top-up's sum.

    Refused like `reopen`, when the provider has received nothing in our currency (OutOfTurn), and with ProviderDown.
    """
    reason, session = _asked_anew(top_up_id, "credit", reason, by=by)
    if session is None or not session.paid or session.went_back:
        raise OutOfTurn(_("The payment service says that nothing was received, or that all of it has gone back."))
    if session.in_part and ProviderMovement.objects.filter(source=session.charge_id, entry__key__startswith="moved:"):
        raise OutOfTurn(_("A part of it has gone back. Send the rest back at the payment service too, then close."))
    if not session.received:
        raise OutOfTurn(
            _(
                "%(amount)s was paid, and nothing of it in our currency. Send it back at the payment service, then close."
            )
            % {"amount": _got(session)}
        )
    with transaction.atomic():
        top_up = _to_decide(_locked(top_up_id), "credit", by)
        asked, top_up.amount = top_up.amount, session.received
        _credit(top_up, session, now, "credit", by=by, reason=reason, asked_cents=asked.cents)
    return top_up


def come_back(top_up_id: int, now: datetime) -> None:
    """What staff had closed was sent back and did not arrive: the money is here again, to be decided anew (FIN-03)."""
    with transaction.atomic():
        top_up = _locked(top_up_id)
        top_up.last_problem = HERE_AGAIN
        _move(top_up, "come_back", now)


def may_decide(top_up: TopUp, by: User) -> bool:
    """Whether this person could decide this top-up now."""
    return top_up.status == TopUpStatus.QUESTIONED and may(by, DECIDE) and top_up.user_id != by.pk


def is_local(path: str) -> bool:
    """Whether it is a path of this site, and not an address somewhere else."""
    return path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)


def _opened(top_up: TopUp) -> TopUp:
    session = provider.create_checkout(
        top_up,
        success_url=f"{settings.SITE_URL}{reverse('top-up-return')}?session_id={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{settings.SITE_URL}{top_up.get_absolute_url()}",
    )
    TopUp.objects.filter(pk=top_up.pk).update(session_id=session.id, payment_url=session.url)
    top_up.session_id, top_up.payment_url = session.id, session.url
    return top_up


def _completed(top_up: TopUp, session: PaymentSession, now: datetime) -> None:
    if not session.paid:
        _move(top_up, "process", now)
    elif session.went_back and top_up.status == TopUpStatus.ABANDONED:
        return  # nothing of it is here, staff has closed it
    elif session.amount != top_up.amount or session.currency != CURRENCY:
        got = f"{session.amount} {session.currency}"
        log.error("another sum was paid than asked for", top_up=top_up.pk, asked=str(top_up.amount), got=got)
        _remember(top_up, session)
        top_up.last_problem = f"paid {got}, asked for {top_up.amount} {CURRENCY}"
        _move(top_up, "question", now)
    elif top_up.status in MOVES["pay"].sources:
        _credit(top_up, session, now)


def _credit(
    top_up: TopUp, session: PaymentSession, now: datetime, verb: str = "pay", *, by: User | None = None, **facts: Any
) -> None:
    main = ledger.main_of(top_up.user)
    lines = {ledger.PROVIDER: -top_up.amount, main: top_up.amount}
    lots.open_with_credit(f"top_up:{top_up.pk}:credit", top_up, lines, main, by=by, now=now)
    _remember(top_up, session)
    _move(top_up, verb, now, by=by, **facts)


def _remember(top_up: TopUp, session: PaymentSession) -> None:
    """What has paid it: by the charge its movement at the provider is found, and whatever goes back or is claimed."""
    top_up.payment_intent, top_up.last_problem = session.payment_intent, ""
    top_up.charge_id, top_up.method = session.charge_id, session.method
    top_up.brand, top_up.last4, top_up.fingerprint = session.brand, session.last4, session.fingerprint


def _asked_anew(top_up_id: int, verb: str, reason: str, by: User) -> tuple[str, PaymentSession | None]:
    """Who decides may, for a reason that is given back; and what the provider says of the payment at this moment."""
    reason = _may_with(reason, by)
    top_up = _to_decide(TopUp.objects.select_related("user").get(pk=top_up_id), verb, by)
    session = provider.retrieve_checkout(top_up.session_id) if top_up.session_id else None
    if session is not None and session.going_back:
        raise OutOfTurn(
            _("It is on its way back to what it was paid with. Decide once it has arrived there, or failed.")
        )
    return reason, session


def _decide(top_up_id: int, verb: str, reason: str, *, by: User, now: datetime, **facts: Any) -> TopUp:
    reason = _may_with(reason, by)
    with transaction.atomic():
        top_up = _to_decide(_locked(top_up_id), verb, by)
        _move(top_up, verb, now, by=by, reason=reason, **facts)
    return top_up


def _may_with(reason: str, by: User) -> str:
    if not may(by, DECIDE):
        raise NotAllowed(_("Only staff who may change top-ups can decide this."))
    return reason_given(reason)


def _to_decide(top_up: TopUp, verb: str, by: User) -> TopUp:
    if top_up.user_id == by.pk:
        raise NotAllowed(_("Your own payment is for somebody else to decide."))
    if top_up.status not in MOVES[verb].sources:
        raise OutOfTurn(_("Nothing to decide: it is now “%(status)s”.") % {"status": TopUpStatus(top_up.status).label})
    return top_up


def _locked(top_up_id: int) -> TopUp:
    return TopUp.objects.select_for_update(of=("self",), no_key=True).select_related("user").get(pk=top_up_id)


def _got(session: PaymentSession) -> str:
    return formats.money(session.received) if session.received else f"{session.amount} {session.currency}"


def _move(top_up: TopUp, verb: str, now: datetime, *, by: User | None = None, **facts: Any) -> None:
    """Change a locked top-up as the table of moves says, and record it; from elsewhere nothing happens."""
    move = MOVES[verb]
    if top_up.status not in move.sources:
        return
    top_up.status = move.target
    if move.target not in UNFINISHED:
        top_up.settled_at, top_up.check_due_at = now, None
    elif top_up.settled_at:
        top_up.settled_at, top_up.check_due_at = None, now
    top_up.save()
    record(move.event, top_up, by=by, now=now, amount_cents=top_up.amount.cents, **facts)
