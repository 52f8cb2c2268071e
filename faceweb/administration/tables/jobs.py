"""The job history in the admin: looked up, run again, deleted with its objects, exported."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from faceweb.access import audit
from faceweb.administration.audited import Audited
from faceweb.administration.job_csv import as_csv
from faceweb.administration.shown import shown
from faceweb.administration.storage_errors import DeletesWithObjects, storage_may_fail
from faceweb.administration.timing_bar import in_seconds, in_words, timing_bar
from faceweb.jobs.departures import send_task
from faceweb.jobs.erasing import apply_retention, delete_job, expired_jobs, expired_pictures
from faceweb.jobs.rerun import CantRunAgain, run_again
from faceweb.models import Job
from faceweb.pages.access import visitor
from faceweb.people.faces.shown_faces import shown_faces
from faceweb.videos.deleting import expired_frames, expired_videos
from foundation.config import get_settings
from scaler.administration.long_lists import COUNTED, LongList, MonthFilter, RecentValuesFilter
from scaler.administration.read_only_admin import ReadOnlyAdmin

EXPORTED = 100_000


@admin.register(Job)
class JobAdmin(Audited, DeletesWithObjects, LongList, ReadOnlyAdmin):
    """One line a picture: what was said, by whom, and where the time went."""

    list_display = (
        "picture", "filename", "state", "result", "distance_rounded", "instance_id", "created_at",
        "where_time_went", "total", "error",
    )  # fmt: skip
    list_display_links = ("picture", "filename")
    list_filter = (
        "state", "kind", MonthFilter, "created_at", ("model", RecentValuesFilter),
        ("instance_id", RecentValuesFilter), ("error_kind", RecentValuesFilter),
    )  # fmt: skip
    exact_search = ("pk", "result", "input_key")
    search_fields = ("=id", "filename", "result", "input_key", "instance_id", "error")
    actions = ("run_again", "export_csv")
    fieldsets = (
        (None, {"fields": (
            "picture", "id", "kind", "state", "result", "distance", "error_kind", "error")}),
        ("Picture", {"fields": (
            "filename", "input_key", "output_key", "sha256", "size_bytes", "width", "height",
            "picture_deleted")}),
        ("Who answered", {"fields": ("instance_id", "worker", "model", "gallery_version")}),
        ("Times", {"fields": (
            "where_time_went", "parts", "total", "created_at", "queued_at",
            "sent_at", "sends", "started_at", "finished_at", "answered_at",
            "stage_milliseconds")}),
        ("Faces", {"fields": ("faces_in_it",), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("picture", "where_time_went", "parts", "total", "faces_in_it")

    change_list_template = "faceweb/administration/job_change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Django's addresses, and that of the retention's page."""
        view = self.admin_site.admin_view(retention_view)
        return [path("retention/", view, name="faceweb_job_retention"), *super().get_urls()]

    @admin.display(description="picture")
    def picture(self, job: Job) -> SafeString | str:
        """A thumbnail of the job's picture, while it is kept."""
        if job.picture_deleted:
            return "deleted"
        source = reverse("thumbnail", args=[job.pk])
        return shown(source, job.filename)

    @admin.display(description="faces")
    def faces_in_it(self, job: Job) -> SafeString | str:
        """A line for each face: its number, and who it is."""
        lines = ((f"{face.number}: {face.name or 'unknown'}",) for face in shown_faces(job))
        return format_html_join(SafeString("<br>"), "{}", lines) or "–"

    @admin.display(description="distance", ordering="distance")
    def distance_rounded(self, job: Job) -> str:
        """The distance of the face that the answer is about, to three places."""
        return "–" if job.distance is None else f"{job.distance:.3f}"

    @admin.display(description="time")
    def where_time_went(self, job: Job) -> SafeString | str:
        """A bar of the parts of the job's time."""
        return timing_bar(job)

    @admin.display(description="parts")
    def parts(self, job: Job) -> str:
        """The parts of the job's time in words."""
        return in_words(job)

    @admin.display(description="total")
    def total(self, job: Job) -> str:
        """The time from the picture's arrival to its answer."""
        return in_seconds(job.created_at, job.answered_at)

    @admin.action(description="Run again", permissions=["delete"])
    def run_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """A new job for each, on the same picture."""
        queued = 0
        for job in jobs:
            try:
                again = run_again(job, send_task)
                audit.record(visitor(request), "job run again", job.pk, again=str(again.pk))
                queued += 1
            except CantRunAgain as error:
                self.message_user(request, f"Not run again: {error}.", messages.WARNING)
        if queued:
            self.message_user(request, f"{queued} new jobs were queued.", messages.SUCCESS)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse:
        """The chosen jobs as a CSV file; the audit log notes it."""
        audit.record(visitor(request), "jobs exported")
        text = as_csv(jobs[:EXPORTED])
        disposition = 'attachment; filename="jobs.csv"'
        return HttpResponse(
            text,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": disposition},
        )

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        """Delete the job with its picture and its answer."""
        delete_job(obj, get_settings(), visitor(request))


def retention_view(request: HttpRequest) -> HttpResponse:
    """GET shows, POST deletes."""
    if not request.user.has_perm("faceweb.delete_job"):
        raise PermissionDenied
    settings, now = get_settings(), timezone.now()
    if request.method == "POST":
        with storage_may_fail(request, "what is left was not deleted"):
            erased = apply_retention(settings, now, visitor(request))
            messages.success(request, erased.in_words())
        return redirect("admin:faceweb_job_retention")
    context = {
        **admin.site.each_context(request),
        "title": "Retention",
        "jobs": _counted(expired_jobs(settings, now)),
        "pictures": _counted(expired_pictures(settings, now)),
        "videos": _counted(expired_videos(settings, now) | expired_frames(settings, now)),
        "most": COUNTED,
        "settings": settings,
    }
    return render(request, "faceweb/administration/retention.html", context)


def _counted(rows: QuerySet) -> int:
    """Up to COUNTED: nobody needs to know more exactly what one button deletes."""
    return int(rows.order_by()[:COUNTED].count())
