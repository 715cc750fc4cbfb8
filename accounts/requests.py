"""The request of someone who is signed in, for the types of views behind `login_required`."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class UserRequest(HttpRequest):
    """A signed-in user's request, with what htmx says of it."""

    user: User
    htmx: HtmxDetails
