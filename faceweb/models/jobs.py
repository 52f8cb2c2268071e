"""Jobs, the names that pictures were stored under, and dead letters."""

import uuid
from datetime import datetime
from functools import cache

from django.db import models
from django.urls import reverse

from faceweb.models.collections import OF_COLLECTION, Collection


class JobState(models.TextChoices):
    """A job's life. The first final state wins; nothing leaves it."""

    STORED = "stored", "stored"  # its picture is in S3; the queue does not have it yet
    QUEUED = "queued", "queued"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


OPEN_STATES = (JobState.STORED, JobState.QUEUED)


def has_ended(job: str = "") -> models.Q:
    """For jobs that are found by something else, such as their ids: those that have ended.

    `job` is the way to the job in a query of another table ("job__"). Said as "not open". For
    states that nearly all jobs have, SQLite may read the index of the whole history.
    """
    return ~models.Q(**{f"{job}state__in": OPEN_STATES})


class JobKind(models.TextChoices):
    """What is asked of the workers."""

    RECOGNISE = "recognise", "recognise"
    EMBED = "embed", "enrol"
    DETECT = "detect", "detect"
    VERIFY = "verify", "verify"
    SEARCH = "search", "search"


@cache
def _addresses() -> str:
    """What the addresses of all jobs begin with: to ask Django for each takes 2 % of the web tier's
    time for a picture."""
    nobody = uuid.UUID(int=0)
    return reverse("job", args=[nobody]).removesuffix(str(nobody))


class Job(models.Model):
    """One picture on its way to an answer. The id is the Celery task's id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, **OF_COLLECTION)
    kind = models.CharField(max_length=16, choices=JobKind, default=JobKind.RECOGNISE)
    state = models.CharField(max_length=16, choices=JobState, default=JobState.STORED)

    filename = models.CharField(max_length=255)
    input_key = models.CharField(max_length=512)
    other_key = models.CharField("second picture", max_length=512, blank=True)
    output_key = models.CharField(max_length=512, blank=True)
    options = models.JSONField(default=dict, blank=True)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)

    result = models.CharField(max_length=255, blank=True)
    distance = models.FloatField(null=True, blank=True)
    model = models.CharField(max_length=64, blank=True)
    gallery_version = models.CharField(max_length=128, blank=True)
    error_kind = models.CharField(max_length=32, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    instance_id = models.CharField("instance", max_length=64, blank=True)
    worker = models.CharField(max_length=128, blank=True)
    sends = models.PositiveSmallIntegerField(default=0)
    picture_deleted = models.BooleanField("picture was deleted", default=False)
    stage_milliseconds = models.JSONField(default=dict, blank=True)

    created_at = models.DateTimeField("accepted")
    queued_at = models.DateTimeField("queued", null=True, blank=True)
    sent_at = models.DateTimeField("last sent", null=True, blank=True)
    started_at = models.DateTimeField("started", null=True, blank=True)
    finished_at = models.DateTimeField("finished", null=True, blank=True)
    answered_at = models.DateTimeField("answered", null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["-created_at"], name="job_newest"),
            models.Index(fields=["collection", "-created_at"], name="job_of_collection"),
            models.Index(fields=["state", "sent_at"], name="job_waiting"),
            models.Index(fields=["input_key"], name="job_input_key"),
            models.Index(fields=["answered_at"], name="job_answered"),
            models.Index(fields=["result", "-created_at"], name="job_result"),
            models.Index(
                fields=["created_at"],
                name="job_enrolling",
                condition=models.Q(kind="embed", picture_deleted=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename}: {self.result or self.state}"

    def get_absolute_url(self) -> str:
        """The path of the job, which answers as a page or as JSON."""
        return f"{_addresses()}{self.id}"

    @property
    def is_final(self) -> bool:
        """True once nothing changes any more."""
        return self.state not in OPEN_STATES

    @property
    def picture_keys(self) -> list[str]:
        """Where its picture lies, or the two that are compared."""
        return [key for key in (self.input_key, self.other_key) if key]

    def as_json(self, faces: list[dict[str, object]]) -> dict[str, object]:
        """The job as `GET /jobs/<id>` shows it, with its `faces` (`shown_faces`).

        `result` is the word that was answered, whatever the person is called now.
        """
        return {
            "id": str(self.id),
            "url": self.get_absolute_url(),
            "kind": self.kind,
            "state": self.state,
            "filename": self.filename,
            "result": self.result or None,
            "distance": self.distance,
            "faces": faces,
            "error": {"kind": self.error_kind, "message": self.error} if self.error else None,
            "picture": {
                "key": self.input_key,
                "width": self.width,
                "height": self.height,
                "bytes": self.size_bytes,
            },
            "model": self.model or None,
            "gallery_version": self.gallery_version or None,
            "instance": self.instance_id or None,
            "worker": self.worker or None,
            "sends": self.sends,
            "times": {
                "accepted": iso(self.created_at),
                "queued": iso(self.queued_at),
                "started": iso(self.started_at),
                "finished": iso(self.finished_at),
                "answered": iso(self.answered_at),
            },
            "stage_milliseconds": self.stage_milliseconds,
        }


def iso(moment: datetime | None) -> str | None:
    """A moment in ISO 8601; None for one that has not come."""
    return moment.isoformat() if moment else None


class PictureName(models.Model):
    """A name that a picture is stored under.

    The answer's key is the picture's without extension, so that is what must be unique:
    `a.jpg` and `a.png` would write to one answer.
    """

    output_key = models.CharField(max_length=512, primary_key=True)
    input_key = models.CharField(max_length=512)
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.input_key


class DeadLetter(models.Model):
    """A message that ended in the dead-letter queue, where it stays until somebody resolves it."""

    message_id = models.CharField(max_length=128, primary_key=True)
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="dead_letters"
    )
    reason = models.CharField(max_length=255)
    body = models.TextField()
    seen_at = models.DateTimeField("seen")
    resolved_at = models.DateTimeField("resolved", null=True, blank=True)
    resolution = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-seen_at"]
        indexes = [models.Index(fields=["-seen_at"], name="dead_letter_newest")]

    def __str__(self) -> str:
        return self.reason
