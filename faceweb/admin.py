"""The job history in the Django admin: to look things up, not to change them."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin

from faceweb.models import DeadLetter, Job
from scaler.read_only_admin import ReadOnlyAdmin

admin.site.site_header = admin.site.site_title = "Elastic face recognition"


def _seconds(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "–"
    return f"{(end - start).total_seconds():.2f} s"


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """One line a picture: what was said, by whom, and where the time went."""

    list_display = (
        "filename", "state", "result", "distance_rounded", "instance_id", "created_at",
        "waited", "worked", "returned", "total", "error",
    )  # fmt: skip
    list_filter = ("state", "kind", "created_at", "model", "instance_id", "error_kind")
    search_fields = ("=id", "filename", "result", "input_key", "instance_id", "error")
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("id", "kind", "state", "result", "distance", "error_kind", "error")}),
        ("Picture", {"fields": (
            "filename", "input_key", "output_key", "sha256", "size_bytes", "width", "height")}),
        ("Who answered", {"fields": ("instance_id", "worker", "model", "gallery_version")}),
        ("Times", {"fields": (
            "created_at", "queued_at", "sent_at", "sends", "started_at", "finished_at",
            "answered_at", "waited", "worked", "returned", "total", "stage_milliseconds")}),
        ("Faces", {"fields": ("faces",), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("waited", "worked", "returned", "total")

    @admin.display(description="distance", ordering="distance")
    def distance_rounded(self, job: Job) -> str:
        return "–" if job.distance is None else f"{job.distance:.3f}"

    @admin.display(description="in queue")
    def waited(self, job: Job) -> str:
        return _seconds(job.queued_at, job.started_at)

    @admin.display(description="in work")
    def worked(self, job: Job) -> str:
        return _seconds(job.started_at, job.finished_at)

    @admin.display(description="way back")
    def returned(self, job: Job) -> str:
        return _seconds(job.finished_at, job.answered_at)

    @admin.display(description="total")
    def total(self, job: Job) -> str:
        return _seconds(job.created_at, job.answered_at)


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Messages that nobody could finish."""

    list_display = ("message_id", "job", "reason", "seen_at")
    search_fields = ("message_id", "reason", "=job__id")
    date_hierarchy = "seen_at"
