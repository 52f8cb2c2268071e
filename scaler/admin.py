"""The scaler's history in the admin: decisions in words, and instances. `/fleet` draws them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from scaler.administration.long_lists import LongList, MonthFilter, RecentValuesFilter
from scaler.administration.read_only_admin import ReadOnlyAdmin
from scaler.models import Lease, Lifeline, Look, Order
from scaler.record import orders


@admin.register(Look)
class LookAdmin(LongList, ReadOnlyAdmin):
    """Every decision that changed something, and a sample every ten seconds."""

    list_display = (
        "at", "changed", "reason", "outstanding", "visible", "in_flight", "booting", "ready",
        "leaving", "functions", "launched", "functions_started", "asked_to_stop", "terminated",
    )  # fmt: skip
    newest_by = "at"
    list_filter = ("changed", MonthFilter, "at", ("scaler", RecentValuesFilter))
    search_fields = ("reason",)


@admin.register(Lifeline)
class LifelineAdmin(LongList, ReadOnlyAdmin):
    """Each instance from its launch to its end, and each run of a function."""

    list_display = (
        "instance_id", "kind", "launched_at", "ready_at", "leaving_at", "ended_at", "answered",
    )  # fmt: skip
    newest_by = "launched_at"
    exact_search = ("instance_id",)
    search_fields = ("=instance_id",)
    list_filter = ("kind", MonthFilter)


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What operators ordered. One is added here, or ended, as on the fleet's page; none changed."""

    list_display = ("at", "kind", "count", "instance_id", "until", "ended_at", "by")
    list_filter = ("kind",)
    fields = ("kind", "count", "instance_id", "until")
    actions = ("end_orders",)

    def has_change_permission(self, *_: object) -> bool:
        """Nobody changes an order: it is ended, and another one given."""
        return False

    def has_delete_permission(self, *_: object) -> bool:
        """Nobody deletes an order: the list says who gave it."""
        return False

    def save_model(self, request: HttpRequest, obj: Order, *_: object) -> None:
        """Give the order in the user's name, which the audit log keeps."""
        orders.give(obj, str(request.user))

    @admin.action(description="End the chosen orders", permissions=["add"])
    def end_orders(self, request: HttpRequest, chosen: QuerySet[Order]) -> None:
        """End the chosen orders in the user's name."""
        orders.end(chosen, str(request.user))


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Who scales now."""

    list_display = ("name", "holder", "term", "expires_at")
