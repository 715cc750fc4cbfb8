"""What the style page shows: people, kworks and an order that look like real ones but are only here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.templatetags.static import static

from core.money import Money, dollars


@dataclass(frozen=True)
class Person:
    login: str
    shown_name: str
    picture_url: str = ""

    def get_absolute_url(self) -> str:
        return "#people"


@dataclass(frozen=True)
class Kwork:
    title: str
    seller: Person
    price: Money
    cover_url: str = ""
    likes: int = 0
    dislikes: int = 0

    def get_absolute_url(self) -> str:
        return "#kworks"


@dataclass(frozen=True)
class Extra:
    pk: int
    title: str
    price: Money
    days: int


@dataclass(frozen=True)
class File:
    name: str
    size: int
    content_type: str
    url: str = "#thread"


def context(now: datetime) -> dict[str, Any]:
    """Everything the sections of the style page draw, at this moment."""
    bea = Person("bea-miller", "Bea Miller", static("images/samples/portrait.svg"))
    sam = Person("sam_77", "Sam Okafor")
    people = [
        bea,
        sam,
        Person("ines", "Inês Duarte"),
        Person("K", "K"),
        Person("liu_wei", "Liu Wei"),
        Person("mo", "Mo"),
    ]
    return {
        "bea": bea,
        "sam": sam,
        "people": people,
        "kworks": _kworks(bea, sam),
        "extras": [
            Extra(1, "Source files in SVG and PDF", dollars(4), 0),
            Extra(2, "Two more concepts", dollars(12), 2),
            Extra(3, "Urgent: ready a day sooner", dollars(20), -1),
        ],
        "price": dollars(40),
        "gallery": _gallery(),
        "answer": "The second, please.\nCould the green be a little darker?",
        "sample_files": [
            File("final-logo-pack.zip", 3_481_200, "application/zip"),
            File("logo-on-dark-background-with-a-rather-long-name-v3-final.png", 182_044, "image/png"),
            File("voice-note.mp3", 920_411, "audio/mpeg"),
        ],
        "order_tabs": [
            {"label": "All", "url": "?status=all", "count": 14},
            {"label": "In progress", "url": "?status=work", "count": 3, "current": True},
            {"label": "Delivered", "url": "?status=delivered", "count": 1},
            {"label": "Completed", "url": "?status=done", "count": 9},
            {"label": "Canceled", "url": "?status=canceled", "count": 1},
        ],
        "steps": _steps(now),
        "failed_steps": [{"label": "Paid", "state": "done"}, {"label": "Not started in time", "state": "failed"}],
        "events": _events(now),
        "facts": [("Unit price", "$40.00"), ("Quantity", "2"), ("Source files", "$4.00"), ("Lead time", "6 days")],
        "movements": _movements(now),
        "soon": now + timedelta(hours=3, minutes=12),
        "later": now + timedelta(days=2, hours=6),
        "ago": now - timedelta(hours=5),
        "long_ago": now - timedelta(days=9),
    }


def _kworks(bea: Person, sam: Person) -> list[Kwork]:
    return [
        Kwork("I will draw a logo in three concepts", sam, dollars(40), static("images/samples/logo.svg"), 128, 2),
        Kwork(
            "I will build a one-page website with your text, pictures and a contact form that works",
            Person("ines", "Inês Duarte"),
            dollars(240),
            static("images/samples/site.svg"),
            17,
        ),
        Kwork(
            "I will record a warm voice-over of up to 2 minutes", bea, Money(1250), static("images/samples/voice.svg")
        ),
        Kwork("I will proofread 1,000 words of English", Person("liu_wei", "Liu Wei"), dollars(10), "", 3, 1),
    ]


def _gallery() -> list[dict[str, str]]:
    alts = {"logo": "Two overlapping circles", "site": "A page with a headline and a button", "voice": "A sound wave"}
    return [{"url": static(f"images/samples/{name}.svg"), "alt": alt} for name, alt in alts.items()]


def _steps(now: datetime) -> list[dict[str, Any]]:
    return [
        {"label": "Paid", "state": "done", "at": now - timedelta(days=2)},
        {"label": "In progress", "state": "done", "at": now - timedelta(days=1, hours=7)},
        {"label": "Delivered", "state": "current", "at": now - timedelta(hours=5)},
        {"label": "Completed", "state": "todo"},
    ]


def _events(now: datetime) -> list[dict[str, Any]]:
    return [
        {"text": "Order placed, $84.00 held in escrow", "at": now - timedelta(days=2), "icon": "lock", "actor": "Bea"},
        {"text": "Work started", "at": now - timedelta(days=1, hours=7), "icon": "play", "actor": "Sam"},
        {"text": "The deadline is near", "at": now - timedelta(hours=9), "icon": "triangle-alert", "tone": "caution"},
        {
            "text": "Result delivered",
            "at": now - timedelta(hours=5),
            "icon": "package-check",
            "tone": "positive",
            "actor": "Sam",
        },
        {
            "text": "Returned for revision",
            "at": now - timedelta(hours=1),
            "icon": "undo-2",
            "tone": "negative",
            "actor": "Bea",
        },
    ]


def _movements(now: datetime) -> list[dict[str, Any]]:
    return [
        {"at": now - timedelta(days=3), "kind": "Funds added by card", "amount": dollars(1250), "after": dollars(1250)},
        {"at": now - timedelta(days=2), "kind": "Order 10482", "amount": -dollars(84), "after": dollars(1166)},
        {
            "at": now - timedelta(hours=5),
            "kind": "Refund of order 10470",
            "amount": Money(1250),
            "after": Money(117850),
        },
    ]
