"""Teams and collections in the admin."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from faceweb.access import audit
from faceweb.collections import making, teams
from faceweb.collections.making import CollectionRefused, begin_deleting
from faceweb.collections.reach import living
from faceweb.collections.teams import TeamRefused
from faceweb.models import Collection, Member, Role, Team
from faceweb.pages.access import demand_fresh_login, visitor
from foundation.collections import DEFAULT


class _Named(ModelForm):
    """Takes the names that pages and the API take."""

    checked = staticmethod(teams.checked_name)

    def clean_name(self) -> str:
        try:
            return self.checked(self.cleaned_data["name"])
        except (CollectionRefused, TeamRefused) as refusal:
            raise ValidationError(str(refusal)) from None


class _OfCollection(_Named):
    checked = staticmethod(making.checked_name)


class _Members(BaseInlineFormSet):
    """Leaves a team's last owner where they are, as pages and commands do."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms]
        roles = {form.cleaned_data.get("role") for form in kept if form.is_valid()}
        owners = Member.objects.filter(team_id=self.instance.pk, role=Role.OWNER)
        shown = [form.instance.pk for form in self.initial_forms]
        if owners.exists() and Role.OWNER not in roles and not owners.exclude(pk__in=shown):
            raise ValidationError("A team keeps an owner: make another member owner first.")


class MemberInline(admin.TabularInline):
    model = Member
    formset = _Members
    extra = 1


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):
    """Teams share the system, and see nothing of each other."""

    form = _Named
    list_display = ("name", "s3_buckets")
    search_fields = ("name",)
    inlines = (MemberInline,)

    def save_model(self, request: HttpRequest, obj: Team, form: ModelForm, change: bool) -> None:
        """Save the team, and note it in the audit log."""
        super().save_model(request, obj, form, change)
        audit.record(visitor(request), "team changed" if change else "team made", obj.pk)


@admin.register(Collection)
class CollectionAdmin(admin.ModelAdmin):
    """Collections are made here or by the API; what is in one is deleted in the background."""

    form = _OfCollection
    list_display = ("name", "team", "most_people", "most_examples", "created_at")
    list_filter = ("team",)
    search_fields = ("name",)
    readonly_fields = ("id", "model", "created_at")
    actions = ("delete_with_everything",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        """Collections that are not being deleted, with their teams."""
        return living().select_related("team")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """All but the default collection, which follows the system's settings."""
        is_default = isinstance(obj, Collection) and obj.pk == DEFAULT
        return not is_default and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """A collection goes with its people and objects: by the action alone."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Collection, form: ModelForm, change: bool
    ) -> None:
        """Save the collection, and note it in the audit log."""
        super().save_model(request, obj, form, change)
        act = "collection changed" if change else "collection made"
        audit.record(visitor(request), act, obj.pk)

    @admin.action(description="Delete with everything in it", permissions=["change"])
    def delete_with_everything(
        self, request: HttpRequest, collections: QuerySet[Collection]
    ) -> None:
        """Begin to delete the chosen collections with all that is in them."""
        demand_fresh_login(request)
        for collection in collections:
            try:
                begin_deleting(collection, visitor(request))
            except CollectionRefused as refusal:
                messages.error(request, str(refusal))
