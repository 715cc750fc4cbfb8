"""A large marketplace, made by SQL: people, kworks on sale, and orders whose time to start has passed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.money import Money, dollars
from finance import ledger
from kworks.models import Category, Kwork
from orders.models import Order
from orders.rules import Terms

SELLERS = 1_000
PRICE = dollars(50)
RICH = Money(10**12)

KWORKS = """
INSERT INTO kworks_kwork (seller_id, category_id, status, title, slug, description, volume, instruction, video_id,
    price, lead_days, attributes, search, created_at, published_at, likes, dislikes)
SELECT (%(sellers)s::bigint[])[1 + n %% cardinality(%(sellers)s::bigint[])],
    (%(categories)s::bigint[])[1 + n %% cardinality(%(categories)s::bigint[])],
    'on_sale', words.title || ' number ' || n, 'kwork-' || n, 'Everything about ' || words.title, 'One', '', '',
    1000 + 500 * (n %% 40), 1 + n %% 14, '{}',
    to_tsvector('english', words.title || ' number ' || n), %(now)s, %(now)s - n * interval '1 second', n %% 97, n %% 7
FROM generate_series(1, %(count)s) AS n
CROSS JOIN LATERAL (SELECT (ARRAY['A logo', 'A website', 'A translation', 'A voice recording', 'A business plan',
    'A short video', 'An audit', 'A set of icons', 'An article', 'A portrait'])[1 + n %% 10]
    || ' for your ' || (ARRAY['bakery', 'company', 'school', 'band', 'shop', 'app', 'book'])[1 + n %% 7] AS title) AS words
"""

# What `escrow.hold` books, for every order behind `after` at once; the ledger's own triggers check each line.
HOLDS = """
WITH new AS (SELECT * FROM orders_order WHERE id > %(after)s), accounts AS (
    INSERT INTO finance_account (key, kind, owner_id, kept, balance)
    SELECT 'escrow:order:' || id, 'escrow', buyer_id, true, 0 FROM new RETURNING id, key
), entries AS (
    INSERT INTO finance_entry (key, verb, reference, at, txid)
    SELECT 'order:' || id || ':hold', 'hold', number, placed_at, 0 FROM new RETURNING id, key
), lines AS (
    SELECT entries.id, new.total, new.buyer_id, 'escrow:order:' || new.id AS escrow
    FROM new JOIN entries ON entries.key = 'order:' || new.id || ':hold'
)
INSERT INTO finance_posting (entry_id, account_id, amount)
SELECT lines.id, accounts.id, lines.total FROM lines JOIN accounts ON accounts.key = lines.escrow
UNION ALL
SELECT lines.id, mine.id, -lines.total
FROM lines JOIN finance_account mine ON mine.key = 'user:' || lines.buyer_id || ':main'
"""


@dataclass(frozen=True)
class Filled:
    """What was made: somebody to order from, somebody who orders, a category and a kwork."""

    buyer: User
    kwork: Kwork
    category: Category
    kworks: int
    orders: int
    now: datetime


def fill(*, kworks: int, orders: int) -> Filled:
    """Migrate and fill the database of this process, and tell how long it took."""
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    now = timezone.now()
    User.objects.bulk_create(
        User(login=f"seller{n}", email=f"seller{n}@example.org", password="!", date_joined=now) for n in range(SELLERS)
    )
    buyer = User.objects.create_user("buyer", "buyer@example.org")
    categories = list(Category.objects.filter(parent__isnull=False).values_list("pk", flat=True))
    sellers = list(User.objects.exclude(pk=buyer.pk).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(KWORKS, {"sellers": sellers, "categories": categories, "count": kworks, "now": now})
    lines = {ledger.PROVIDER: -RICH, ledger.main_of(buyer): RICH}
    ledger.post("bench:funds", "top_up", lines, by=None, now=now)
    _orders(buyer, orders, now)
    with connection.cursor() as cursor:
        cursor.execute(HOLDS, {"after": 0})
        cursor.execute("VACUUM ANALYZE")
    kwork = Kwork.objects.select_related("category__parent", "seller").filter(price=PRICE.cents).first()
    assert kwork
    assert kwork.category
    took = time.perf_counter() - began
    print(f"{kworks:,} kworks, {orders:,} orders and {SELLERS:,} sellers made in {took:.0f} s\n")
    return Filled(buyer, kwork, kwork.category, kworks, orders, now)


def _orders(buyer: User, count: int, now: datetime) -> None:
    kworks = Kwork.objects.order_by("pk").values_list("pk", "seller_id")[:SELLERS]
    placed = now - timedelta(hours=25)
    rows = (
        Order(
            number=f"{n:08d}", buyer=buyer, seller_id=seller, kwork_id=kwork, title="An order", unit_price=PRICE,
            quantity=1, total=PRICE, seller_share=dollars(40), lead_hours=96, terms=Terms.today().as_json(),
            placed_at=placed, start_due_at=placed + timedelta(hours=24) + timedelta(milliseconds=n),
        )
        for n, (kwork, seller) in zip(range(count), _around(list(kworks)), strict=False)
    )  # fmt: skip
    while batch := list(islice(rows, 1000)):
        Order.objects.bulk_create(batch)


def _around(kworks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    while True:
        yield from kworks
