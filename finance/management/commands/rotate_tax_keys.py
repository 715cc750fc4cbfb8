"""manage.py rotate_tax_keys: after a new key was put first in TAX_FORM_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finance.steps import tax


class Command(BaseCommand):
    """Encrypts every tax form with the first key, after which the other keys can be taken away (TAX-01)."""

    help = "Encrypt every tax form anew with the first of TAX_FORM_KEYS; then the keys behind it can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        count, closed = tax.rotate_keys()
        self.stdout.write(self.style.SUCCESS(f"{count} tax forms are encrypted with the first key."))
        if closed:
            numbers = ", ".join(map(str, closed))
            raise CommandError(f"No key of TAX_FORM_KEYS opens these tax forms; they are as they were: {numbers}")
