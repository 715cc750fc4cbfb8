"""The forms of signing up, logging in and the settings."""

from __future__ import annotations

import re
from typing import Any

from allauth.account import forms as account_forms
from allauth.socialaccount import forms as social_forms
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import countries, queries, rules, time_zones
from accounts.models import Agreement, User
from accounts.plain_forms import plainly
from accounts.steps import joining, showing
from core import clock
from core.uploads import ACCEPT_IMAGES, MOST_BYTES
from core.visible import visible


class LoginForm(account_forms.LoginForm):  # type: ignore[misc]
    """Logging in with the e-mail or the login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail or login")
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["remember"].label = _("Keep me logged in on this device")
        plainly(self.fields, {})


class NewcomerMixin:
    """What every newcomer chooses and confirms, with a password or with another site's account (ACC-01, ACC-04)."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_newcomer_fields(self) -> None:
        self.agreements = queries.current_agreements()
        login = self.fields["username"]
        login.label = pgettext_lazy("the public name", "Login")
        login.help_text = login_help()
        # The refusals of accounts.logins say the lengths in their own words, also while typing.
        login.validators = []
        login.widget = login_widget()
        self.fields["email"].label = _("E-mail")
        self.fields["email"].help_text = _("We send a letter with a link to confirm it. Other users never see it.")
        self.fields["adult"] = forms.BooleanField(label=_("I am of full legal age"))
        self.fields["terms"] = forms.BooleanField(label=lazy(terms_label, SafeString)(self.agreements))
        self.fields["versions"] = forms.CharField(widget=forms.HiddenInput, required=False, initial=self.versions)
        self.fields["time_zone"] = forms.CharField(
            widget=forms.HiddenInput(attrs={"data-time-zone": ""}), required=False
        )

    @property
    def versions(self) -> str:
        """The versions shown to the newcomer, so that only what was shown is agreed to."""
        return ",".join(str(agreement.pk) for agreement in self.agreements)

    def clean_versions(self) -> str:
        if self.cleaned_data["versions"] != self.versions:
            # The terms changed while the form was open: the form shows the new ones and asks again.
            self.data = self.data.copy()  # type: ignore[has-type]
            self.data["versions"] = self.versions
            self.data.pop("terms", None)
            self.add_error(  # type: ignore[attr-defined]
                "terms", _("The terms have changed since this page was opened. Please read and confirm the new ones.")
            )
        return self.versions

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        return name if name in time_zones.names() else time_zones.DEFAULT

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Two requests at once with one login, as by a double press: the second is told so."""
        try:
            with transaction.atomic():
                result: tuple[User | None, HttpResponse | None] = super().try_save(request)  # type: ignore[misc]
        except IntegrityError:
            messages.info(request, _("This login was taken a moment ago. If that was you, log in."))
            return None, redirect("account_login")
        return result

    def welcome(self, user: User) -> None:
        """Keep what the newcomer agreed to and where they are."""
        showing.set_time_zone(self.cleaned_data["time_zone"], by=user)
        joining.agree(self.agreements, by=user, now=clock.now())


class SignupForm(NewcomerMixin, account_forms.SignupForm):  # type: ignore[misc]
    """Signing up with e-mail and password (ACC-02)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_newcomer_fields()
        plainly(self.fields, {})
        self.order_fields(["email", "username", "password1", "adult", "terms"])

    def save(self, request: HttpRequest) -> User:
        user: User = super().save(request)
        self.welcome(user)
        return user


