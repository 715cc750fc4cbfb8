"""How much staff may do in the admin with what people and money have left behind: little."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class Lasting:
    """Nothing is deleted here, however many rights somebody has: others refer to it."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Kept(Lasting):
    """Nothing is added or deleted here, however many rights somebody has: that is for the rooms' own verbs."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnly(Kept):
    """Nothing is changed here either: for finding and reading."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ForSuperusers:
    """What gives rights is changed by superusers alone, or staff could give themselves any; others look at it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


class OneRow(Lasting):
    """There is one of it: once it is there, it is only changed."""

    model: Any

    def has_add_permission(self, request: HttpRequest) -> bool:
        allowed: bool = super().has_add_permission(request)  # type: ignore[misc]
        return allowed and not self.model._default_manager.exists()
