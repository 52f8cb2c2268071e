"""Telling a back end that a video is there: the app tier by a task, the functions by S3 itself."""

from __future__ import annotations

from collections.abc import Callable

from faceweb.models import Video
from foundation import messages
from foundation.aws.storage import video_input_bucket
from foundation.config import Settings
from workers.queue import sending
from workers.videos.requested import CELERY

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