class SocialSignupForm(NewcomerMixin, social_forms.SignupForm):  # type: ignore[misc]
    """What is still to be chosen and confirmed by those who come from Facebook or Google (ACC-02)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_newcomer_fields()
        plainly(self.fields, {})
        self.order_fields(["email", "username", "adult", "terms"])

    def save(self, request: HttpRequest) -> User:
        user: User = super().save(request)
        self.welcome(user)
        return user


class EmailForm(forms.Form):
    """A new e-mail address for the account (ACC-06)."""

    email = forms.EmailField(
        label=_("New e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class LoginChangeForm(forms.Form):
    """A new login, and that it is meant: there is no second time (ACC-07)."""

    username = forms.CharField(label=_("New login"))
    sure = forms.BooleanField(label=_("I know that I can do this once, and never again"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget = login_widget()
        self.fields["username"].help_text = login_help()


class TagsField(forms.CharField):
    """Several short words, separated by commas; cleans to a list without repetitions."""

    def __init__(self, *, most: int, length: int, **kwargs: Any) -> None:
        self.most, self.length = most, length
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        parts = re.split(r"[,;\n]", visible(value or ""))
        tags = {tag.casefold(): tag for part in parts if (tag := " ".join(part.split()))}
        if len(tags) > self.most:
            raise ValidationError(_("At most %(most)d, separated by commas."), "most", {"most": self.most})
        for tag in tags.values():
            if len(tag) > self.length:
                raise ValidationError(
                    _("“%(tag)s” is longer than %(length)d characters."), "long", {"tag": tag, "length": self.length}
                )
        return list(tags.values())


class ProfileForm(forms.ModelForm[User]):
    """The public profile (ACC-11), except the picture."""

    country = forms.ChoiceField(label=_("Country"), required=False, choices=countries.choices)
    skills = TagsField(
        label=_("Skills"),
        most=rules.SKILLS_MOST,
        length=rules.SKILL_LENGTH,
        help_text=_("Separated by commas, for example: logo design, Figma, typography."),
    )
    languages = TagsField(
        label=_("Languages"),
        most=rules.LANGUAGES_MOST,
        length=rules.LANGUAGE_LENGTH,
        help_text=_("Separated by commas, for example: English, German (basic)."),
    )

    class Meta:
        model = User
        fields = ["name", "headline", "about", "country", "city", "skills", "languages"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "about": forms.Textarea(attrs={"rows": 6}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
        }
        help_texts = {"headline": _("One line under your name: what you do, for whom.")}

    def clean(self) -> dict[str, Any]:
        """A name that reads otherwise than it is written could be taken for somebody else's."""
        super().clean()
        cleaned = self.cleaned_data.items()
        return {name: visible(value).strip() if isinstance(value, str) else value for name, value in cleaned}

    def profile(self) -> showing.Profile:
        return showing.Profile(**self.cleaned_data)


class PictureForm(forms.Form):
    """A new picture; the content is checked by the verb that takes it."""

    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPT_IMAGES, "data-max-bytes": MOST_BYTES}),
        help_text=_("JPEG, PNG, GIF, TIFF or BMP, at most 4 MB. Its square middle is shown."),
    )


class TimeZoneForm(forms.Form):
    """The zone that all times are shown in (ACC-14)."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones.choices)


def terms_label(agreements: list[Agreement]) -> SafeString:
    """“I have read and accept …” with a link to each text in its present version."""
    links = format_html_join(
        ", ", '<a href="{}" target="_blank">{}</a>', ((text.get_absolute_url(), text.title) for text in agreements)
    )
    return format_html(str(_("I have read and accept: {}")), links)


def login_widget() -> forms.TextInput:
    """The field of a login, which says while one types whether it may be chosen."""
    return forms.TextInput(
        attrs={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": rules.LOGIN_MOST,
            "hx-get": reverse("login-check"),
            "hx-trigger": "input changed delay:400ms, change",
            "hx-target": "#login-verdict",
            "hx-sync": "this:replace",
        }
    )


def login_help() -> str:
    """What a login is made of (ACC-04)."""
    words = gettext("Public: %(least)d to %(most)d Latin letters, digits, “-” or “_”. It cannot be a phone number.")
    return words % {"least": rules.LOGIN_LEAST, "most": rules.LOGIN_MOST}
