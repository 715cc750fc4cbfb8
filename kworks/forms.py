"""The form of a kwork: lenient while it is being written, strict when it is sent to moderation (CAT-01 to CAT-07)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyFormField
from core.formats import price as written_price
from core.forms import AffixInput, MoneyInput
from core.money import Money
from kworks import attributes, queries, rules
from kworks.content import ADDS, ATTRIBUTE, EXTRA, SAVES, form_values
from kworks.models import Attribute, Category

_VIDEO_URL = re.compile(
    r"(?:https?://)?(?:(?:www\.|m\.)?youtube\.com/(?:watch\?(?:\S*&)?v=|shorts/|embed/|live/)"
    r"|(?:www\.)?youtube-nocookie\.com/embed/|youtu\.be/)([A-Za-z0-9_-]{11})(?:[?&#/]\S*)?"
)


@dataclass(frozen=True)
class ExtraTerms:
    """An extra that passed every check: the buyer's price, and days added or (negative) saved."""

    title: str
    price: Money
    days: int


@dataclass(frozen=True)
class Checked:
    """A draft's content that passed every check, ready to go on sale."""

    category: Category
    title: str
    description: str
    volume: str
    instruction: str
    video_id: str
    price: Money
    lead_days: int
    attributes: dict[str, Any]
    extras: list[ExtraTerms] = field(default_factory=list)


@dataclass(frozen=True)
class ExtraRow:
    """The fields of one extra, and what the seller receives of the price in them."""

    index: int
    title: BoundField
    price: BoundField
    days: BoundField
    way: BoundField
    share: str

    @property
    def errors(self) -> list[str]:
        return [str(error) for field in (self.title, self.price, self.days) for error in field.errors]


class CategoryField(forms.ChoiceField):
    """A category within its section. Who asks looks the choice up, so that checking reads one row and not the tree."""

    def valid_value(self, value: Any) -> bool:
        return True


