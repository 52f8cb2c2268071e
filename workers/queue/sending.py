"""A task onto the request queue, in one call of SQS.

What Celery's `send_task` does besides (routes, signals, a pool of producers, a connection for each
thread, a virtual exchange) is for brokers and ways that are not used here.
"""

from __future__ import annotations

from collections.abc import Mapping

from foundation import aws
from foundation.config import get_settings
from foundation.task_messages import encode_task


def send_task(
    name: str, arguments: Mapping[str, object], task_id: str, root_id: str | None = None
) -> None:
    """Put a task on the request queue. Raises botocore's errors.

    `root_id` is the task that it is a step of; its own id by default.
    """
    settings = get_settings()
    queue = settings.request_queue
    aws.client("sqs", settings).send_message(
        QueueUrl=aws.queue_url(queue, settings),
        MessageBody=encode_task(name, arguments, task_id, queue, root_id),
    )
