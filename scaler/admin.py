"""The scaler's history and lease in the Django admin: to look at, not to change."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from scaler.models import Lease, Look


class ReadOnlyAdmin(admin.ModelAdmin):
    """Written by the scaler alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Look)
class LookAdmin(ReadOnlyAdmin):
    """One line a look: what was seen, what was decided, and why."""

    list_display = (
        "at", "reason", "outstanding", "visible", "in_flight", "booting", "ready", "leaving",
        "wanted", "launched", "asked_to_stop", "terminated",
    )  # fmt: skip
    list_filter = ("changed", "at", "scaler")
    search_fields = ("reason",)
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Who scales now."""

    list_display = ("name", "holder", "term", "expires_at")
