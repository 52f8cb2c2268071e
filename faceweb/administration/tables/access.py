"""API keys and the audit log in the admin."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery, Sum
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from faceweb.access import audit, keys
from faceweb.models import ApiKey, ApiKeyUsage, AuditEntry, Erasure
from faceweb.pages.access import demand_fresh_login, visitor
from scaler.administration.long_lists import LongList, MonthFilter, RecentValuesFilter
from scaler.administration.read_only_admin import ReadOnlyAdmin


def _requests_of_a_day() -> Subquery:
    """By the index of usage: the sum of 90 days would read 130,000 rows for each busy key."""
    day = ApiKeyUsage.objects.filter(
        key=OuterRef("pk"), minute__gt=timezone.now() - timedelta(days=1)
    )
    return Subquery(day.values("key").annotate(total=Sum("requests")).values("total"))


SHOWN_ONCE = "_shown_once"


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys are made here, shown once, and revoked; a revoked key stays, for its history."""

    list_display = (
        "name", "prefix", "may_recognise", "may_manage_subjects", "may_read_fleet",
        "may_read_embeddings",
        "team", "collection", "requests_per_minute", "expires_at", "addresses", "last_used_at",
        "requests", "revoked_at",
    )  # fmt: skip
    list_filter = ("revoked_at",)
    search_fields = ("name", "prefix")
    readonly_fields = ("prefix", "created_at", "last_used_at", "revoked_at")
    formfield_overrides = {  # a date beside a time has no label
        DateTimeField: {"widget": AdminSplitDateTime(attrs={"aria-label": "Date or time of day"})}
    }
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Keys with the number of their requests in 24 hours."""
        return super().get_queryset(request).annotate(total=_requests_of_a_day())

    @admin.display(description="requests (24 hours)", ordering="total")
    def requests(self, key: Any) -> int:
        """How many requests the key made in 24 hours."""
        return key.total or 0

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody deletes a key: it is revoked."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        """Make a key, whose secret is shown once, or change one. Both are in the audit log."""
        if change:
            super().save_model(request, obj, form, change)
            audit.record(visitor(request), "API key changed", obj.pk, changed=form.changed_data)
            return
        demand_fresh_login(request)
        setattr(request, SHOWN_ONCE, keys.make(obj, visitor(request)))

    def response_add(self, request: HttpRequest, obj: ApiKey, *_: object) -> HttpResponse:
        """Show the key on this page alone: a note for the next one would be kept in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"API key {obj.name}",
            "secret": getattr(request, SHOWN_ONCE),
            "access_key": obj.access_key,
        }
        return render(request, "faceweb/administration/new_key.html", context)

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        """End the chosen keys at once."""
        for key in chosen:
            keys.revoke(key, visitor(request))


@admin.register(AuditEntry)
class AuditEntryAdmin(LongList, ReadOnlyAdmin):
    """Who did, and saw, what."""

    list_display = ("at", "actor", "action", "subject", "detail")
    newest_by = "at"
    list_filter = (("action", RecentValuesFilter), MonthFilter, "at")
    search_fields = ("actor", "subject")


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Who is being erased, by id: what is done, what was found, why it waits."""

    list_display = ("person_id", "state", "actor", "started_at", "finished_at", "trouble", "counts")
    list_filter = ("state",)
    search_fields = ("=person_id",)
    exclude = ("names", "name_hashes")
