"""A task onto the request queue: Celery's message in kombu's envelope, in one call of SQS.

What `app.send_task` does besides (routes, signals, a pool of producers, a connection for each
thread, a virtual exchange) is for brokers and ways that are not used here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from foundation import aws
from foundation.config import get_settings
from workers.app import app

PERSISTENT = 2


def send_task(name: str, arguments: Mapping[str, object], task_id: str) -> None:
    """Put a task on the request queue. Raises botocore's errors."""
    settings = get_settings()
    queue = settings.request_queue
    aws.client("sqs", settings).send_message(
        QueueUrl=aws.queue_url(queue, settings),
        MessageBody=task_message(name, arguments, task_id, queue),
    )


def task_message(name: str, arguments: Mapping[str, object], task_id: str, queue: str) -> str:
    """The text of the message that a worker's kombu takes for a task of Celery's protocol 2.

    `argsrepr` and `kwargsrepr` would say everything twice in a message that should stay small.
    """
    task = app.amqp.as_task_v2(
        task_id, name, kwargs=dict(arguments), ignore_result=None, argsrepr="", kwargsrepr=""
    )
    envelope = {
        "body": _base64(json.dumps(task.body)),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": task.headers,
        "properties": {
            **task.properties,
            "delivery_mode": PERSISTENT,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": task_id,  # until it is received: kombu puts SQS's handle here
        },
    }
    return _base64(json.dumps(envelope))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
