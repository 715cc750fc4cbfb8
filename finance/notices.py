"""What users are told about their money."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User
from core.models import Event
from finance.models import CAN_BOUNCE, Chargeback, OfflinePayment, PayoutDetails, TopUp, Withdrawal
from finance.rules import LIMITED_FOR, LIMITED_TO, OFFLINE_BOUND_FOR, REFUND_SHOWS_IN_DAYS
from notifications.steps import tell


def top_up_paid(event: Event) -> None:
    """To the payer: the sum is on the balance (FIN-02), and that it is another one than asked for if it is (FIN-03)."""
    _tell(event, "asked_cents")


def top_up_abandoned(event: Event) -> None:
    """To the payer: the top-up was not paid in time, nothing was charged (FIN-03)."""
    _tell(event)


def top_up_closed(event: Event) -> None:
    """To the payer: staff has checked the payment and found none, or that it has gone back (FIN-03)."""
    _tell(event, "went_back")


def top_up_questioned(event: Event) -> None:
    """To the payer: a payment is here and does not add up, or is here again; staff looks at it (FIN-03)."""
    _tell(event)


def bonus_given(event: Event) -> None:
    """To whom a bonus was given: how much, and for what (FIN-04)."""
    facts = {"amount_cents": event.facts["amount_cents"], "reason": event.facts["reason"]}
    user = User.objects.get(pk=event.subject_id)
    tell(user, event=event, kind=event.kind, url=reverse("balance"), facts=facts)


def withdrawal_moved(event: Event) -> None:
    """To who withdraws: asked for, on its way, arrived, come back or refused, with the reason (WDR-03, WDR-04).

    What is sent back to where it was paid from has not arrived yet: it is told how long that takes (WDR-02).
    """
    withdrawal = Withdrawal.objects.select_related("user").get(pk=event.subject_id)
    facts = {
        "amount_cents": withdrawal.amount.cents,
        "net_cents": withdrawal.net.cents,
        "where": withdrawal.destination,
        "reason": event.facts.get("reason", ""),
    }
    if withdrawal.top_up_id:
        facts["back_days"] = REFUND_SHOWS_IN_DAYS
    tell(withdrawal.user, event=event, kind=event.kind, url=withdrawal.get_absolute_url(), facts=facts)


def payout_details_changed(event: Event) -> None:
    """To the owner of a balance: another card is named for it; who did not do this has to know at once (WDR-05)."""
    details = PayoutDetails.objects.select_related("user").get(pk=event.subject_id)
    facts = {"card": event.facts["card"], "limit_cents": LIMITED_TO.cents, "days": LIMITED_FOR.days}
    tell(details.user, event=event, kind=event.kind, url=reverse("withdraw"), facts=facts)


def chargeback_moved(event: Event) -> None:
    """To the payer: what taking a payment back has done to the balance, and what is still owed (FIN-03, PAY-01).

    The payment's own sum is told where a part of it is concerned.
    """
    rows = Chargeback.objects.select_related("top_up__user", "announced__user")
    chargeback = rows.get(pk=event.subject_id)
    payment = chargeback.payment
    facts = {
        "amount_cents": event.facts.get("amount_cents", chargeback.amount.cents),
        "owed_cents": chargeback.owed.cents,
        "source": payment.source,
    }
    if "free" in event.facts:  # at its end: whether anything else still keeps the payer from withdrawing
        facts["free"] = event.facts["free"]
    if isinstance(payment, TopUp) and chargeback.amount < payment.amount:
        facts["payment_cents"] = payment.amount.cents
    tell(payment.user, event=event, kind=event.kind, url=payment.get_absolute_url(), facts=facts)


def offline_received(event: Event, *, url: str = "", **more: object) -> None:
    """To the payer: what was received of an announced payment, and that it is another sum or came another way (PAY-01).

    `more` are facts of a higher room, and `url` leads there.
    """
    payment = OfflinePayment.objects.select_related("user").get(pk=event.subject_id)
    facts: dict[str, object] = {"amount_cents": event.facts["amount_cents"], "code": payment.code}
    if event.facts["amount_cents"] != payment.amount.cents:
        facts["announced_cents"] = payment.amount.cents
    came_by = event.facts.get("way", payment.way)
    if came_by != payment.way:
        facts |= {"came_by": came_by, "bound_days": OFFLINE_BOUND_FOR.days if came_by in CAN_BOUNCE else 0}
    tell(payment.user, event=event, kind=event.kind, url=url or reverse("balance"), facts=facts | more)


def offline_rejected(event: Event) -> None:
    """To the payer: an announced payment was closed, and why (PAY-01)."""
    payment = OfflinePayment.objects.select_related("user").get(pk=event.subject_id)
    facts = {"amount_cents": payment.amount.cents, "code": payment.code, "reason": event.facts["reason"]}
    tell(payment.user, event=event, kind=event.kind, url=reverse("offline"), facts=facts)


def offline_taken_back(event: Event) -> None:
    """To the payer: an announced payment was taken back, why, and what is owed after it (PAY-01)."""
    payment = OfflinePayment.objects.select_related("user").get(pk=event.subject_id)
    facts = {name: event.facts[name] for name in ("amount_cents", "owed_cents", "reason")} | {"code": payment.code}
    tell(payment.user, event=event, kind=event.kind, url=payment.get_absolute_url(), facts=facts)


def _tell(event: Event, *told: str) -> None:
    """With the top-up's sum, and with those facts of the event that are named and there."""
    top_up = TopUp.objects.select_related("user").get(pk=event.subject_id)
    tell(
        top_up.user,
        event=event,
        kind=event.kind,
        url=top_up.get_absolute_url(),
        facts={
            "amount_cents": top_up.amount.cents,
            **{name: event.facts[name] for name in told if name in event.facts},
        },
    )
