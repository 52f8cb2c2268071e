"""Celery's result backend over SQS: one JSON message on the response queue per finished task.

Celery stores a result before it acknowledges the task (`task_acks_late`), so a task whose reply
was not sent is delivered again. It has no SQS result backend of its own.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

import structlog
from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded
from botocore.exceptions import BotoCoreError, ClientError
from celery import states
from celery.backends.base import BaseBackend
from celery.exceptions import Ignore, Reject, Retry

from foundation import aws, messages
from foundation.config import get_settings
from foundation.errors import ObjectMissing, ResponseNotSent
from foundation.identity import worker_name
from recognition.errors import PictureError
from workers.videos import failures as video_failures

log = structlog.get_logger()

UNREPLIED = (Reject, Ignore, Retry, ResponseNotSent)
"""Outcomes after which the task comes again (or must not be heard of). Celery also hands over a
failure to send a reply, as the task's own: that must not become the reply."""


class SQSResponseBackend(BaseBackend):
    """Sends results; it never reads them, because the web tier's collector does."""

    supports_autoexpire = True

    def store_result(
        self,
        task_id: str,
        result: Any,
        state: str,
        traceback: Any = None,
        request: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Send the reply. Raises ResponseNotSent when the queue does not take it."""
        if video_failures.is_step(request):
            if state == states.FAILURE and not comes_again(result):
                video_failures.note_failure(request, result)
            return result
        text = reply_text(task_id, result, state)
        if text is not None:
            send_reply(task_id, text)
        return result

    def _get_task_meta_for(self, task_id: str) -> dict[str, Any]:
        return {"status": states.PENDING, "result": None}

    def get_task_meta(self, task_id: str, cache: bool = True) -> dict[str, Any]:
        return self._get_task_meta_for(task_id)


def comes_again(error: object) -> bool:
    """Whether an error, as it is or in billiard's wrapper, ends only this attempt."""
    return isinstance(error, UNREPLIED) or isinstance(getattr(error, "exc", None), UNREPLIED)


def reply_text(task_id: str, result: Any, state: str) -> str | None:
    """The message for what became of a task, or None where there is nothing to say yet.

    A task's own result is the reply already; a failure becomes one here.
    """
    if state == states.SUCCESS:
        return str(result)
    if state != states.FAILURE or comes_again(result):
        return None
    kind, sentence = explain(result)
    settings = get_settings()
    return messages.encode_reply(
        messages.Reply(
            job_id=uuid.UUID(task_id),
            state=messages.FAILED,
            instance_id=settings.instance_id,
            worker=worker_name(),
            finished_at=time.time(),
            error_kind=kind,
            error=sentence,
        )
    )


def explain(error: BaseException) -> tuple[str, str]:
    """An error's kind, and one sentence for the picture's sender."""
    if isinstance(error, PictureError):
        return messages.BAD_PICTURE, str(error)
    if isinstance(error, ObjectMissing):
        return messages.INTERNAL_ERROR, f"The picture is gone from storage: {error}."
    if isinstance(error, TimeLimitExceeded | SoftTimeLimitExceeded):
        limit = get_settings().task_time_limit_seconds
        return messages.TOO_SLOW, f"Recognition took longer than {limit:g} seconds."
    return messages.INTERNAL_ERROR, f"Recognition failed: {type(error).__name__}: {error}"[:500]


def send_reply(job_id: str, text: str) -> None:
    """Put one message on the response queue. Raises ResponseNotSent."""
    settings = get_settings()
    try:
        sqs = aws.client("sqs", settings)
        sqs.send_message(
            QueueUrl=aws.queue_url(settings.response_queue, settings), MessageBody=text
        )
    except (BotoCoreError, ClientError) as error:
        log.error("response_not_sent", job_id=job_id, error=str(error))
        raise ResponseNotSent(f"the response queue did not take job {job_id}: {error}") from None
