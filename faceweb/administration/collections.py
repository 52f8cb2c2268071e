"""Teams and collections in the admin."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from faceweb.access import audit
from faceweb.collections.making import CollectionRefused, begin_deleting
from faceweb.collections.reach import living
from faceweb.models import Collection, Member, Team
from faceweb.pages.access import demand_fresh_login, visitor


class MemberInline(admin.TabularInline):
    model = Member
    extra = 1


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    """Teams share the system, and see nothing of each other."""

    list_display = ("name", "s3_buckets")
    search_fields = ("name",)
    inlines = (MemberInline,)

    def save_model(self, request: HttpRequest, obj: Team, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(visitor(request), "team changed" if change else "team made", obj.pk)


@admin.register(Collection)
class CollectionAdmin(admin.ModelAdmin):
    """Collections are made here or by the API; what is in one is deleted in the background."""

    list_display = ("name", "team", "most_people", "most_examples", "created_at")
    list_filter = ("team",)
    search_fields = ("name",)
    readonly_fields = ("id", "model", "created_at")
    actions = ("delete_with_everything",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        return living().select_related("team")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Collection, form: ModelForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        act = "collection changed" if change else "collection made"
        audit.record(visitor(request), act, obj.pk)

    @admin.action(description="Delete with everything in it", permissions=["change"])
    def delete_with_everything(
        self, request: HttpRequest, collections: QuerySet[Collection]
    ) -> None:
        demand_fresh_login(request)
        for collection in collections:
            try:
                begin_deleting(collection, visitor(request))
            except CollectionRefused as refusal:
                messages.error(request, str(refusal))
