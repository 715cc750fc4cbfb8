"""Money that goes out: refunds to where it was paid from, transfers and payouts to sellers' cards (WDR).

Each request carries a key made of the withdrawal, so that it is done once however often it is asked for. Keys are forgotten
by the provider after a day: whoever tries again later looks first whether it was done (`find_refund`, `find_transfer`).
"""

from __future__ import annotations

from dataclasses import dataclass

import stripe

from finance.models import PayoutDetails, Withdrawal
from finance.provider.client import asked, client, looked, written
from finance.rules import CURRENCY, PAYOUT_BRANDS, PAYOUT_COUNTRY

FAILED = frozenset({"failed", "canceled"})
DONE = frozenset({"succeeded", "paid"})
CARD_BRANDS = {brand.lower(): brand for brand in PAYOUT_BRANDS}  # the provider writes "MasterCard"


@dataclass(frozen=True)
class Under:
    """Something under way at the provider: its id, and whether it has arrived or failed for good."""

    id: str
    done: bool
    failed: bool
    why: str = ""


@dataclass(frozen=True)
class PayoutAccount:
    """A seller's account at the provider: whether it can be paid, and the card that payouts go to, if there is a fitting one."""

    id: str
    enabled: bool
    card_id: str = ""
    brand: str = ""
    last4: str = ""
    fingerprint: str = ""


def create_account(details: PayoutDetails) -> str:
    """Open an account for a seller at the provider; asked again for the same one, it answers with the same account."""
    user = details.user
    params: stripe.params.AccountCreateParams = {
        "type": "express",
        "country": PAYOUT_COUNTRY,
        "email": user.email,
        "capabilities": {"transfers": {"requested": True}},
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "metadata": {"user": str(user.pk)},
    }
    options: stripe.RequestOptions = {"idempotency_key": f"payout-account:{details.pk}"}
    return asked(lambda: client().v1.accounts.create(params, options)).id


def onboarding_url(account_id: str, *, back: str, again: str) -> str:
    """The provider's own page where a seller proves who they are and names the card; it works once, for minutes."""
    params: stripe.params.AccountLinkCreateParams = {
        "account": account_id,
        "type": "account_onboarding",
        "return_url": back,
        "refresh_url": again,
    }
    return asked(lambda: client().v1.account_links.create(params)).url


def retrieve_account(account_id: str) -> PayoutAccount:
    """How a seller's account stands now; of what it can be paid to, only a card of the right brand counts (WDR-01)."""
    found = looked(lambda: client().v1.accounts.retrieve(account_id))
    named = found.external_accounts.data if found.external_accounts else []
    cards = [each for each in named if each.object == "card" and each.brand.lower() in CARD_BRANDS]
    default = (each for each in cards if getattr(each, "default_for_currency", False))
    card = next(default, cards[0] if cards else None)
    able = found.capabilities is not None and found.capabilities.transfers == "active"
    enabled = bool(found.payouts_enabled) and able
    if card is None:
        return PayoutAccount(found.id, enabled)
    return PayoutAccount(
        found.id,
        enabled,
        card.id,
        CARD_BRANDS[card.brand.lower()],
        card.last4,
        getattr(card, "fingerprint", None) or "",
    )


def refund(withdrawal: Withdrawal) -> Under:
    """Send a withdrawal back to what its top-up was paid with."""
    assert withdrawal.top_up is not None
    params: stripe.params.RefundCreateParams = {
        "charge": withdrawal.top_up.charge_id,
        "amount": withdrawal.net.cents,
        "metadata": _about(withdrawal),
    }
    return _refund(asked(lambda: client().v1.refunds.create(params, _once(withdrawal, "refund"))))


def find_refund(withdrawal: Withdrawal) -> Under | None:
    """The refund that an earlier try has made; empty when it made none."""
    assert withdrawal.top_up is not None
    charge = withdrawal.top_up.charge_id
    made = looked(lambda: client().v1.refunds.list({"charge": charge, "limit": 100}))
    return next((_refund(each) for each in made.data if _is_of(each, withdrawal)), None)


