"""Payments and statements for the tests of money."""

from tests.finance.told import good, history
from tests.payments import payments, payments_process

__all__ = ["good", "history", "payments", "payments_process"]
