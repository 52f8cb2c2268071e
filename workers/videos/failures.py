"""A video's step that failed in the app tier says so where the video's results are: in S3."""

from typing import TypeGuard

import structlog
from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded
from botocore.exceptions import BotoCoreError, ClientError
from celery.app.task import Context

from foundation import messages
from foundation.collections import collection_of_key
from foundation.config import get_settings
from foundation.errors import ResponseNotSent
from workers.videos import layout, results
from workers.videos.layout import ObjectRef
from workers.videos.objects import S3Objects

log = structlog.get_logger()


class StepTooSlow(Exception):
    """A step of the work on a video took longer than it may."""


class StepFailed(Exception):
    """A step of the work on a video failed, and it is not the video's fault."""


def is_step(request: object) -> TypeGuard[Context]:
    """Whether a task (Celery's context of it) is a step of the work on a video."""
    return getattr(request, "task", None) in messages.VIDEO_TASKS


def note_failure(request: Context, error: object) -> None:
    """Write the error object of the step's video. Raises ResponseNotSent where S3 refuses it."""
    settings = get_settings()
    collection = collection_of_key(str((getattr(request, "kwargs", None) or {}).get("key", "")))
    key = layout.sent_key(request.root_id or request.id, collection)
    ref = ObjectRef(bucket=settings.video_output_bucket, key=layout.error_key(key))
    failure = named(error)
    try:
        S3Objects(settings).put(ref, results.error_json(key, failure), layout.JSON, {})
    except (BotoCoreError, ClientError) as refusal:
        raise ResponseNotSent(f"S3 did not take the error of {key}: {refusal}") from None
    log.warning("video_step_failed", key=key, task=request.task, reason=str(failure))


def named(error: object) -> Exception:
    """Return the error in the form that the video's sender sees."""
    if isinstance(error, TimeLimitExceeded | SoftTimeLimitExceeded):
        limit = f"{float(error.args[0]):g} seconds" if error.args else "the time there is"
        return StepTooSlow(f"A step of the work took longer than {limit}.")
    return StepFailed(f"Recognition failed: {type(error).__name__}: {error}"[:500])
