"""The numbers of the money rules."""

from core.money import dollars

COMMISSION_BASIS_POINTS = 2_000  # 20 % of the buyer price (the seller receives 80 %)
TOP_UP_LEAST = dollars(1)
TOP_UP_MOST = dollars(10_000)
CURRENCY = "usd"
