"""A task's reply: what a failure says, and the way onto the response queue."""

import time
import uuid

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import aws, messages
from foundation.aws.storage import gallery_bucket
from foundation.config import get_settings
from foundation.errors import ObjectMissing, ResponseNotSent, TookTooLong
from foundation.fleet.identity import instance_id, worker_name
from recognition.errors import PictureError

log = structlog.get_logger()


def failure_text(job_id: str, error: object) -> str:
    """The reply of a task that failed."""
    kind, sentence = explain(error)
    return messages.encode_reply(
        messages.Reply(
            job_id=uuid.UUID(job_id),
            state=messages.FAILED,
            instance_id=instance_id(get_settings()),
            worker=worker_name(),
            finished_at=time.time(),
            error_kind=kind,
            error=sentence,
        )
    )


def explain(error: object) -> tuple[str, str]:
    """An error's kind, and one sentence for the picture's sender."""
    if isinstance(error, PictureError):
        return messages.BAD_PICTURE, str(error)
    if isinstance(error, ObjectMissing):
        return messages.INTERNAL_ERROR, f"The picture is gone from storage: {error}."
    if isinstance(error, TookTooLong):
        limit = get_settings().task_time_limit_seconds
        return messages.TOO_SLOW, f"Recognition took longer than {limit:g} seconds."
    return messages.INTERNAL_ERROR, f"Recognition failed: {type(error).__name__}: {error}"[:500]


def send_reply(job_id: str, text: str) -> None:
    """Put one message on the response queue; a reply that is larger goes into S3, and the message
    names it. Raises ResponseNotSent."""
    settings = get_settings()
    try:
        if len(text.encode()) > settings.max_message_bytes:
            key = f"{messages.REPLIES}{job_id}"
            gallery_bucket(settings).put(key, text.encode(), "application/json")
            text = messages.encode_claim(job_id)
        sqs = aws.client("sqs", settings)
        sqs.send_message(
            QueueUrl=aws.queue_url(settings.response_queue, settings), MessageBody=text
        )
    except (BotoCoreError, ClientError) as error:
        log.error("response_not_sent", job_id=job_id, error=str(error))
        raise ResponseNotSent(f"the response queue did not take job {job_id}: {error}") from None
