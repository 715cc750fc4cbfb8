"""The proof finds each kind of broken book about withdrawals, chargebacks and referrals (FIN-07)."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts.models import User
from core.money import dollars
from finance import laws, proof
from finance.laws import withdrawals
from finance.models import PayoutDetails, TopUp, Withdrawal
from finance.provider.checkout import PaymentSession
from finance.provider.claims import Claim
from finance.rules import BOUND_FOR, payment_date
from finance.steps import batches, chargebacks, paying_out, top_ups
from marketplace import proofs
from orders.models import Status
from referrals import laws as referral_laws
from tests.finance.seals import forge
from tests.finance.test_proof import FORGERIES as OF_THE_LEDGER
from tests.referrals.bringing import brought
from tests.stage import Stage
from tests.withdrawing import DAY, approve, ask, sign_a_form

FORGERIES = {
    "withdrawals": "UPDATE finance_withdrawal SET amount = amount + 1 WHERE status = 'requested'",
    "payouts": "UPDATE finance_withdrawal SET fee = fee + 1 WHERE status = 'sent'",
    "approvals": "UPDATE finance_withdrawal SET batch_id = NULL WHERE status = 'sent'",
    "two words": "INSERT INTO core_event (kind, subject, subject_id, by_id, at, facts) SELECT 'withdrawal.paid',"
    " 'withdrawal', id, user_id, at, '{}' FROM finance_withdrawal WHERE status = 'sent'",
    "card money": "UPDATE finance_withdrawal SET top_up_id = (SELECT min(id) FROM finance_topup), amount = 5001",
    "chargebacks": "UPDATE finance_chargeback SET owed = owed + 1, collect_due_at = now()",
    "referral_rewards": "UPDATE referrals_reward SET amount = amount + 1",
    "referral_limit": "UPDATE finance_posting SET amount = amount - 100000 WHERE amount < 0 AND entry_id IN"
    " (SELECT id FROM finance_entry WHERE verb = 'referral')",
    "group_rewards": "UPDATE finance_entry SET verb = 'group' WHERE verb = 'referral'",
}
# Tried where their rules are.
ELSEWHERE = {"promo codes", "announced payments", "taken back", "two persons"}


@pytest.fixture
def story(stage: Stage, sten: User, mo: User) -> Stage:
    """Sam has been referred and has earned; one withdrawal waits, one is on its way; banks take back what Bea paid."""
    ben = User.objects.create_superuser("ben", "ben@example.org")
    bea, sam, now = stage.buyer, stage.seller, stage.now
    brought(sam, by=sten, now=now)
    for number in range(2):
        _paid_in(bea, f"cs_{number}", stage)
        stage.an_order(at=Status.COMPLETED)
    sign_a_form(sam, now=now - DAY)
    PayoutDetails.objects.create(user=sam, account_id="acct_1", card_id="card_1", last4="5556", enabled=True, at=now)
    later = now + BOUND_FOR
    for _each in range(2):
        ask(sam, dollars(20), now=later)
    sent = Withdrawal.objects.order_by("id")[0]
    batches.gather(sent.pk, payment_date(later))
    sent.refresh_from_db()
    assert sent.batch
    approve(sent.batch, mo, ben, now=payment_date(later))
    paying_out._sent(sent, later, transfer_id="tr_1")
    for top_up in TopUp.objects.all():
        moved = ((f"txn_{top_up.pk}", -top_up.amount),)
        claim = Claim(f"dp_{top_up.pk}", "open", top_up.amount, moved, "fraudulent", top_up.charge_id, top_up.pk)
        chargebacks.learn(top_up.pk, claim, later)
    return stage


def _paid_in(user: User, session: str, stage: Stage) -> None:
    top_up = TopUp.objects.create(
        user=user, amount=dollars(50), session_id=session, at=stage.now, check_due_at=stage.now
    )
    paid = PaymentSession(session, "", "complete", True, top_up.amount, "usd", "pi", f"ch_{session}", "card")
    top_ups.learn(session, paid, stage.now)


def test_every_law_of_the_site_is_tried() -> None:
    ours = {law.name for law in (*withdrawals.LAWS, *referral_laws.LAWS)}
    assert ours == set(FORGERIES)
    assert {law.name for law in proofs.LAWS} == ours | set(OF_THE_LEDGER) | ELSEWHERE
    assert {law.name for law in proofs.RECONCILED} == {law.name for law in laws.RECONCILED} == {"movements", "provider"}


@pytest.mark.django_db
@pytest.mark.rule("FIN-07")
def test_each_broken_law_is_found(story: Stage, ledger_may_break: None) -> None:
    """With the guards off, as only the database's owner can have them."""
    assert proof.breaches() == []
    for name, forgery in FORGERIES.items():
        with transaction.atomic():
            forge("SET CONSTRAINTS ALL IMMEDIATE")
            forge(forgery)
            assert [line for line in proof.breaches() if line.startswith(f"{name}: ")], name
            transaction.set_rollback(True)
    assert proof.breaches() == []


@pytest.mark.django_db
@pytest.mark.rule("WDR-03")
@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE finance_approval SET digest = 'another' WHERE id = (SELECT max(id) FROM finance_approval)",
        "UPDATE finance_approval SET total = total - 1 WHERE id = (SELECT max(id) FROM finance_approval)",
        "UPDATE finance_batch SET status = 'second'",
        "UPDATE finance_withdrawal SET status = 'sending', batch_due_at = NULL, next_try_at = at,"
        " batch_id = (SELECT id FROM finance_batch) WHERE status = 'requested'",
    ],
)
def test_what_no_two_have_approved_alike_is_found(story: Stage, ledger_may_break: None, forgery: str) -> None:
    with transaction.atomic():
        forge("SET CONSTRAINTS ALL IMMEDIATE")
        forge(forgery)
        assert [line for line in proof.breaches() if line.startswith("approvals: ")]
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.rule("WDR-03")
def test_batches_approved_before_approvals_had_a_digest_still_count(story: Stage) -> None:
    forge("UPDATE finance_approval SET digest = ''")
    assert proof.breaches() == []
