"""What two sides of an order disagree on: requests to cancel, rejections with mediation, cases of arbitration."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.models import Upload
from orders.models import Fault, Order
from orders.moves import Actor


class RequestStatus(models.TextChoices):
    """What became of a request to cancel."""

    WAITING = "waiting", _("Waiting for an answer")
    CONFIRMED = "confirmed", _("Confirmed")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    OVERTAKEN = "overtaken", _("Overtaken by what happened meanwhile")


class CancelRequest(models.Model):
    """One side asks the other to cancel for a reason of the table (CAN-15); its clock is the order's `dispute_due_at`.

    What the table gave the reason when it was asked is pinned: fault, rating, feedback.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="cancel_requests")
    rule = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=RequestStatus, default=RequestStatus.WAITING)
    answer = models.TextField(blank=True)
    fault = models.CharField(max_length=10, choices=Fault)
    lowers_seller = models.BooleanField()
    feedback = models.BooleanField()
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], name="one_cancel_request_at_a_time", condition=Q(status="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} for {self.order_id}"


class RejectionStatus(models.TextChoices):
    """What became of a rejection."""

    OPEN = "open", _("Waiting for the freelancer")
    APPROVED = "approved", _("Approved")
    EFFECTIVE = "effective", _("Took effect by itself")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SETTLED = "settled", _("Settled")
    OVERTAKEN = "overtaken", _("Overtaken by what happened meanwhile")


class Rejection(models.Model):
    """A client rejects the job (REV-02). Its 20 days are the order's `dispute_due_at`; `left` is kept while they stand still."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="rejections")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    status = models.CharField(max_length=10, choices=RejectionStatus, default=RejectionStatus.OPEN)
    left = models.DurationField(null=True)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order"], name="one_rejection_at_a_time", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"rejection of {self.order_id}"


class Mediator(models.Model):
    """An independent user whom staff admitted to mediate for a fee, in cents (REV-05)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    fee = MoneyField()
    about = models.CharField(max_length=300, blank=True)
    active = models.BooleanField(default=True)
    admitted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mediators_take_a_fee",
                condition=Q(fee__gt=0),
                violation_error_message=_("A mediator's fee is more than nothing."),
            )
        ]

    def __str__(self) -> str:
        return str(self.user)


class MediationStatus(models.TextChoices):
    """How far a mediation has come."""

    HIRED = "hired", _("Waiting for the mediator's proposal")
    PROPOSED = "proposed", _("Waiting for both sides")
    AGREED = "agreed", _("Agreed")
    FAILED = "failed", _("Without agreement")


class Mediation(models.Model):
    """A mediator at work on one rejection (REV-05); the fee is held until there is a proposal."""

    rejection = models.OneToOneField(Rejection, models.CASCADE, related_name="mediation")
    mediator = models.ForeignKey(Mediator, models.PROTECT, related_name="mediations")
    payer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    fee = MoneyField()
    status = models.CharField(max_length=10, choices=MediationStatus, default=MediationStatus.HIRED)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"mediation of {self.rejection_id}"

    def get_absolute_url(self) -> str:
        return reverse("mediation", args=[self.pk])

    @property
    def fee_key(self) -> str:
        return f"mediation:{self.pk}"

    @property
    def is_running(self) -> bool:
        return self.status in (MediationStatus.HIRED, MediationStatus.PROPOSED)


class WaitsFor(models.TextChoices):
    """Whose word a case waits for."""

    BUYER = "buyer", _("The buyer")
    SELLER = "seller", _("The seller")
    SUPPORT = "support", _("Support")


class CaseStatus(models.TextChoices):
    """Whether a case is still to be decided."""

    OPEN = "open", _("Open")
    DECIDED = "decided", _("Decided")
    SETTLED = "settled", _("Settled by the sides")
    CLOSED = "closed", _("Closed with the order")


class Case(models.Model):
    """An order in arbitration (ARB-01). It ends with the order: by a decision of support staff or by a settlement.

    A decision's sums are cents; `favor` and `beyond_order` are what staff state for rating and feedback (ARB-05, ARB-06).
    """

    order = models.OneToOneField(Order, models.PROTECT, related_name="case")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=CaseStatus, default=CaseStatus.OPEN)
    waits_for = models.CharField(max_length=10, choices=WaitsFor)
    arbiter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    refunded = MoneyField(null=True)
    paid = MoneyField(null=True)
    favor = models.CharField(
        max_length=10, choices=[(Actor.BUYER.value, _("The buyer")), (Actor.SELLER.value, _("The seller"))], blank=True
    )
    beyond_order = models.BooleanField(default=False)
    reason = models.TextField(blank=True)

    class Meta:
        permissions = [("arbitrate", "Can decide disputes")]
        indexes = [models.Index(fields=["at"], name="open_cases", condition=Q(status="open"))]

    def __str__(self) -> str:
        return f"case of {self.order_id}"

    def get_absolute_url(self) -> str:
        """The case as support staff see it."""
        return reverse("desk-case", args=[self.pk])


class EntryKind(models.TextChoices):
    """What is written in a case. Questions are for one side; notes are for staff only."""

    STATEMENT = "statement", _("Statement")
    QUESTION = "question", _("Question")
    NOTE = "note", _("Note")


class CaseEntry(models.Model):
    """Something written in a case (ARB-03): a side's view, support's question to one side, a private note."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    to = models.CharField(max_length=10, choices=WaitsFor, blank=True)
    text = models.TextField()
    token = models.UUIDField(default=uuid.uuid4)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "token"], name="stated_once"),
            models.CheckConstraint(name="questions_go_to_a_side", condition=Q(kind="question") ^ Q(to="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in case {self.case_id}"


class CaseFile(models.Model):
    """A file that came with a statement; the order's two sides and arbiters may fetch it."""

    entry = models.ForeignKey(CaseEntry, models.CASCADE, related_name="files")
    upload = models.OneToOneField(Upload, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.upload_id} with {self.entry_id}"


class SettlementStatus(models.TextChoices):
    """What became of a proposal to settle."""

    OPEN = "open", _("Waiting for an answer")
    AGREED = "agreed", _("Agreed")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    OVERTAKEN = "overtaken", _("Overtaken by what happened meanwhile")


class Settlement(models.Model):
    """A proposal to share the order's money (ARB-07, REV-05): `refunded` cents to the buyer, the rest to the seller.

    It comes from a side or a mediator, and is carried out when both sides have agreed.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="settlements")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Actor])
    refunded = MoneyField()
    total = MoneyField()
    text = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=SettlementStatus, default=SettlementStatus.OPEN)
    buyer_agreed_at = models.DateTimeField(null=True)
    seller_agreed_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "role"], name="one_proposal_of_each_at_a_time", condition=Q(status="open")
            ),
        ]

    def __str__(self) -> str:
        return f"settlement of {self.order_id}"
