"""Deletes jobs with their objects, and applies the retention times."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from faceweb.access import audit
from faceweb.collections.limits import older_than
from faceweb.jobs.history import NotOpen, cancel
from faceweb.jobs.lost_pictures import forget_lost_pictures
from faceweb.jobs.pictures import bucket_of
from faceweb.models import (
    ApiKeyUsage,
    AuditEntry,
    Bookmark,
    Face,
    IdempotentAnswer,
    Job,
    JobKind,
    PictureName,
    has_ended,
)
from faceweb.replies.leases import lease
from faceweb.videos.deleting import expire_videos
from foundation.aws.storage import Bucket, gallery_bucket, out_bucket
from foundation.config import Settings

USAGE_KEPT = timedelta(days=90)
ANSWERS_KEPT = timedelta(days=1)
ENROLMENT_TIME = timedelta(hours=6)
"""Longer than any enrolment by command takes: its pictures may all wait at once."""
LOST_AT_ONCE = 100
RETENTION, RETENTION_AT_ONCE = "retention", 200
ACTS_AT_ONCE = 500
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How much was deleted."""

    jobs: int = 0
    pictures: int = 0
    videos: int = 0

    def in_words(self) -> str:
        """The counts as a sentence for people."""
        return f"{self.jobs} jobs, {self.pictures} pictures and {self.videos} videos were deleted."

    def __add__(self, other: Erased) -> Erased:
        return Erased(
            jobs=self.jobs + other.jobs,
            pictures=self.pictures + other.pictures,
            videos=self.videos + other.videos,
        )


def delete_job(job: Job, settings: Settings, actor: str) -> Erased:
    """Delete a job, and its picture and answer unless another job has the same picture."""
    erased = delete_picture(job, settings)
    job_id = job.pk
    job.delete()
    audit.record(actor, "job deleted", job_id, objects=erased.pictures)
    return Erased(jobs=1, pictures=erased.pictures)


def delete_picture(job: Job, settings: Settings) -> Erased:
    """Delete a job's picture and answer, unless another job still has them."""
    if job.picture_deleted or _is_shared(job):
        return Erased()
    delete_objects(job, bucket_of(job, settings), out_bucket(settings))
    if job.kind == JobKind.RECOGNISE:
        PictureName.objects.filter(output_key=job.output_key, input_key=job.input_key).delete()
    Job.objects.filter(pk=job.pk).update(picture_deleted=True)
    return Erased(pictures=1)


def delete_objects(job: Job, pictures: Bucket, answers: Bucket) -> None:
    """A job's pictures, and its answer where it has one."""
    pictures.delete_several(job.picture_keys)
    if job.kind == JobKind.RECOGNISE:
        answers.delete(job.output_key)


def forget_enrolment(job: Job, settings: Settings) -> None:
    """Keep nothing of pictures that were only looked at: neither them nor what they looked like.

    A job that has no answer yet is cancelled, so that one that comes later is not written down.
    """
    with suppress(NotOpen):
        cancel(job)
    gallery_bucket(settings).delete_several(job.picture_keys)
    Face.objects.filter(job=job).update(embedding=None)
    Job.objects.filter(pk=job.pk).update(picture_deleted=True)


def forget_lost_enrolments(settings: Settings, now: datetime) -> int:
    """The same for those whose process died. Returns how many there were."""
    lost = Job.objects.filter(
        kind=JobKind.EMBED, picture_deleted=False, created_at__lt=now - ENROLMENT_TIME
    )
    jobs = list(lost[:LOST_AT_ONCE])
    for job in jobs:
        forget_enrolment(job, settings)
    return len(jobs)


def _is_shared(job: Job) -> bool:
    others = Job.objects.filter(input_key=job.input_key, picture_deleted=False)
    return others.exclude(pk=job.pk).exists()


def expired_jobs(settings: Settings, now: datetime) -> QuerySet[Job]:
    """Jobs that are older than their collection, or RETENTION_DAYS_HISTORY, allows."""
    return _older(now, settings.retention_days_history, "retention_days_history")


def expired_pictures(settings: Settings, now: datetime) -> QuerySet[Job]:
    """Jobs whose pictures are older than their collection, or RETENTION_DAYS_PICTURES, allows."""
    older = _older(now, settings.retention_days_pictures, "retention_days_pictures")
    return older.filter(picture_deleted=False)


def apply_retention(
    settings: Settings, now: datetime, actor: str, at_most: int | None = None
) -> Erased:
    """Delete what is older than the retention times allow, `at_most` jobs at a time."""
    total = Erased()
    for job in list(expired_jobs(settings, now)[:at_most]):
        total += delete_job(job, settings, actor)
    for job in list(expired_pictures(settings, now)[:at_most]):
        total += delete_picture(job, settings)
        Job.objects.filter(pk=job.pk).update(picture_deleted=True)
    total += Erased(videos=expire_videos(settings, now, actor))
    ApiKeyUsage.objects.filter(minute__lt=now - USAGE_KEPT).delete()
    IdempotentAnswer.objects.filter(created_at__lt=now - ANSWERS_KEPT).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - USAGE_KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    forget_old_acts(settings, now)
    audit.record(actor, "retention applied", **asdict(total))
    return total


def forget_old_acts(settings: Settings, now: datetime) -> None:
    """Delete who did and saw what before RETENTION_DAYS_AUDIT, in short transactions. The receipts
    of erasures stay: they name nobody."""
    if not settings.retention_days_audit:
        return
    before = now - timedelta(days=settings.retention_days_audit)
    for old in (
        AuditEntry.objects.filter(at__lt=before, erasure=None).order_by("at"),
        LogEntry.objects.filter(action_time__lt=before).order_by("action_time"),
    ):
        while ids := list(old.values_list("pk", flat=True)[:ACTS_AT_ONCE]):
            old.model.objects.filter(pk__in=ids).delete()


def apply_retention_daily(settings: Settings, now: datetime) -> None:
    """The same from the web tier itself, some jobs a round, so that nobody has to set up a timer.

    Raises LeaseTaken where another web process is at it.
    """
    if _was_applied(now):
        return
    with lease(RETENTION, patience_seconds=0.0):
        if _was_applied(now):
            return
        erased = apply_retention(settings, now, "system", RETENTION_AT_ONCE)
        if max(erased.jobs, erased.pictures) < RETENTION_AT_ONCE:
            Bookmark.objects.update_or_create(
                name=RETENTION, defaults={"place": {"at": now.isoformat()}}
            )
            forget_lost_pictures(settings, now)


def _was_applied(now: datetime) -> bool:
    applied = Bookmark.objects.filter(name=RETENTION).first()
    return applied is not None and now - datetime.fromisoformat(applied.place["at"]) < DAY


def _older(now: datetime, days: int, setting: str) -> QuerySet[Job]:
    old = Job.objects.filter(has_ended(), older_than(now, days, setting))
    return old.order_by("created_at")
