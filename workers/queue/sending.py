"""Tasks onto the request queue, in few calls of SQS.

Celery's `send_task` does more: routes, signals, a pool of producers, a connection for each thread,
a virtual exchange. None of that is used here.
"""

import uuid
from collections.abc import Mapping, Sequence

from foundation import aws
from foundation.config import get_settings
from foundation.task_messages import Task, encode_task

AT_ONCE = 10
"""The most that SQS takes with one call."""


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


def send_tasks(tasks: Sequence[Task]) -> dict[uuid.UUID, str]:
    """Put up to AT_ONCE tasks on the request queue with one call. Returns the ids of those that
    SQS refused, each with the reason. Raises botocore's errors."""
    settings = get_settings()
    queue = settings.request_queue
    answer = aws.client("sqs", settings).send_message_batch(
        QueueUrl=aws.queue_url(queue, settings),
        Entries=[
            {
                "Id": str(number),
                "MessageBody": encode_task(one.name, one.named, str(one.job_id), queue),
            }
            for number, one in enumerate(tasks)
        ],
    )
    return {
        tasks[int(one["Id"])].job_id: one.get("Message") or one["Code"]
        for one in answer.get("Failed", [])
    }
