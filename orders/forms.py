"""What a buyer chooses and what both sides write, as forms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import BigIntegerField
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.forms import FilesField, FilesInput
from core.models import Upload
from core.money import Money
from core.numbers import small_int
from core.refusals import Refusal
from core.uploads import ACCEPT, MOST_BYTES, receive
from kworks.models import Extra, Kwork
from kworks.rules import EXTRA_PRICE_MOST, PRICE_MOST, QUANTITY_MOST
from orders.models import Attachment
from orders.rules import FILES_MOST, MESSAGE_MOST, too_many_files


class ChoiceForm(forms.Form):
    """How many units and which extras of a kwork; also carries the prices that were shown, in cents (ORD-01)."""

    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=QUANTITY_MOST, initial=1)
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    price = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=PRICE_MOST.cents)

    def __init__(self, kwork: Kwork, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kwork = kwork
        self.extras: list[Extra] = list(kwork.extras.all())
        self.fields["price"].initial = kwork.price.cents
        further = {"data-days-further": f"{kwork.lead_days / 2:g}"}
        self._price(self.fields["quantity"], kwork.price, kwork.lead_days, further)
        for extra in self.extras:
            field = forms.IntegerField(
                label=extra.title, min_value=0, max_value=QUANTITY_MOST, initial=0, required=False
            )
            self._price(field, extra.price, extra.days, {})
            self.fields[f"extra-{extra.pk}"] = field
            self.fields[f"price-{extra.pk}"] = forms.IntegerField(
                widget=forms.HiddenInput,
                min_value=0,
                max_value=EXTRA_PRICE_MOST.cents,
                initial=extra.price.cents,
                required=False,
            )

    def rows(self) -> Iterator[tuple[Extra, forms.BoundField]]:
        """Each extra with the input of its quantity."""
        for extra in self.extras:
            yield extra, self[f"extra-{extra.pk}"]

    @property
    def quantities(self) -> dict[str, int]:
        """The chosen extras: id to quantity, zeros left out. Also names extras that are no longer offered."""
        chosen = {str(extra.pk): self.cleaned_data.get(f"extra-{extra.pk}") or 0 for extra in self.extras}
        known = {f"extra-{pk}" for pk in chosen}
        for name, value in self.data.items():
            if not name.startswith("extra-") or name in known:
                continue
            pk = small_int(name.removeprefix("extra-"), 1, BigIntegerField.MAX_BIGINT)
            count = small_int(str(value), 1, QUANTITY_MOST)
            if pk and count:
                chosen[str(pk)] = count
        return {pk: count for pk, count in chosen.items() if count}

    @property
    def shown_total(self) -> Money:
        """The total by the prices that stood on the page when it was drawn."""
        cents = self.cleaned_data["quantity"] * self.cleaned_data["price"]
        for extra in self.extras:
            shown = self.cleaned_data.get(f"price-{extra.pk}")
            each = extra.price.cents if shown is None else shown
            cents += (self.cleaned_data.get(f"extra-{extra.pk}") or 0) * each
        return Money(cents)

    @staticmethod
    def _price(field: forms.Field, price: Money, days: int, more: dict[str, str]) -> None:
        field.widget.attrs |= {"data-cents": str(price.cents), "data-days": str(days), **more}


class PayForm(forms.Form):
    """Which balance pays first: the bonus one unless the buyer says otherwise (FIN-01)."""

    first = forms.ChoiceField(choices=[("bonus", ""), ("main", "")], required=False)

    @property
    def bonus_first(self) -> bool:
        return self.cleaned_data.get("first") != "main"


class ConfirmForm(PayForm):
    """The last look at a choice: the total in cents and what is sold for it, and which balance pays first (FIN-01)."""

    total = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=BigIntegerField.MAX_BIGINT)
    title = forms.CharField(widget=forms.HiddenInput, max_length=80, strip=False, required=False)
    volume = forms.CharField(widget=forms.HiddenInput, max_length=200, strip=False, required=False)
    lead_hours = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**6, required=False)

    @property
    def shown(self) -> dict[str, str | int]:
        """What the page said is sold; what it did not say is left out."""
        return {name: self.cleaned_data[name] for name in ("title", "volume", "lead_hours") if name in self.data}


class OfferForm(forms.Form):
    """More of an order that its seller offers: an extra of the ordered kwork or a further kwork, how many, a note (ORD-14)."""

    thing = forms.ChoiceField(label=_("What you offer"))
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=QUANTITY_MOST, initial=1)
    text = forms.CharField(
        label=_("Note to the buyer"),
        max_length=MESSAGE_MOST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why it is needed, and what the buyer gets for it."),
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, choices: list[tuple[str, list[tuple[str, str]]]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["thing"].choices = choices  # type: ignore[attr-defined]


class Words(forms.CharField):
    """A text that may be empty when files come with it: the step that takes both decides, and refuses in words."""

    def validate(self, value: Any) -> None:
        """Left to the step."""


class WriteForm(forms.Form):
    """A text with files. Files are stored as soon as they arrive, so that a refused form still has them."""

    use_required_attribute = False

    text = Words(label=_("Message"), max_length=MESSAGE_MOST, widget=forms.Textarea(attrs={"rows": 3}))
    uploads = FilesField(
        label=_("Files"),
        required=False,
        widget=FilesInput(attrs={"accept": ACCEPT, "data-max-bytes": MOST_BYTES}),
        help_text=_("Up to 10 files of 4 MB: pictures, video, sound, zip or rar. Anything else: a link."),
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(
        self,
        verb: str,
        *,
        by: User,
        label: Any = None,
        data: MultiValueDict[str, str] | None = None,
        files: MultiValueDict[str, UploadedFile[bytes]] | None = None,
    ) -> None:
        super().__init__(data, files, auto_id=f"{verb}-%s")
        self.verb = verb
        self.by = by
        self.kept = self._still_unsent(data.getlist("kept") if data else [])
        if label:
            self.fields["text"].label = label

    def receive(self, now: datetime) -> None:
        """Store the files that came with the form next to those kept from before; each refused one becomes an error.

        More of them than may come at a time are not stored at all.
        """
        uploads = self.cleaned_data.get("uploads") or []
        if len(self.kept) + len(uploads) > FILES_MOST:
            self.add_error("uploads", too_many_files())
            return
        for file in uploads:
            try:
                self.kept.append(receive(file, by=self.by, now=now))
            except Refusal as refusal:
                self.add_error("uploads", str(refusal))

    @property
    def sent_token(self) -> UUID | None:
        token = self.cleaned_data.get("token")
        return token if isinstance(token, UUID) else None

    def _still_unsent(self, ids: list[str]) -> list[Upload]:
        """The user's own uploads among the ids that are not attached to anything yet."""
        wanted = [UUID(key) for key in ids[:FILES_MOST] if _is_uuid(key)]
        if not wanted:
            return []
        sent = Attachment.objects.filter(upload__in=wanted).values("upload")
        return list(Upload.objects.filter(pk__in=wanted, owner=self.by).exclude(pk__in=sent).order_by("at", "pk"))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