def retrieve_refund(refund_id: str) -> Under:
    """How a refund stands now."""
    return _refund(looked(lambda: client().v1.refunds.retrieve(refund_id)))


def transfer(withdrawal: Withdrawal) -> str:
    """Move a withdrawal's net sum to the seller's account at the provider; gives back the transfer's id."""
    params: stripe.params.TransferCreateParams = {
        "amount": withdrawal.net.cents,
        "currency": CURRENCY,
        "destination": withdrawal.account_id,
        "transfer_group": withdrawal.payout_key,
        "metadata": _about(withdrawal),
    }
    return asked(lambda: client().v1.transfers.create(params, _once(withdrawal, "transfer"))).id


def find_transfer(withdrawal: Withdrawal) -> str:
    """The transfer that an earlier try has made; empty when it made none."""
    made = looked(lambda: client().v1.transfers.list({"transfer_group": withdrawal.payout_key, "limit": 100}))
    return next((each.id for each in made.data if _is_of(each, withdrawal)), "")


def pay_out(withdrawal: Withdrawal) -> Under:
    """Pay what was transferred on to the seller's card, at once."""
    params: stripe.params.PayoutCreateParams = {
        "amount": withdrawal.net.cents,
        "currency": CURRENCY,
        "method": "instant",
        "destination": withdrawal.card_id,
        "metadata": _about(withdrawal),
    }
    options = _once(withdrawal, "payout") | {"stripe_account": withdrawal.account_id}
    return _payout(asked(lambda: client().v1.payouts.create(params, options)))


def find_payout(withdrawal: Withdrawal) -> Under | None:
    """The payout that an earlier try has made; empty when it made none."""
    options: stripe.RequestOptions = {"stripe_account": withdrawal.account_id}
    made = looked(lambda: client().v1.payouts.list({"limit": 100}, options))
    return next((_payout(each) for each in made.data if _is_of(each, withdrawal)), None)


def retrieve_payout(withdrawal: Withdrawal) -> Under:
    """How a payout stands now."""
    options: stripe.RequestOptions = {"stripe_account": withdrawal.account_id}
    return _payout(looked(lambda: client().v1.payouts.retrieve(withdrawal.payout_id, None, options)))


def reverse(withdrawal: Withdrawal) -> str:
    """Take a transfer back from the seller's account after its payout failed; gives back the reversal's id."""
    params: stripe.params.TransferCreateReversalParams = {
        "amount": withdrawal.net.cents,
        "metadata": _about(withdrawal),
    }
    reversals = client().v1.transfers.reversals
    return asked(lambda: reversals.create(withdrawal.transfer_id, params, _once(withdrawal, "reversal"))).id


def find_reversal(withdrawal: Withdrawal) -> str:
    """The reversal that an earlier try has made, or somebody by hand; empty while not all of it has come back."""
    made = looked(lambda: client().v1.transfers.retrieve(withdrawal.transfer_id))
    is_back = made.amount_reversed >= withdrawal.net.cents
    return made.reversals.data[0].id if is_back and made.reversals.data else ""


def _about(withdrawal: Withdrawal) -> dict[str, str]:
    return {"withdrawal": str(withdrawal.pk)}


def _once(withdrawal: Withdrawal, what: str) -> stripe.RequestOptions:
    # The provider repeats its answer to a key, also "not yet": after that one a new key begins a new round.
    return {"idempotency_key": f"{withdrawal.payout_key}:{what}:{withdrawal.rounds}"}


def _is_of(made: stripe.Refund | stripe.Transfer | stripe.Payout, withdrawal: Withdrawal) -> bool:
    return written(made.metadata, "withdrawal") == str(withdrawal.pk)


def _refund(found: stripe.Refund) -> Under:
    # Left out by the provider while nothing has failed.
    why = getattr(found, "failure_reason", None) or ""
    return Under(found.id, found.status in DONE, found.status in FAILED, why)


def _payout(found: stripe.Payout) -> Under:
    return Under(found.id, found.status in DONE, found.status in FAILED, found.failure_code or "")
