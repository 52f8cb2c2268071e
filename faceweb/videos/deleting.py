"""Deletes videos with everything that was made of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from faceweb.access import audit
from faceweb.collections.limits import older_than
from faceweb.models import Video, VideoRemains, VideoState
from foundation.aws import storage
from foundation.config import Settings

STRAGGLERS = timedelta(hours=1)
"""A worker that had the video when it was deleted has ended by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoBuckets:
    """Where videos, frames and results are."""

    input: storage.Bucket
    stage: storage.Bucket
    output: storage.Bucket


def video_buckets(settings: Settings) -> VideoBuckets:
    """The configured buckets."""
    return VideoBuckets(
        input=storage.video_input_bucket(settings),
        stage=storage.video_stage_bucket(settings),
        output=storage.video_output_bucket(settings),
    )


def delete_video(video: Video, buckets: VideoBuckets, actor: str) -> int:
    """Delete a video, its frames and its results. Returns how many objects there were."""
    video_id = video.pk
    objects = _delete_objects(video.folder, buckets)
    with transaction.atomic():
        VideoRemains.objects.get_or_create(
            video_id=video_id,
            defaults={"deleted_at": timezone.now(), "collection_id": video.collection_id},
        )
        video.delete()
    audit.record(actor, "video deleted", video_id, objects=objects)
    return objects


def delete_pictures(video: Video, buckets: VideoBuckets) -> int:
    """Delete the video itself and its frames; who was seen in it stays."""
    objects = buckets.input.delete_all(video.folder) + buckets.stage.delete_all(video.folder)
    Video.objects.filter(pk=video.pk).update(pictures_deleted=True)
    return objects


def sweep_remains(buckets: VideoBuckets, now: datetime) -> int:
    """Delete what was still written of videos that are deleted. Returns how many objects."""
    objects = 0
    for remains in VideoRemains.objects.filter(deleted_at__lt=now - STRAGGLERS):
        objects += _delete_objects(remains.folder, buckets)
        remains.delete()
    return objects


def _delete_objects(folder: str, buckets: VideoBuckets) -> int:
    return sum(one.delete_all(folder) for one in (buckets.input, buckets.stage, buckets.output))


def expired_videos(settings: Settings, now: datetime) -> QuerySet[Video]:
    """Videos that are older than their collection, or RETENTION_DAYS_HISTORY, allows."""
    return _ended(now, settings.retention_days_history, "retention_days_history")


def expired_frames(settings: Settings, now: datetime) -> QuerySet[Video]:
    """Videos that are older than their collection, or RETENTION_DAYS_PICTURES, allows."""
    old = _ended(now, settings.retention_days_pictures, "retention_days_pictures")
    return old.filter(pictures_deleted=False)


def expire_videos(settings: Settings, now: datetime, actor: str) -> int:
    """Delete what is older than the retention times allow. Returns how many videos that was."""
    buckets = video_buckets(settings)
    expired = list(expired_videos(settings, now))
    for video in expired:
        delete_video(video, buckets, actor)
    over_time = list(expired_frames(settings, now))
    for video in over_time:
        delete_pictures(video, buckets)
    return len(expired) + len(over_time)


def _ended(now: datetime, days: int, setting: str) -> QuerySet[Video]:
    ended = Video.objects.filter(state__in=(VideoState.SUCCEEDED, VideoState.FAILED))
    return ended.filter(older_than(now, days, setting)).order_by("created_at")
