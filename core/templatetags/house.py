"""Tags and filters that every template may use: icons, wrapping components, money, moments, people."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache

from django import template
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core import clock, formats
from core.money import Money

AVATAR_HUES = 6

register = template.Library()


@register.simple_tag
@cache  # a page has dozens of them, of few kinds
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite; with a label it speaks, without one it is decoration beside words."""
    voice = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    classes = f"icon {css}".strip()
    return format_html(
        '<svg class="{}" width="20" height="20" {}><use href="{}#{}"></use></svg>',
        classes,
        voice,
        static("icons/lucide.svg"),
        name,
    )


@register.simple_block_tag(takes_context=True)
def wrap(context: Context, content: SafeString, name: str, **values: object) -> SafeString:
    """Render components/<name>.html around what stands between `wrap` and `endwrap`, given to it as `content`."""
    if context.template is None:
        raise RuntimeError("wrap works only inside a template that is being rendered")
    component = context.template.engine.get_template(f"components/{name}.html")
    with context.push(content=content, **values):
        return component.render(context)


@register.filter
def money(amount: Money) -> str:
    """$1,234.50"""
    return formats.money(amount)


@register.filter
def price(amount: Money) -> str:
    """$10, $12.50"""
    return formats.price(amount)


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """The exact time in the viewer's zone, the zone named; nothing for None."""
    if at is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), formats.moment(at))


@register.filter
def day(at: datetime | None) -> SafeString | str:
    """The date in the viewer's zone; nothing for None."""
    if at is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), formats.day(at))


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime) -> SafeString:
    """How long ago or how soon, kept fresh by the browser; the exact time is its title."""
    now = _now(context)
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        at.isoformat(),
        formats.moment(at),
        formats.relative(at, now),
    )


@register.simple_tag(takes_context=True)
def countdown(context: Context, at: datetime) -> SafeString:
    """The time left in its two largest units, counted down by the browser."""
    now = _now(context)
    return format_html(
        '<time datetime="{}" data-countdown data-over="{}">{}</time>',
        at.isoformat(),
        formats.over(),
        formats.left(at, now),
    )


@register.filter
def days(count: int) -> str:
    """1 day, 4 days"""
    return formats.days(count)


@register.filter
def days_change(count: int) -> str:
    """2 days more, 1 day less; nothing for 0."""
    return formats.days_change(count)


@register.filter
def pages(paginator: Paginator[object], current: int) -> Iterator[int | str]:
    """The page numbers worth showing around the current one, gaps as an ellipsis."""
    return paginator.get_elided_page_range(current, on_each_side=1, on_ends=1)


@register.filter
def file_icon(content_type: str) -> str:
    """The icon that stands for a kind of file."""
    family, _slash, kind = content_type.partition("/")
    if family in {"image", "video", "audio"}:
        return f"file-{family}"
    return "file-archive" if "zip" in kind or "rar" in kind else "file"


@register.filter
def initials(name: str) -> str:
    """One or two capitals that stand for a person without a picture: Bea Miller is BM, sam_77 is S7."""
    words = [word for word in name.replace("_", " ").replace("-", " ").split() if word]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def hue(name: str) -> int:
    """The number of the avatar color that a name always gets."""
    return sum(map(ord, name)) % AVATAR_HUES


@register.filter
def hidden_errors(form: BaseForm) -> list[str]:
    """What is wrong with fields that the form sends without showing them, in words; beside their place nobody would see it."""
    sentence = _("What this page sends by itself was not understood: %(error)s Load the page again and try once more.")
    return [sentence % {"error": error} for field in form.hidden_fields() for error in field.errors]


@register.filter
def marked_errors(form: BaseForm) -> bool:
    """Whether something is wrong that stands beside a field which can be seen."""
    return any(field.errors for field in form.visible_fields())


def _now(context: Context) -> datetime:
    """The page's moment: as its view gave it, or the function that asks the clock once for the page."""
    now = context.get("now")
    found: datetime | None = now() if callable(now) else now
    return found or clock.now()
