"""Videos that came through the web tier."""

import uuid
from typing import Any

from django.db import models
from django.urls import reverse

from faceweb.models.collections import OF_COLLECTION, Collection
from faceweb.models.jobs import iso
from foundation.collections import DEFAULT
from workers.videos import layout


class VideoState(models.TextChoices):
    """A video's life. The first final state wins; nothing leaves it."""

    UPLOADING = "uploading", "uploading"  # on its way into S3; nothing was accepted yet
    STORED = "stored", "waiting"
    WORKING = "working", "in work"  # its first frame is there
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"


JsonObject = dict[str, Any]
"""A frame, a face or a person, in the JSON of a video's result or row."""
JsonList = list[JsonObject]

OPEN_VIDEO_STATES = (VideoState.STORED, VideoState.WORKING)


class Video(models.Model):
    """One video on its way to names. Its objects are in the folder of its id, in three buckets."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=16, choices=VideoState, default=VideoState.UPLOADING)
    backend = models.CharField("worked on by", max_length=16)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)

    filename = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField(default=0)
    frames_wanted = models.PositiveIntegerField(null=True, blank=True)
    interval_seconds = models.FloatField(null=True, blank=True)

    frames_stored = models.PositiveIntegerField(default=0)
    frames_seen = models.PositiveIntegerField(default=0)
    frames_total = models.PositiveIntegerField(null=True, blank=True)

    result = models.CharField(max_length=255, blank=True)
    people = models.JSONField(default=list, blank=True)
    frames = models.JSONField(default=list, blank=True)
    damaged_parts = models.PositiveIntegerField(default=0)
    incomplete = models.CharField("why not all of it was read", max_length=500, blank=True)
    error_kind = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    sends = models.PositiveSmallIntegerField(default=0)
    pictures_deleted = models.BooleanField("video and frames were deleted", default=False)

    created_at = models.DateTimeField("accepted")
    sent_at = models.DateTimeField("last sent", null=True, blank=True)
    looked_at = models.DateTimeField("last looked for", null=True, blank=True)
    progress_at = models.DateTimeField("last progress", null=True, blank=True)
    answered_at = models.DateTimeField("answered", null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["-created_at"], name="video_newest"),
            models.Index(fields=["collection", "-created_at"], name="video_of_collection"),
            models.Index(
                fields=["looked_at"],
                name="video_open",
                condition=models.Q(state__in=("uploading", "stored", "working")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename}: {self.result or self.get_state_display()}"

    def get_absolute_url(self) -> str:
        """The path of the video's page."""
        return reverse("video", args=[self.id])

    @property
    def folder(self) -> str:
        """Where everything of it is, in all three buckets."""
        return layout.sent_folder(self.pk, self.collection_id or DEFAULT)

    @property
    def key(self) -> str:
        """Its key, and what its results are named after."""
        return f"{self.folder}video"

    @property
    def is_final(self) -> bool:
        """Whether the video has succeeded or failed for good."""
        return self.state in (VideoState.SUCCEEDED, VideoState.FAILED)

    @property
    def frames_expected(self) -> int | None:
        """How many frames there will be, as far as is known. A short video has fewer."""
        return self.frames_total or self.frames_wanted

    def as_json(self, frames: list[dict[str, object]] | None = None) -> dict[str, object]:
        """The video as `GET /videos/<id>` shows it (`faceweb.videos.answers`); in lists it has no
        `frames`. `result` is the word that was answered, whatever the person is called now."""
        with_frames: dict[str, object] = {} if frames is None else {"frames": frames}
        return {
            "id": str(self.id),
            "url": self.get_absolute_url(),
            "state": self.state,
            "backend": self.backend,
            "filename": self.filename,
            "bytes": self.size_bytes,
            "progress": {
                "frames_stored": self.frames_stored,
                "frames_recognised": self.frames_seen,
                "frames_expected": self.frames_expected,
            },
            "result": self.result or None,
            "people": self.people,
            **with_frames,
            "damaged_parts": self.damaged_parts,
            "incomplete": self.incomplete or None,
            "error": {"kind": self.error_kind, "message": self.error} if self.error else None,
            "times": {"accepted": self.created_at.isoformat(), "answered": iso(self.answered_at)},
        }


class VideoRemains(models.Model):
    """The id of a video that was deleted. Somebody may have been at work on it, so what they
    write later is deleted, too."""

    video_id = models.UUIDField(primary_key=True)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)
    deleted_at = models.DateTimeField("deleted", db_index=True)

    class Meta:
        verbose_name_plural = "video remains"

    def __str__(self) -> str:
        return str(self.video_id)

    @property
    def folder(self) -> str:
        """Where it was."""
        return layout.sent_folder(self.video_id, self.collection_id or DEFAULT)
