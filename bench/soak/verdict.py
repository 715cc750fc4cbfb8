"""What must hold once the provider is well again: nothing lost, nothing twice, every cent on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core import clock
from core.models import Event
from core.money import ZERO, Money
from finance import ledger, proof
from finance.models import Chargeback, Entry, PayoutDetails, ProviderMovement, TopUp, Withdrawal
from finance.moves import UNFINISHED
from finance.provider import ProviderDown, claims
from finance.provider.client import asked, client, written
from finance.steps import reconciling
from marketplace.schedule import SWEEPS

GONE = ("sent", "paid")
opening = ZERO  # what the sandbox held before anybody paid in


def unsettled() -> dict[str, int]:
    """What the site still has to do by itself; empty when it has settled."""
    now = clock.now()
    waiting = {each.name: each.overdue(now).count() for each in SWEEPS}
    waiting["events not handed on"] = Event.objects.filter(handed_at__isnull=True).count()
    waiting["payments unheard of"] = TopUp.objects.filter(status__in=UNFINISHED).count()
    waiting["withdrawals under way"] = Withdrawal.objects.exclude(ended_at__isnull=False).count()
    waiting["claims undecided"] = Chargeback.objects.filter(status="open").count()
    return {name: count for name, count in waiting.items() if count}


def books() -> Iterator[str]:
    """The ledger proves itself."""
    yield from proof.breaches()


def held() -> Money:
    """What the provider holds."""
    return claims.held()


def sums() -> Iterator[str]:
    """The provider holds exactly what is booked as held by it, besides the play money that it opened with."""
    _reconciled()
    movements = Money.total(each.amount - each.fee for each in ProviderMovement.objects.all())
    holds, booked = held() - opening, -ledger.balance(ledger.PROVIDER)
    if movements != booked:
        yield f"moved {movements}, booked {booked}"
    if holds != booked:
        yield f"held {holds}, booked {booked}"


def movements() -> Iterator[str]:
    """Each movement at the provider has its entry, and each entry its movement."""
    _reconciled()
    for movement in ProviderMovement.objects.filter(entry=None):
        yield f"{movement.kind} {movement.source} of {movement.amount} is not booked"
    booked = Entry.objects.filter(postings__account__key=ledger.PROVIDER.key, movement=None)
    for entry in booked.exclude(verb="provider_fee"):
        yield f"{entry.key} is not on the provider's list"


def payments() -> Iterator[str]:
    """Every charge that was paid was credited once."""
    credited = set(TopUp.objects.filter(status="paid").values_list("charge_id", flat=True))
    charges = {each.id for each in _all("charges") if each.paid}
    yield from (f"charge {each} was not credited" for each in charges - credited)
    yield from (f"charge {each} was credited and is unknown" for each in credited - charges)


def withdrawals() -> Iterator[str]:
    """Each withdrawal left once, or not at all, as it says."""
    left: Counter[str] = Counter()
    for refund in _all("refunds"):
        left[written(refund.metadata, "withdrawal")] += refund.status == "succeeded"
    for transfer in _all("transfers"):
        left[written(transfer.metadata, "withdrawal")] += not transfer.reversed
    for pk, status in Withdrawal.objects.values_list("pk", "status"):
        times = left.pop(str(pk), 0)
        if times != (status in GONE):
            yield f"withdrawal {pk} is {status} and left {times} times"
    yield from (f"{times} times for a withdrawal {name} that is none of ours" for name, times in left.items() if times)


def payouts() -> Iterator[str]:
    """What was transferred to a seller's account went on to the card, once."""
    for details in PayoutDetails.objects.exclude(account_id=None):
        paid: Counter[str] = Counter()
        for payout in _all("payouts", account=details.account_id or ""):
            paid[written(payout.metadata, "withdrawal")] += payout.status == "paid"
        for pk, status in Withdrawal.objects.filter(user=details.user_id, top_up=None).values_list("pk", "status"):
            if paid[str(pk)] != (status == "paid"):
                yield f"withdrawal {pk} is {status} and was paid {paid[str(pk)]} times"


def claimed() -> Iterator[str]:
    """Every claim at the provider is a chargeback here, with the same end."""
    ours = dict(Chargeback.objects.values_list("dispute_id", "status"))
    for claim in _all("disputes"):
        if ours.get(claim.id) != claim.status:
            yield f"claim {claim.id} is {claim.status}, here {ours.get(claim.id)}"


def fees() -> Iterator[str]:
    """What the provider took as fees is booked as such."""
    taken = Money.total(ProviderMovement.objects.values_list("fee", flat=True))
    booked = -ledger.balance(ledger.PROCESSING)
    if not taken or taken != booked:
        yield f"taken {taken}, booked {booked}"


def _reconciled() -> None:
    for _try in range(5):
        try:
            reconciling.reconcile(clock.now())
        except ProviderDown:
            continue
        return


def _all(kind: str, account: str = "") -> Iterator[Any]:
    after: dict[str, Any] = {}
    options: Any = {"stripe_account": account} if account else {}
    while True:
        found = asked(lambda after=after: getattr(client().v1, kind).list({"limit": 100, **after}, options))  # type: ignore[misc]
        yield from found.data
        if not found.has_more:
            return
        after = {"starting_after": found.data[-1].id}


CHECKS: Mapping[str, Callable[[], Iterator[str]]] = {
    "the ledger proves itself": books,
    "the provider holds what is booked": sums,
    "every movement has its entry": movements,
    "every payment was credited once": payments,
    "every withdrawal left as often as it says": withdrawals,
    "every payout reached the card as it says": payouts,
    "every claim is known with its end": claimed,
    "the provider's fees are booked": fees,
}