class KworkForm(forms.Form):
    """A draft's content in fields. `strict` checks everything that a kwork needs; else it only shows what was typed."""

    category = CategoryField(label=_("Category"), choices=queries.category_choices)
    title = forms.CharField(label=_("Title"), min_length=rules.TITLE_LEAST, max_length=rules.TITLE_MOST)
    description = forms.CharField(
        label=_("Description"),
        min_length=rules.DESCRIPTION_LEAST,
        max_length=rules.DESCRIPTION_MOST,
        widget=forms.Textarea({"rows": 8}),
    )
    volume = forms.CharField(label=_("Volume"), max_length=rules.VOLUME_MOST)
    price = MoneyFormField(label=_("Price for the buyer"), widget=MoneyInput())
    lead_days = forms.IntegerField(
        label=_("Lead time"),
        min_value=1,
        max_value=rules.LEAD_DAYS_MOST,
        widget=AffixInput({"inputmode": "numeric", "autocomplete": "off"}, suffix=_("days")),
    )
    instruction = forms.CharField(
        label=_("Instruction to the buyer"), max_length=rules.INSTRUCTION_MOST, widget=forms.Textarea({"rows": 4})
    )
    video = forms.CharField(label=_("YouTube video"), required=False, max_length=200)

    def __init__(self, content: Mapping[str, Any], *, strict: bool = False) -> None:
        self.content = content
        self.strict = strict
        values = form_values(content)
        super().__init__(values if strict else None, initial=None if strict else values)
        self.use_required_attribute = False
        self.chosen = queries.category(content.get("category", ""))
        self.asked: list[Attribute] = list(self.chosen.attributes.all()) if self.chosen else []
        self._help()
        self._price()
        for attribute in self.asked:
            self.fields[ATTRIBUTE + attribute.key] = attributes.form_field(attribute)
        for index in range(self.extras_count):
            self._add_extra(index)

    @property
    def extras_count(self) -> int:
        return len(self.content.get("extras", []))

    @property
    def attribute_fields(self) -> list[BoundField]:
        return [self[ATTRIBUTE + attribute.key] for attribute in self.asked]

    @cached_property
    def extra_rows(self) -> list[ExtraRow]:
        """The extras, each with its fields and the seller's share of what was typed."""
        rows = []
        for index in range(self.extras_count):
            title, price, days, way = (self[f"{EXTRA}{index}-{name}"] for name in ("title", "price", "days", "way"))
            rows.append(ExtraRow(index, title, price, days, way, share(price.value())))
        return rows

    @property
    def fixed_price(self) -> Money | None:
        """The price that the category fixes; empty where sellers name their own (CAT-02)."""
        return self.chosen.price if self.chosen and self.chosen.is_fixed else None

    @property
    def share(self) -> str:
        """What the seller receives of the price in the field, for people; empty while it is no price."""
        return share(self.fixed_price or self["price"].value())

    def clean_category(self) -> str:
        if self.chosen is None:
            raise ValidationError(gettext("Choose a category from the list."))
        return str(self.chosen.pk)

    def clean_price(self) -> Money:
        price: Money = self.cleaned_data["price"]
        if self.chosen is not None and (price - self.chosen.price).cents % self.chosen.price_step.cents:
            raise ValidationError(
                gettext("Prices here go from %(least)s in steps of %(step)s.")
                % {"least": written_price(self.chosen.price), "step": written_price(self.chosen.price_step)}
            )
        return price

    def clean_video(self) -> str:
        text: str = self.cleaned_data["video"]
        found = video_id(text)
        if text and not found:
            raise ValidationError(gettext("Give the address of a YouTube video, as your browser shows it."))
        return found

    def clean(self) -> None:
        for index in range(self.extras_count):
            title, price = (f"{EXTRA}{index}-{name}" for name in ("title", "price"))
            if not self._is_used(index):
                continue
            if not self.cleaned_data.get(title) and title not in self.errors:
                self.add_error(title, gettext("Say what the buyer gets for this extra."))
            if self.cleaned_data.get(price) is None and price not in self.errors:
                self.add_error(price, gettext("Give the price of this extra."))

    def checked(self) -> Checked:
        """What the strict form has found good; call it only when it is valid."""
        if self.chosen is None:
            raise RuntimeError("checked() needs a valid form")
        data = self.cleaned_data
        answers = {attribute.key: data[ATTRIBUTE + attribute.key] for attribute in self.asked}
        return Checked(
            category=self.chosen,
            title=data["title"],
            description=data["description"],
            volume=data["volume"],
            instruction=data["instruction"],
            video_id=data["video"],
            price=self.fixed_price or data["price"],
            lead_days=data["lead_days"],
            attributes={key: answer for key, answer in answers.items() if answer not in (None, "", [])},
            extras=[self._extra(index) for index in range(self.extras_count) if self._is_used(index)],
        )

    def _help(self) -> None:
        texts = {
            "title": _("What you do, in one line: “I will …” is understood without saying it."),
            "volume": _("What exactly the buyer gets for the price of one kwork: 1 logo in 3 drafts, 500 words …"),
            "instruction": _("What you need to know before you start. The buyer is asked for it right after paying."),
            "video": _("The address of a video on YouTube that shows your work."),
        }
        for name, text in texts.items():
            self.fields[name].help_text = text

    def _price(self) -> None:
        if self.fixed_price is not None:
            del self.fields["price"]
            return
        least = self.chosen.price if self.chosen else rules.PRICE_LEAST
        step = self.chosen.price_step if self.chosen else rules.PRICE_STEP
        asked = self.fields["price"]
        if isinstance(asked, MoneyFormField):
            asked.least, asked.most = least, rules.PRICE_MOST
        asked.help_text = gettext("From %(least)s in steps of %(step)s.") % {
            "least": written_price(least),
            "step": written_price(step),
        }

    def _add_extra(self, index: int) -> None:
        name = f"{EXTRA}{index}"
        number = {"number": index + 1}
        self.fields[f"{name}-title"] = forms.CharField(
            label=gettext("Extra %(number)s") % number, required=False, max_length=rules.EXTRA_TITLE_MOST
        )
        self.fields[f"{name}-price"] = MoneyFormField(
            label=gettext("Price of extra %(number)s") % number,
            required=False,
            least=rules.EXTRA_PRICE_LEAST,
            most=rules.EXTRA_PRICE_MOST,
            widget=MoneyInput(),
        )
        self.fields[f"{name}-days"] = forms.IntegerField(
            label=gettext("Days of extra %(number)s") % number,
            required=False,
            min_value=0,
            max_value=rules.EXTRA_DAYS_MOST,
            widget=AffixInput({"inputmode": "numeric", "autocomplete": "off"}, suffix=_("days")),
        )
        self.fields[f"{name}-way"] = forms.ChoiceField(
            label=gettext("What extra %(number)s does to the lead time") % number,
            required=False,
            choices=[(ADDS, _("adds")), (SAVES, _("saves"))],
        )

    def _is_used(self, index: int) -> bool:
        return any(self.content["extras"][index].get(name, "").strip() for name in ("title", "price", "days"))

    def _extra(self, index: int) -> ExtraTerms:
        data = {name: self.cleaned_data[f"{EXTRA}{index}-{name}"] for name in ("title", "price", "days", "way")}
        days = data["days"] or 0
        return ExtraTerms(data["title"], data["price"], -days if data["way"] == SAVES else days)


def video_id(address: str) -> str:
    """The id of the YouTube video at an address; empty when it is no such address."""
    found = _VIDEO_URL.fullmatch(address.strip())
    return found[1] if found else ""


def share(price: Money | str | None) -> str:
    """“Buyer pays $10, the site takes $2, you receive $8” (ESC-02); empty for what is no price."""
    if not isinstance(price, Money):
        try:
            price = Money.parse(price or "")
        except ValueError:
            return ""
    if price.cents <= 0:
        return ""
    receives = rules.seller_share(price)
    return gettext("Buyer pays %(price)s, the site takes %(commission)s, you receive %(share)s") % {
        "price": written_price(price),
        "commission": written_price(price - receives),
        "share": written_price(receives),
    }
