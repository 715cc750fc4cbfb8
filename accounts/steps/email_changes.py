"""Changing the e-mail of an account (ACC-06): the present address agrees, then the new one is confirmed.

Each verb that sends a letter gives back the secret of its link, which is stored nowhere: the caller sends the letter
once the change is committed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import emails, queries, rules
from accounts.models import ChangeStatus, EmailChange, User
from accounts.steps import joining
from core import formats
from core.events import record
from core.refusals import Invalid, OutOfTurn

SECRET_BYTES = 32


@dataclass(frozen=True)
class Letter:
    """That a letter is to go out: to the address that `change` asks now, with a link that holds `secret`."""

    change: EmailChange
    secret: str


@transaction.atomic
def ask(email: str, *, by: User, now: datetime) -> Letter:
    """Begin a change; one that is under way is replaced. An address that was never confirmed is not asked.

    Whether another account has the new address shows only there. Refused: the account's own mailbox, and asking for
    the same within minutes.
    """
    user, email = _locked(by), email.strip().lower()
    if email == user.email or emails.folded(email) == user.email_key:
        raise Invalid(_("This is the mailbox that your account has already."))
    under_way = queries.open_email_change(user)
    if under_way and under_way.new_email == email:
        _wait_for_the_post(under_way, now)
    if under_way:
        _end(under_way, ChangeStatus.CANCELED, now)
    status = ChangeStatus.ASKED if queries.has_confirmed_email(user) else ChangeStatus.AGREED
    change = EmailChange(user=user, old_email=user.email, new_email=email, status=status, asked_at=now)
    letter = _written(change, now)
    record("account.email_change_asked", user, by=user, now=now, change=change.pk)
    return letter


@transaction.atomic
def send_again(*, by: User, now: datetime) -> Letter:
    """Another letter with a new link, which works as long as the first would have from now; the link before does not."""
    change = _under_way(by)
    if change.is_over(now):
        raise OutOfTurn(_out_of_time())
    _wait_for_the_post(change, now)
    return _written(change, now)


@transaction.atomic
def cancel(*, by: User, now: datetime) -> None:
    """The account keeps its address, and the links of the letters change nothing any more."""
    _cancel(_under_way(by), now)


@transaction.atomic
def decline(secret: str, *, now: datetime) -> EmailChange:
    """Whoever reads the letters to the present address does not want the change: the account keeps its address."""
    change = _named(secret, now)
    if change.old_key != queries.hashed(secret):
        raise OutOfTurn(_("Only the account's present address can be kept from here."))
    _cancel(change, now)
    return change


@transaction.atomic
def agree(secret: str, *, now: datetime) -> Letter:
    """The present address agrees; now the new one is asked. The secret is the proof, so nobody needs to be logged in."""
    change = _named(secret, now)
    if change.status != ChangeStatus.ASKED or change.old_key != queries.hashed(secret):
        raise OutOfTurn(_("You have agreed to this change already."))
    change.status = ChangeStatus.AGREED
    change.agreed_at = now
    letter = _written(change, now)
    record("account.email_change_agreed", change.user, by=change.user, now=now, change=change.pk)
    return letter


@transaction.atomic
def complete(secret: str, *, now: datetime) -> EmailChange:
    """The new address is confirmed: it becomes the account's, and its only one.

    Refused: a mailbox of another account (ACC-03); a present address that was confirmed meanwhile and not asked.
    """
    change = _named(secret, now)
    user = change.user
    if change.new_key != queries.hashed(secret):
        raise OutOfTurn(_("The present address has to agree first."))
    if change.old_email != user.email or (change.agreed_at is None and queries.has_confirmed_email(user)):
        raise OutOfTurn(_("The account's address was confirmed meanwhile. Please begin the change anew."))
    joining.hold_email(user, change.new_email)
    user.email = change.new_email
    user.email_changed_at = now
    user.save(update_fields=["email", "email_changed_at"])
    _make_only_address(user)
    _end(change, ChangeStatus.DONE, now)
    record("account.email_changed", user, by=user, now=now, change=change.pk)
    return change


def _locked(user: User) -> User:
    """All changes of one account stand in line."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _under_way(user: User) -> EmailChange:
    change = queries.open_email_change(_locked(user))
    if change is None:
        raise OutOfTurn(_("No change of the e-mail address is under way."))
    return change


def _named(secret: str, now: datetime) -> EmailChange:
    """The open change that a letter's secret belongs to, its account locked."""
    found = queries.email_change_by(secret)
    if found is None:
        raise OutOfTurn(_("This link no longer works."))
    user = _locked(found.user)
    change = EmailChange.objects.get(pk=found.pk)
    change.user = user
    if queries.hashed(secret) not in (change.old_key, change.new_key):
        raise OutOfTurn(_("This link no longer works."))
    if change.status == ChangeStatus.DONE:
        raise OutOfTurn(_("The address is changed already."))
    if change.status == ChangeStatus.CANCELED:
        raise OutOfTurn(_("This change was canceled. The account keeps its address."))
    if change.is_over(now):
        raise OutOfTurn(_out_of_time())
    return change


def _written(change: EmailChange, now: datetime) -> Letter:
    """A new secret for the address that is asked now; the one before no longer works."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    if change.status == ChangeStatus.ASKED:
        change.old_key = queries.hashed(secret)
    else:
        change.new_key = queries.hashed(secret)
    change.sent_at = now
    change.expires_at = now + rules.EMAIL_LINK
    change.save()
    return Letter(change, secret)


def _wait_for_the_post(change: EmailChange, now: datetime) -> None:
    if now < change.sent_at + rules.EMAIL_LETTER_AGAIN:
        raise OutOfTurn(
            _("A letter went to %(email)s less than %(time)s ago. Please look for it, also among spam.")
            % {"email": change.asks, "time": formats.elapsed(rules.EMAIL_LETTER_AGAIN)}
        )


def _out_of_time() -> str:
    return _("The time for this change has run out. The account keeps its address.")


def _cancel(change: EmailChange, now: datetime) -> None:
    _end(change, ChangeStatus.CANCELED, now)
    record("account.email_change_canceled", change.user, by=change.user, now=now, change=change.pk)


def _end(change: EmailChange, status: ChangeStatus, now: datetime) -> None:
    change.status = status
    change.ended_at = now
    change.save(update_fields=["status", "ended_at"])


def _make_only_address(user: User) -> None:
    EmailAddress.objects.filter(user=user).delete()
    try:
        with transaction.atomic():
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as error:
        raise joining.held_by_another() from error
