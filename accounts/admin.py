"""What moderators see of accounts: much to read, little to change."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.usersessions import admin as sessions_admin
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, Permission
from django.db.models import ManyToManyField
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Acceptance, Agreement, EmailChange, FormerLogin, User
from core.admin import ForSuperusers, Kept, ReadOnly

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")

# Its search wants a username, which our users do not have.
assert sessions_admin
admin.site.unregister(UserSession)

# Staff log in by the site's own page: the same limits, the same second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class AcceptanceInline(ReadOnly, admin.TabularInline[Acceptance, User]):
    """What the user agreed to; nobody edits that."""

    model = Acceptance
    extra = 0
    fields = ("agreement", "adult", "at")


class EmailChangeInline(ReadOnly, admin.TabularInline[EmailChange, User]):
    """Changes of the e-mail, under way and over."""

    model = EmailChange
    extra = 0
    fields = ("old_email", "new_email", "status", "asked_at", "agreed_at", "ended_at", "expires_at")
    ordering = ("-asked_at",)


class FormerLoginInline(ReadOnly, admin.TabularInline[FormerLogin, User]):
    """The login that was given up."""

    model = FormerLogin
    extra = 0
    fields = ("login", "at")


@admin.register(User)
class UserAdmin(Kept, admin.ModelAdmin[User]):
    """Finding people; only the public texts and whether the account is open can be changed.

    Orders and the ledger keep naming their people, so accounts are closed, never deleted (ACC-09).
    """

    list_display = ["login", "name", "email", "country", "is_active", "is_staff", "date_joined", "last_seen_at"]
    list_filter = ["is_active", "is_staff", "date_joined"]
    search_fields = ["login", "former_login__login", "name", "email"]
    date_hierarchy = "date_joined"
    ordering = ["-date_joined"]
    inlines = [EmailChangeInline, FormerLoginInline, AcceptanceInline]
    filter_horizontal = ["groups", "user_permissions"]
    readonly_fields = [
        "login",
        "email",
        "email_key",
        "time_zone",
        "role",
        "date_joined",
        "last_seen_at",
        "last_login",
        "email_changed_at",
        "login_changed_at",
    ]
    fieldsets = [
        (None, {"fields": ["login", "email", "email_key", "is_active"]}),
        (_("Public profile"), {"fields": ["name", "headline", "about", "city", "country", "skills", "languages"]}),
        (_("Changes"), {"fields": ["email_changed_at", "login_changed_at"]}),
        (_("Presence"), {"fields": ["role", "time_zone", "date_joined", "last_login", "last_seen_at"]}),
        (_("Rights"), {"fields": [*RIGHTS]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Only superusers give rights."""
        rights = () if request.user.is_superuser else RIGHTS
        return [*self.readonly_fields, *rights]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        if db_field.name == "user_permissions":
            # A right is written out with what it is a right to: one query for all of them.
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ForSuperusers, auth_admin.GroupAdmin):
    """Rights of several people at once."""


@admin.register(Agreement)
class AgreementAdmin(admin.ModelAdmin[Agreement]):
    """Versions are added, never edited: people agreed to what they read."""

    list_display = ["title", "slug", "version", "published_at"]
    list_filter = ["slug"]
    ordering = ["slug", "-published_at"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnly, admin.ModelAdmin[Acceptance]):
    """Who agreed to what and when; for reading only."""

    list_display = ["user", "agreement", "adult", "at"]
    list_filter = ["agreement"]
    list_select_related = ["user", "agreement"]
    search_fields = ["user__login", "user__email"]
    date_hierarchy = "at"
    ordering = ["-at"]
