"""How the worker's parent process ends a task that has to come again.

Celery acknowledges a task that failed. A failure to reply is the one that must not be: the task
goes back to its queue, and after MAX_RECEIVE_COUNT deliveries to the dead-letter queue. The same
goes for a task whose process died, but at once: kombu would hide it for as long as a long poll.
"""

from __future__ import annotations

from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from celery import Task
from celery.worker.request import Request

from workers import aws
from workers.config import get_settings
from workers.errors import ResponseNotSent

log = structlog.get_logger()

HAND_BACK_SECONDS = 1
"""A task whose process died is hidden so long: other workers may try it, without a hot loop."""


def _cause(exc_info: Any) -> BaseException:
    error = exc_info.exception
    return getattr(error, "exc", error)


class ReplyBeforeAcknowledge(Request):
    """A request that is only acknowledged once its reply is on the response queue."""

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(_cause(exc_info), ResponseNotSent):
            return self.reject(requeue=False)
        return super().on_failure(exc_info, *args, **kwargs)

    def reject(self, requeue: bool = False) -> None:
        """Leave the task on its queue: until its visibility timeout, or with `requeue` (which
        Celery asks for when the process died) for a moment only.

        kombu deletes a rejected message only from a queue without a redrive policy.
        """
        super().reject(requeue=False)
        if requeue:
            hand_back(self.message.delivery_tag)

    def on_timeout(self, soft: bool, timeout: float) -> Any:
        try:
            return super().on_timeout(soft, timeout)
        except ResponseNotSent:
            return self.reject(requeue=False)


def hand_back(receipt_handle: str) -> None:
    """Show a message to other workers in a moment. If that fails, its visibility timeout will."""
    settings = get_settings()
    try:
        aws.client("sqs", settings).change_message_visibility(
            QueueUrl=aws.queue_url(settings.request_queue, settings),
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=HAND_BACK_SECONDS,
        )
    except (BotoCoreError, ClientError) as error:
        log.warning("not_handed_back", error=str(error))


class RepliedTask(Task):
    """Base class of our tasks."""

    Request = ReplyBeforeAcknowledge
