"""People and their examples in the admin, to be looked up. Their pages change them."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from faceweb.administration.audited import Audited
from faceweb.administration.shown import shown
from faceweb.administration.storage_errors import storage_may_fail
from faceweb.models import ExamplePicture, Subject
from faceweb.people.opened_gallery import opened_gallery
from faceweb.people.subject_list import refresh_people
from faceweb.people.subjects import NoSuchSubject, subjects
from faceweb.people.threshold import threshold_in_force
from foundation.aws.storage import gallery_files
from foundation.config import get_settings
from recognition.gallery.names import name_key
from scaler.administration.long_lists import BoundedPaginator, LongList, MonthFilter
from scaler.administration.read_only_admin import ReadOnlyAdmin

NO_PICTURE = "no picture was kept"


def _cutout(person_id: str, example_id: str, of: str) -> SafeString:
    return shown(reverse("example-picture", args=[person_id, example_id]), of)


@admin.register(Subject)
class SubjectAdmin(Audited, ReadOnlyAdmin):
    """A copy of the gallery, which is the truth."""

    list_display = ("face", "name", "examples", "person_id")
    list_display_links = ("face", "name")
    search_fields = ("name_key__contains", "person_id__exact")
    fields = ("name", "person_id", "examples", "shown_examples")
    readonly_fields = ("person_id", "examples", "shown_examples")
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subject]:
        """The people of the gallery as it is now, each with the newest example's id."""
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

    @admin.display(description="face")
    def face(self, subject: Any) -> SafeString | str:
        """The person's newest cut-out, where one was kept."""
        return _cutout(subject.pk, subject.newest, subject.name) if subject.newest else "–"

    @admin.display(description="pictures")
    def shown_examples(self, subject: Subject) -> SafeString | str:
        """The person's examples, and a link to their page."""
        found = _gallery_examples(subject.pk)
        cells = format_html_join(" ", "{}", ((cell,) for cell in found))
        page = format_html('<a href="{}">Open the page</a>', subject.get_absolute_url())
        return format_html("{}<p>{}</p>", cells, page)


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
class ExampleAdmin(Audited, LongList, ReadOnlyAdmin):
    """The kept cut-outs."""

    list_display = ("picture", "person", "example_id", "added_at")
    search_fields = ("=person_id", "=example_id")
    newest_by = "added_at"
    exact_search = ("person_id",)
    list_filter = (MonthFilter,)

    @admin.display(description="picture")
    def picture(self, example: ExamplePicture) -> SafeString:
        """The example's cut-out."""
        return _cutout(example.person_id, example.example_id, f"Example {example.example_id}")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExamplePicture]:
        """Examples with the names of their people."""
        names = Subject.objects.filter(pk=OuterRef("person_id")).values("name")
        return super().get_queryset(request).annotate(name=Subquery(names[:1]))

    @admin.display(description="person")
    def person(self, example: Any) -> SafeString:
        """A link to the person, by name."""
        url = reverse("person", args=[example.person_id])
        return format_html('<a href="{}">{}</a>', url, example.name or example.person_id)
