"""From a checked video to work on it: the row, then S3, then the back end.

The row comes first, so that a video whose upload was cut short is known and is deleted. It is
accepted, and not lost any more, once the row says that it is stored.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db.models import F
from django.utils import timezone

from faceweb.collections.limits import threshold_of
from faceweb.models import Video, VideoState
from faceweb.videos.uploads import VideoUpload
from foundation import messages
from foundation.aws.storage import Bucket, video_input_bucket
from foundation.collections import DEFAULT
from foundation.config import Settings
from workers.queue import sending
from workers.videos.video_options import CELERY, VideoOptions

log = structlog.get_logger()

CONTENT_TYPE = "application/octet-stream"
"""Never shown by a browser as what it claims to be."""
UPLOAD_TIME = timedelta(hours=1)
"""A video that is on its way into S3 for so long was left by a process that died."""


SendVideo = Callable[[Video], None]
"""Has a video worked on; again, where it was sent before."""


def sender(settings: Settings) -> SendVideo:
    """How videos are sent. Raises botocore's errors, and ObjectMissing."""

    def send(video: Video) -> None:
        if video.backend == CELERY:
            sending.send_task(messages.SPLIT_VIDEO_TASK, {"key": video.key}, str(video.pk))
        elif video.sends:  # S3 tells the functions itself, the first time
            video_input_bucket(settings).touch(video.key)

    return send


def store(
    upload: VideoUpload,
    settings: Settings,
    bucket: Bucket,
    send: SendVideo,
    collection: str = DEFAULT,
) -> Video:
    """Store the video and have it worked on. Returns its row.

    Raises botocore's errors when S3 can't be reached: nothing was accepted then. An error of the
    queue is not raised, because the video is safe already and is sent later.
    """
    video = Video.objects.create(
        backend=settings.video_backend,
        filename=upload.filename,
        size_bytes=upload.size_bytes,
        frames_wanted=upload.plan.frames,
        interval_seconds=upload.plan.interval_seconds,
        created_at=timezone.now(),
        collection_id=collection,
    )
    threshold = threshold_of(collection)
    options = VideoOptions(plan=upload.plan, backend=video.backend, threshold=threshold)
    try:
        bucket.upload(video.key, upload.file, CONTENT_TYPE, options.as_metadata())
    except Exception:
        video.delete()
        raise
    video.state = VideoState.STORED
    video.save(update_fields=["state"])
    log.info("video_accepted", video_id=str(video.pk), bytes=video.size_bytes)
    send_now(video, send)
    return video


def send_now(video: Video, send: SendVideo) -> bool:
    """Have the video worked on, and note that. False (and logged) when that was not possible."""
    try:
        send(video)
    except Exception as error:  # noqa: BLE001 - the video is safe, whatever it was
        log.warning("video_not_sent", video_id=str(video.pk), error=str(error))
        return False
    Video.objects.filter(pk=video.pk).update(sent_at=timezone.now(), sends=F("sends") + 1)
    return True


def cut_short(now: datetime) -> list[Video]:
    """Videos that never arrived in S3 whole."""
    return list(Video.objects.filter(state=VideoState.UPLOADING, created_at__lt=now - UPLOAD_TIME))
