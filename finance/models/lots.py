"""Which money of a main balance is bound to the payment it came in by (WDR-02)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from core.fields import MoneyField
from finance.models.ledger import Account, Entry
from finance.models.offline import OfflinePayment
from finance.models.top_ups import TopUp


class Lot(models.Model):
    """What is left, in its owner's main balance, of one payment that is bound.

    A top-up must go back where it came from (WDR-02); what came by check or money order may go anywhere once it cannot bounce
    any more (PAY-01). The rest of a main balance is bound to nothing. `free_at` is when it may be withdrawn; `released_at`,
    when support let it go anywhere, because it cannot go back. Only a LotMove changes `left`; all moves of one owner's lots
    follow the lock on the main account.
    """

    top_up = models.OneToOneField(TopUp, models.PROTECT, null=True, related_name="lot")
    announced = models.OneToOneField(OfflinePayment, models.PROTECT, null=True, related_name="lot")
    account = models.ForeignKey(Account, models.PROTECT, related_name="lots")
    amount = MoneyField()
    left = MoneyField(default=0)
    at = models.DateTimeField()
    free_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="lot_between_nothing_and_all", condition=Q(left__gte=0, left__lte=F("amount"))),
            models.CheckConstraint(
                name="lot_of_one_payment",
                condition=Q(top_up__isnull=False, announced__isnull=True)
                | Q(top_up__isnull=True, announced__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["account", "id"], name="lot_with_money", condition=Q(left__gt=0))]

    def __str__(self) -> str:
        return f"lot {self.pk}"


class LotMove(models.Model):
    """How much of an entry's line on a main balance went out of (negative) or came back into a lot."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="lot_moves")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="moves")
    amount = MoneyField()
    left_after = MoneyField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="lot_move_moves_something", condition=~Q(amount=0)),
            models.UniqueConstraint(fields=["entry", "lot"], name="one_move_per_lot"),
        ]
        indexes = [models.Index(F("lot"), F("id").desc(), name="lot_newest_move")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.amount}"
