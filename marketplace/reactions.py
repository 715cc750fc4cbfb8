"""Who reacts to which event: everything that follows from a change, on one screen.

Every kind that is recorded stands here, with an empty list when nothing follows: a kind that does not is left waiting.
Each function gets the event and runs exactly once for it, after the change was committed.
"""

from __future__ import annotations

from arbitration import notices as dispute_notices
from arbitration.tasks import overtake_ended
from core.handing import Reaction
from finance import notices as finance_notices
from finance.documents.issuing import receipt_for_offline, receipt_for_top_up
from kworks import notices as kwork_notices
from kworks.steps.publishing import name_seller_anew, stop_selling
from orders import notices as order_notices
from orders.documents import invoice_for
from orders.tasks import look_at_trade, place_what_was_paid_for
from referrals import notices as referral_notices
from referrals.tasks import look_at_paying_card, look_at_payout_card
from reputation import notices as reputation_notices

REACTIONS: dict[str, list[Reaction]] = {
    "account.email_change_asked": [],
    "account.email_change_agreed": [],
    "account.email_change_canceled": [],
    "account.email_changed": [],
    "account.login_changed": [name_seller_anew],
    "top_up.opened": [],
    "top_up.processing": [],
    "top_up.questioned": [],
    "top_up.reopened": [],
    "top_up.closed": [finance_notices.top_up_closed],
    "top_up.paid": [place_what_was_paid_for, receipt_for_top_up, look_at_paying_card, finance_notices.top_up_paid],
    "top_up.abandoned": [finance_notices.top_up_abandoned],
    "tax.answered": [stop_selling],
    "tax.signed": [],
    "tax.read": [],
    "offline.announced": [],
    "offline.canceled": [],
    "offline.received": [receipt_for_offline, finance_notices.offline_received],
    "offline.rejected": [finance_notices.offline_rejected],
    "promo.made": [],
    "promo.changed": [],
    "promo.redeemed": [],
    "bonus.given": [finance_notices.bonus_given],
    "withdrawal.requested": [finance_notices.withdrawal_moved],
    "withdrawal.canceled": [],
    "withdrawal.batched": [],
    "withdrawal.approved": [],
    "withdrawal.rejected": [finance_notices.withdrawal_moved],
    "withdrawal.sent": [finance_notices.withdrawal_moved],
    "withdrawal.doubted": [],
    "withdrawal.paid": [finance_notices.withdrawal_moved],
    "withdrawal.failed": [finance_notices.withdrawal_moved],
    "batch.approved": [],
    "payout_details.changed": [look_at_payout_card, finance_notices.payout_details_changed],
    "lot.freed": [],
    "lot.released": [],
    "chargeback.opened": [finance_notices.chargeback_moved],
    "chargeback.won": [finance_notices.chargeback_moved],
    "chargeback.lost": [finance_notices.chargeback_moved],
    "chargeback.collected": [finance_notices.chargeback_moved],
    "chargeback.written_off": [finance_notices.chargeback_moved],
    "checkout.stopped": [order_notices.checkout_stopped],
    "order.placed": [order_notices.placed],
    "order.briefed": [order_notices.briefed],
    "order.message": [order_notices.written],
    "order.started": [order_notices.started],
    "order.expired": [order_notices.expired],
    "order.delivered": [order_notices.delivered],
    "order.returned": [order_notices.returned],
    "order.completed": [overtake_ended, look_at_trade, invoice_for, order_notices.completed],
    "order.canceled": [overtake_ended, order_notices.canceled],
    "order.split": [overtake_ended, look_at_trade, invoice_for, order_notices.split],
    "order.reminded": [order_notices.reminded],
    "order.idle": [order_notices.idle],
    "order.policy_changed": [order_notices.policy_changed],
    "order.read": [],
    "order.offered": [order_notices.offered],
    "order.offer_accepted": [order_notices.offer_answered],
    "order.offer_declined": [order_notices.offer_answered],
    "order.offer_withdrawn": [order_notices.offered],
    "order.cancel_asked": [dispute_notices.asked],
    "order.cancel_declined": [dispute_notices.to_other_side],
    "order.cancel_withdrawn": [dispute_notices.to_other_side],
    "order.rejected": [dispute_notices.to_other_side],
    "order.rejection_withdrawn": [dispute_notices.to_other_side],
    "order.mediator_hired": [dispute_notices.to_other_side, dispute_notices.mediator_hired],
    "order.mediator_proposed": [dispute_notices.to_both_sides],
    "order.mediation_ended": [dispute_notices.to_both_sides],
    "order.case_opened": [dispute_notices.case_opened],
    "order.settlement_offered": [dispute_notices.to_other_side],
    "order.settlement_agreed": [dispute_notices.to_other_side],
    "order.settlement_declined": [dispute_notices.to_other_side],
    "case.opened": [],
    "case.stated": [dispute_notices.stated],
    "case.claimed": [],
    "case.asked": [dispute_notices.asked_by_support],
    "case.noted": [],
    "case.read": [],
    "case.decided": [],
    "case.settled": [],
    "case.closed": [],
    "kwork.submitted": [],
    "kwork.withdrawn": [],
    "kwork.change_discarded": [],
    "kwork.paused": [],
    "kwork.resumed": [],
    "kwork.accepted": [kwork_notices.accepted],
    "kwork.returned": [kwork_notices.returned],
    "kwork.rejected": [kwork_notices.rejected],
    "referral.joined": [referral_notices.joined],
    "referral.activated": [referral_notices.activated],
    "referral.earned": [referral_notices.earned],
    "referral.voided": [referral_notices.voided],
    "referral.flag_dismissed": [],
    "group.scheme_changed": [],
    "group.reckoned": [],
    "group.paid": [referral_notices.group_paid],
    "feedback.left": [reputation_notices.left],
}
