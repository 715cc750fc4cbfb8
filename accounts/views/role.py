"""The switch in the header (ACC-10)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.requests import UserRequest
from accounts.steps import showing
from accounts.views.next import back


@require_POST
@login_required
def role_switch(request: UserRequest) -> HttpResponse:
    """Show the pages of a buyer or of a seller, and stay on the page."""
    if request.POST.get("role") in Role.values:
        showing.show_role(Role(request.POST["role"]), by=request.user)
    else:
        messages.error(request, _("Choose Buying or Selling."))
    return back(request, "home")
