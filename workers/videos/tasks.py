"""The work of the two Lambda functions as Celery tasks: what VIDEO_BACKEND=celery uses.

A task for each frame takes the place of S3's notifications to the functions. The first task's id is
the video's, and every step carries it on as its root; results are in S3, as the functions' are.
"""

import time
import uuid
from collections.abc import Callable, Mapping

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from celery import Task

from foundation import messages
from foundation.config import Settings, get_settings
from foundation.errors import ComesAgain
from workers import runtime
from workers.app import app
from workers.queue import sending
from workers.videos import layout
from workers.videos.layout import ObjectRef
from workers.videos.objects import S3Objects
from workers.videos.recognising import recognise_picture
from workers.videos.video_options import CELERY

log = structlog.get_logger()

MARGIN_SECONDS = 3.0
"""Reading stops so long before the time limit: enough to store what there is."""

OURS = {"ignore_result": True, "store_errors_even_if_ignored": True}
"""A video's step that worked has no reply: its follower looks into S3."""


class AnnouncedFrames(S3Objects):
    """S3, which passes on each stored frame at once, as a notification would."""

    def __init__(self, settings: Settings, video_id: str) -> None:
        super().__init__(settings)
        self._video_id = video_id

    def put(
        self, ref: ObjectRef, body: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> None:
        """Store an object, and send a task for it if it is a frame."""
        super().put(ref, body, content_type, metadata)
        if ref.bucket == self._settings.video_stage_bucket and layout.is_frame(ref.key):
            sending.send_task(
                messages.RECOGNISE_FRAME_TASK, {"key": ref.key}, str(uuid.uuid4()), self._video_id
            )


@app.task(bind=True, name=messages.SPLIT_VIDEO_TASK, **OURS)
def split_video(self: Task, key: str) -> None:
    """Store the frames of one video of the input bucket, a task for each."""
    # FFmpeg's libraries are only loaded where there are videos.
    from workers.lambdas import video_splitting
    from workers.videos import splitting

    settings, began = get_settings(), time.monotonic()
    limit = settings.video_time_limit_seconds - MARGIN_SECONDS

    def work() -> int:
        return splitting.split_video(
            ObjectRef(bucket=settings.video_input_bucket, key=key),
            AnnouncedFrames(settings, self.request.root_id or self.request.id),
            video_splitting.splitting_of(settings, CELERY),
            lambda: time.monotonic() - began > limit,
        )

    _handed_back_if_aws_refuses(key, work)


@app.task(name=messages.RECOGNISE_FRAME_TASK, **OURS)
def recognise_frame(key: str) -> None:
    """Name the faces of one frame; the last to be done writes the video's result."""
    settings = get_settings()

    def work() -> str:
        return recognise_picture(
            ObjectRef(bucket=settings.video_stage_bucket, key=key),
            S3Objects(settings),
            runtime.current(settings),
            settings.video_output_bucket,
            CELERY,
        )

    _handed_back_if_aws_refuses(key, work)


def _handed_back_if_aws_refuses(key: str, work: Callable[[], object]) -> None:
    """What AWS refuses now it may do later: the step goes back to its queue."""
    try:
        work()
    except (BotoCoreError, ClientError) as error:
        log.warning("video_step_put_back", key=key, error=str(error))
        raise ComesAgain(str(error)) from error
