"""People and their examples in the admin. The gallery is the truth; the list here is its copy."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from faceweb.administration.audited import Audited
from faceweb.administration.shown import shown
from faceweb.administration.storage_errors import ChangesStorage, storage_may_fail
from faceweb.models import ExamplePicture, Subject
from faceweb.pages.access import demand_fresh_login, visitor
from faceweb.people.erasure.running import ERASING_WAITS, STOPS_ERASING, soon
from faceweb.people.opened_gallery import opened_gallery
from faceweb.people.subject_list import refresh_people
from faceweb.people.subjects import NoSuchSubject, Subjects, receipt_in_words, subjects
from faceweb.people.threshold import threshold_in_force
from foundation.aws.storage import gallery_files
from foundation.config import get_settings
from recognition.gallery.names import name_key
from scaler.administration.long_lists import BoundedPaginator, LongList, MonthFilter

NO_PICTURE = "no picture was kept"


def _gallery(request: HttpRequest) -> Subjects:
    return subjects(get_settings(), visitor(request))


def _cutout(person_id: str, example_id: str, of: str) -> SafeString:
    return shown(reverse("example-picture", args=[person_id, example_id]), of)


@admin.register(Subject)
class SubjectAdmin(Audited, ChangesStorage):
    """Renamed, merged and erased here; enrolled by pictures, on the pages or by command."""

    list_display = ("face", "name", "examples", "person_id")
    list_display_links = ("face", "name")
    search_fields = ("name_key__contains", "person_id__exact")
    fields = ("name", "person_id", "examples", "shown_examples")
    readonly_fields = ("person_id", "examples", "shown_examples")
    actions = ("merge",)
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subject]:
        with storage_may_fail(request, "the list may be old"):
            refresh_people(gallery_files(get_settings()))
        kept = ExamplePicture.objects.filter(person_id=OuterRef("pk")).order_by("-added_at")
        people = super().get_queryset(request).filter(examples__gt=0)
        return people.annotate(newest=Subquery(kept.values("example_id")[:1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subject], search_term: str
    ) -> tuple[QuerySet[Subject], bool]:
        """Names without their case, as they are kept: to fold 100,000 of them takes half a second
        on PostgreSQL, and SQLite folds no umlaut."""
        return super().get_search_results(request, queryset, name_key(search_term))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """The list, under the threshold in force."""
        threshold = None
        with storage_may_fail(request, "the threshold is not known"):
            settings = get_settings()
            threshold = threshold_in_force(opened_gallery(gallery_files(settings)), settings)
        words = threshold and f"Threshold {threshold.distance:.3f}. {threshold.why}"
        return super().changelist_view(request, {"subtitle": words, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="face")
    def face(self, subject: Any) -> SafeString | str:
        return _cutout(subject.pk, subject.newest, subject.name) if subject.newest else "–"

    @admin.display(description="pictures")
    def shown_examples(self, subject: Subject) -> SafeString | str:
        found = _gallery_examples(subject.pk)
        cells = format_html_join(" ", "{}", ((cell,) for cell in found))
        page = format_html('<a href="{}">Open the page</a>', subject.get_absolute_url())
        return format_html("{}<p>{}</p>", cells, page)

    def save_model(self, request: HttpRequest, obj: Subject, form: ModelForm, change: bool) -> None:
        _gallery(request).rename(obj.pk, obj.name)

    def delete_model(self, request: HttpRequest, obj: Subject) -> None:
        self._erase(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Subject]) -> None:
        self._erase(request, list(queryset))

    def _erase(self, request: HttpRequest, people: list[Subject]) -> None:
        demand_fresh_login(request)
        until = soon()
        for person in people:
            try:
                receipt = _gallery(request).erase_until(until, person.pk)
            except STOPS_ERASING:
                self.message_user(request, ERASING_WAITS, messages.WARNING)
            else:
                self.message_user(request, receipt_in_words(receipt), messages.SUCCESS)

    @admin.action(description="Merge into the one with most examples", permissions=["change"])
    def merge(self, request: HttpRequest, people: QuerySet[Subject]) -> None:
        into, *others = people.order_by("-examples", "name")
        if not others:
            self.message_user(request, "Choose two people or more.", messages.WARNING)
            return
        for other in others:
            _gallery(request).merge(other.pk, into.pk)
        self.message_user(request, f"{len(others)} merged into {into.name}.", messages.SUCCESS)


def _gallery_examples(person_id: str) -> list[SafeString | str]:
    try:
        found = subjects(get_settings(), "").examples(person_id)
    except NoSuchSubject:
        return []
    return [
        _cutout(person_id, one.id, f"Example {one.id}") if one.picture else NO_PICTURE
        for one in found
    ]


@admin.register(ExamplePicture)
class ExampleAdmin(Audited, ChangesStorage, LongList):
    """The kept cut-outs. Deleting one takes the example out of the gallery, too."""

    list_display = ("picture", "person", "example_id", "added_at")
    search_fields = ("=person_id", "=example_id")
    newest_by = "added_at"
    exact_search = ("person_id",)
    list_filter = (MonthFilter,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="picture")
    def picture(self, example: ExamplePicture) -> SafeString:
        return _cutout(example.person_id, example.example_id, f"Example {example.example_id}")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExamplePicture]:
        names = Subject.objects.filter(pk=OuterRef("person_id")).values("name")
        return super().get_queryset(request).annotate(name=Subquery(names[:1]))

    @admin.display(description="person")
    def person(self, example: Any) -> SafeString:
        url = reverse("person", args=[example.person_id])
        return format_html('<a href="{}">{}</a>', url, example.name or example.person_id)

    def delete_model(self, request: HttpRequest, obj: ExamplePicture) -> None:
        self._remove(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ExamplePicture]) -> None:
        self._remove(request, list(queryset))

    def _remove(self, request: HttpRequest, examples: list[ExamplePicture]) -> None:
        for example in examples:
            _gallery(request).remove_example(example.person_id, example.example_id)
