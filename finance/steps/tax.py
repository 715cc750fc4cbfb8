"""Tax forms: which one, signing it, and reading it as staff, which is noted before it is shown (TAX-01)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from core.events import record
from core.refusals import Invalid, NotAllowed, OutOfTurn
from core.visible import visible
from finance import vault
from finance.models import Residence, TaxAnswer, TaxForm, TaxFormKind, TaxReading
from finance.rules import READING_PURPOSE_MOST

READ = "finance.read_taxform"

# Who lives where, and is a citizen or not, signs which form; the one for whom there is none may not sell here.
FORMS: dict[tuple[bool, str], TaxFormKind | None] = {
    (True, Residence.OUTSIDE): TaxFormKind.W9,
    (True, Residence.PERMITTED): TaxFormKind.W9,
    (True, Residence.NOT_PERMITTED): TaxFormKind.W9,
    (False, Residence.OUTSIDE): TaxFormKind.W8BEN,
    (False, Residence.PERMITTED): TaxFormKind.W9,
    (False, Residence.NOT_PERMITTED): None,
}


class MayNotSell(NotAllowed):
    """Not a citizen of the United States and living there without permission to work (TAX-01)."""

    def __init__(self) -> None:
        super().__init__(
            _("Who lives in the United States without permission to work there may not sell on this site.")
        )


def answer(*, citizen: bool, residence: Residence, by: User, now: datetime) -> TaxAnswer:
    """Keep the answers to the two questions; they can be given anew at any time (TAX-01)."""
    with transaction.atomic():
        given, _new = TaxAnswer.objects.update_or_create(
            user=by, defaults={"citizen": citizen, "residence": residence, "at": now}
        )
        record("tax.answered", given, by=by, now=now)
    return given


def kind_for(user: User) -> TaxFormKind | None:
    """The form that follows from the user's answers; nothing without answers. Refused: may not sell (MayNotSell)."""
    given = TaxAnswer.objects.filter(user=user).first()
    if given is None:
        return None
    kind = FORMS[given.citizen, given.residence]
    if kind is None:
        raise MayNotSell()
    return kind


def may_sell(user: User) -> bool:
    """False only for who has said that they live in the United States without permission to work there."""
    given = TaxAnswer.objects.filter(user=user).first()
    return given is None or FORMS[given.citizen, given.residence] is not None


def check_may_sell(user: User) -> None:
    """Refused for who may not (MayNotSell)."""
    if not may_sell(user):
        raise MayNotSell()


def form_in_force(user: User) -> TaxForm | None:
    """The form that was signed last, without its content."""
    return TaxForm.objects.defer("sealed").filter(user=user, replaced_at=None).first()


def has_form(user: User) -> bool:
    """Whether the right form is signed: who has earned needs it before the first withdrawal of earnings (TAX-01)."""
    given = TaxAnswer.objects.filter(user=user).first()
    kind = given and FORMS[given.citizen, given.residence]
    return kind is not None and TaxForm.objects.filter(user=user, kind=kind, replaced_at=None).exists()


@sensitive_variables("content")
def sign(kind: TaxFormKind, content: Mapping[str, object], *, by: User, now: datetime) -> TaxForm:
    """Keep a signed form, encrypted, in place of the one before.

    Refused: no answers yet or other ones than for this form (OutOfTurn), may not sell (MayNotSell).
    """
    with transaction.atomic():
        # Locked, so that of two forms sent at once one replaces the other.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if kind_for(by) != kind:
            raise OutOfTurn(_("Your answers ask for another form. Please look at the questions again."))
        TaxForm.objects.filter(user=by, replaced_at=None).update(replaced_at=now)
        form = TaxForm.objects.create(user=by, kind=kind, sealed=vault.seal(content, owner=by.pk), signed_at=now)
        record("tax.signed", form, by=by, now=now, form=kind.value)
    return form


@sensitive_variables()
def read_form(form_id: int, purpose: str, *, by: User, now: datetime) -> dict[str, object]:
    """What somebody signed, for staff; that it was read, by whom and what for, is written down first.

    Refused: no right to, one's own (NotAllowed), no purpose (Invalid).
    """
    purpose = visible(purpose).strip()
    if not (by.is_staff and by.has_perm(READ)):
        raise NotAllowed(_("Only finance staff may read tax forms."))
    if not purpose or len(purpose) > READING_PURPOSE_MOST:
        raise Invalid(_("Say what for, in at most %(most)s characters.") % {"most": READING_PURPOSE_MOST})
    form = TaxForm.objects.get(pk=form_id)
    if form.user_id == by.pk:
        raise NotAllowed(_("Your own form is for somebody else to read."))
    with transaction.atomic():
        TaxReading.objects.create(form=form, by=by, purpose=purpose, at=now)
        record("tax.read", form, by=by, now=now)
    return vault.unseal(form.sealed, owner=form.user_id)


def rotate_keys() -> tuple[int, list[int]]:
    """Encrypt every form anew with the first key: how many there were, and the ids of those that no key opens.

    Any number of times, while the site runs.
    """
    ids = list(TaxForm.objects.order_by("pk").values_list("pk", flat=True))
    closed = []
    for form_id in ids:
        with transaction.atomic():
            form = TaxForm.objects.select_for_update().get(pk=form_id)
            try:
                form.sealed = vault.reseal(form.sealed)
            except vault.Unreadable:
                closed.append(form_id)
                continue
            form.save(update_fields=["sealed"])
    return len(ids) - len(closed), closed
