"""What the sign-up page asks while one types, and the letter that confirms an e-mail."""

from __future__ import annotations

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import logins
from accounts.models import User
from accounts.requests import UserRequest
from accounts.views.next import back
from core.refusals import Invalid


@require_safe
@never_cache
def login_check(request: HttpRequest) -> HttpResponse:
    """Whether a login can be chosen, and if not, why not (ACC-04)."""
    login = request.GET.get("username", "").strip()
    refusal = ""
    if login:
        try:
            logins.check(login, by=request.user if isinstance(request.user, User) else None)
        except Invalid as reason:
            refusal = str(reason)
    return render(request, "accounts/login_verdict.html", {"login": login, "refusal": refusal})


@require_POST
@login_required
def confirm_again(request: UserRequest) -> HttpResponse:
    """Send the confirmation letter once more (ACC-05), at most once in three minutes."""
    waiting = EmailAddress.objects.filter(user=request.user, verified=False).first()
    if waiting is None:
        messages.info(request, _("Your e-mail address is confirmed already."))
    elif not send_verification_email_to_address(request, waiting):
        messages.info(
            request,
            _("A letter went to %(email)s less than three minutes ago. Please look for it, also among spam.")
            % {"email": waiting.email},
        )
    return back(request, "settings-account")
