"""What a buyer says about a completed order, as a form (RAT-06)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from reputation.rules import FEEDBACK_MOST


class FeedbackForm(forms.Form):
    """Like or dislike, and why."""

    liked = forms.ChoiceField(
        label=_("Were you satisfied?"),
        choices=[("yes", _("Yes, I liked the work")), ("no", _("No, I did not like it"))],
        widget=forms.RadioSelect(attrs={"class": "choices--boxed"}),
        error_messages={"required": _("Choose one of the two.")},
    )
    text = forms.CharField(
        label=_("What was good, what was not?"),
        max_length=FEEDBACK_MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody can read it on the kwork and on the seller's profile."),
        error_messages={"required": _("Write a sentence or two: others choose by what you say.")},
    )
