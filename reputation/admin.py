"""Feedback, read only: it is never changed or removed here (RAT-07)."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from reputation.models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(ReadOnly, admin.ModelAdmin[Feedback]):
    """Search by order, author and seller."""

    list_display = ("order", "author", "seller", "positive", "at")
    list_filter = ("positive",)
    list_select_related = ("order", "author", "seller")
    search_fields = ("order__number", "author__login", "seller__login", "text")
