"""Payments for the tests of orders."""

from tests.payments import payments, payments_process

__all__ = ["payments", "payments_process"]
