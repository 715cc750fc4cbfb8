"""What had happened before the sandbox ran: payments, disputes, transfers and accounts of a site that was filled without it.

The site tells of them in a file. They are there to be refunded, disputed and asked about; the money they moved is in the
balance and on no list of movements, because the site has never been told of such movements either.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from finance.sandbox.api import accounts, balance, checkout, disputes, payments, payouts, transfers
from finance.sandbox.cards import BY_NUMBER, EnteredCard
from finance.sandbox.means import Means, of_card
from finance.sandbox.store import Json
from finance.sandbox.work import Call, Work, move_clock_to

LIFE = "life"
CARD = BY_NUMBER["4242424242424242"]


class UnreadableError(Exception):
    """The file of openings is not one, as a sentence."""


def begin(work: Work) -> None:
    """Take in what the file tells, once for each life of the site; whatever belongs to another life is forgotten first.

    The clock is moved on to where the site's clock is. Raises UnreadableError.
    """
    told = _read(work.config.openings)
    if told is None:
        return
    known = work.tx.setting(LIFE).get("of")
    if known is not None and known != told["life"]:
        work.tx.clear()
    if known != told["life"]:
        _take_in(work, told)
        work.tx.set_setting(LIFE, {"of": told["life"]})
    move_clock_to(work.tx, int(told["clock"]))


def _read(path: Path | None) -> Json | None:
    if path is None or not path.exists():
        return None
    try:
        told = json.loads(path.read_text())
    except ValueError:
        told = None
    if not isinstance(told, dict) or not {"life", "clock", "accounts", "payments", "disputes", "transfers"} <= set(
        told
    ):
        raise UnreadableError(f"{path} does not tell what came before the payment sandbox. Delete it and start again.")
    return told


def _take_in(work: Work, told: Json) -> None:
    for each in told["accounts"]:
        if work.tx.get(each["id"]) is None:
            accounts.settle_in(work, each["id"], each["card"], each["fingerprint"])
    for name, keep in (("payments", _payment), ("disputes", _dispute), ("transfers", _transfer)):
        for each in told[name]:
            if work.tx.get(each["id"]) is None:
                keep(Work(work.tx, int(each["at"]), work.config), each)
    came = sum(each["cents"] for each in told["payments"] if each["charge"])
    left = sum(each["cents"] for each in (*told["disputes"], *told["transfers"]))
    work.tx.set_setting(balance.OPENING, {"cents": came - left})


def _payment(work: Work, told: Json) -> None:
    """A payment page that was paid by card, or one that ran out."""
    about = {"customer_email": told["email"], "metadata": told["about"], "success_url": work.config.public_url}
    call = Call(work, {**about, "payment_intent_data": {"metadata": told["about"]}})
    price = {"currency": "usd", "unit_amount": told["cents"], "product_data": {"name": "Paid before the sandbox ran"}}
    item = checkout.line_item({"price_data": price})
    session = checkout.new(call, told["id"], "usd", told["cents"], [item])
    if not told["charge"]:
        work.tx.insert({**session, "status": "expired", "url": None})
        return
    paid = {"status": "complete", "payment_status": "paid", "payment_intent": told["intent"], "url": None}
    work.tx.insert({**session, **paid})
    intent = payments.new_intent(work, session, told["intent"])
    charge = payments.new_charge(work, intent, told["charge"], _card(told), told["email"])
    intent.update(status="succeeded", amount_received=told["cents"], latest_charge=charge["id"])
    work.tx.insert({**intent, "payment_method": charge["payment_method"]})
    work.tx.insert(charge)


def _card(told: Json) -> Means:
    card = of_card(EnteredCard(CARD, 12, 2050, told["name"]))
    known: Mapping[str, str] = told["card"]
    return Means(card.kind, {**card.details, "network": known["brand"], **known}, card.name)


def _dispute(work: Work, told: Json) -> None:
    charge = work.tx.get(told["charge"])
    if charge is None:
        raise UnreadableError(f"{told['id']} disputes {told['charge']}, of which nothing is told.")
    dispute = disputes.new(work, told["id"], charge, told["reason"])
    taken = {"id": told["movement"], "object": "balance_transaction", "amount": -told["cents"], "currency": "usd"}
    dispute.update(amount=told["cents"], status=told["status"], balance_transactions=[taken])
    work.tx.insert(dispute)
    work.tx.save({**charge, "disputed": True, "dispute": dispute["id"]})


def _transfer(work: Work, told: Json) -> None:
    """Money that went to an account, and from there to its card, where it has arrived."""
    about = {"amount": told["cents"], "currency": "usd", "metadata": told["about"]}
    sent = Call(work, {**about, "destination": told["account"], "transfer_group": told["group"]})
    work.tx.insert(transfers.new(sent, told["id"]))
    payout = payouts.new(
        Call(work, {**about, "method": "instant"}, account=told["account"]), told["payout"], told["card"]
    )
    work.tx.insert({**payout, "status": "paid"}, told["account"])
