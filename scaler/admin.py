"""The scaler's history in the admin: decisions in words, and a plot of the shown time."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponse

from scaler.administration.long_lists import LongList, MonthFilter, RecentValuesFilter
from scaler.administration.read_only_admin import ReadOnlyAdmin
from scaler.models import Lease, Look
from scaler.record.fleet_plot import Point, plot

PLOTTED = 1000


@admin.register(Look)
class LookAdmin(LongList, ReadOnlyAdmin):
    """Every decision that changed something, and a sample every ten seconds."""

    change_list_template = "scaler/look_change_list.html"
    list_display = (
        "at", "changed", "reason", "outstanding", "visible", "in_flight", "booting", "ready",
        "leaving", "launched", "asked_to_stop", "terminated",
    )  # fmt: skip
    newest_by = "at"
    list_filter = ("changed", MonthFilter, "at", ("scaler", RecentValuesFilter))
    search_fields = ("reason",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """The list, with the newest of what it shows as a plot above it."""
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", {}).get("cl")
        if shown is not None:
            fields = ("at", "outstanding", "ready", "booting")
            newest = shown.queryset.order_by("-at").values_list(*fields)[:PLOTTED]
            drawn = plot([Point(*row) for row in reversed(newest)])
            response.context_data["plot"] = drawn  # type: ignore[attr-defined]
        return response


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Who scales now."""

    list_display = ("name", "holder", "term", "expires_at")
