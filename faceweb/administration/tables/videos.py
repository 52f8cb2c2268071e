"""Videos in the admin: looked up, and deleted with their objects."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from faceweb.administration.audited import Audited
from faceweb.administration.shown import shown
from faceweb.administration.storage_errors import DeletesWithObjects
from faceweb.administration.timing_bar import in_seconds
from faceweb.models import Video
from faceweb.pages.access import visitor
from faceweb.videos.deleting import delete_video, video_buckets
from foundation.config import get_settings
from scaler.administration.long_lists import LongList, MonthFilter, RecentValuesFilter
from scaler.administration.read_only_admin import ReadOnlyAdmin


@admin.register(Video)
class VideoAdmin(Audited, DeletesWithObjects, LongList, ReadOnlyAdmin):
    """One line a video: who is seen in it, how far it is, and how long it took."""

    list_display = (
        "picture", "filename", "state", "result", "progress", "size", "backend", "created_at",
        "total", "error",
    )  # fmt: skip
    list_display_links = ("picture", "filename")
    list_filter = (
        "state", MonthFilter, "created_at", ("backend", RecentValuesFilter),
        ("error_kind", RecentValuesFilter),
    )  # fmt: skip
    exact_search = ("pk",)
    search_fields = ("=id", "filename", "result", "error")
    fieldsets = (
        (None, {"fields": (
            "picture", "page", "id", "state", "result", "people", "error_kind", "error")}),
        ("Video", {"fields": (
            "filename", "size", "frames_wanted", "interval_seconds", "damaged_parts", "incomplete",
            "pictures_deleted")}),
        ("Work", {"fields": ("backend", "progress", "sends")}),
        ("Times", {"fields": (
            "total", "created_at", "sent_at", "progress_at", "looked_at", "answered_at")}),
        ("Frames", {"fields": ("frames",), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("picture", "page", "size", "progress", "total")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Video]:
        """Videos without their frames, which may be megabytes."""
        return super().get_queryset(request).defer("frames")

    @admin.display(description="frame")
    def picture(self, video: Video) -> SafeString | str:
        """The frame that shows the surest person best, else the first."""
        if video.pictures_deleted or not video.frames_stored:
            return "–"
        best = video.people[0]["best_frame"] if video.people else 0
        source = reverse("video-frame", args=[video.pk, best])
        return shown(source, video.filename)

    @admin.display(description="page")
    def page(self, video: Video) -> SafeString:
        """A link to the video's own page."""
        return format_html('<a href="{}">People and frames</a>', video.get_absolute_url())

    @admin.display(description="frames recognised")
    def progress(self, video: Video) -> str:
        """How many frames were looked at, of how many."""
        return f"{video.frames_seen} of {video.frames_expected or '?'}"

    @admin.display(description="size", ordering="size_bytes")
    def size(self, video: Video) -> str:
        """The file's size in the largest unit that fits."""
        return filesizeformat(video.size_bytes)

    @admin.display(description="total")
    def total(self, video: Video) -> str:
        """The time from the video's arrival to its answer."""
        return in_seconds(video.created_at, video.answered_at)

    def delete_model(self, request: HttpRequest, obj: Video) -> None:
        """Delete the video with its frames and results."""
        delete_video(obj, video_buckets(get_settings()), visitor(request))
