"""A Celery app on kombu's own SQS settings: what the benchmark compares ours with.

Celery's side is as ours, acknowledging late so that nothing is lost; only the transport differs.
"""

from __future__ import annotations

import uuid
from typing import Any

from celery import Celery

from foundation import aws, messages
from foundation.config import get_settings
from workers import (
    tasks as _prepares_the_model,  # noqa: F401
    work,
)


def _configuration() -> dict[str, Any]:
    """Of the transport's options only what is needed to reach the queue."""
    settings = get_settings()
    url = aws.queue_url(settings.request_queue, settings)
    return {
        "broker_url": "sqs://",
        "broker_transport_options": {
            "region": settings.aws_region,
            "predefined_queues": {settings.request_queue: {"url": url}},
            "is_secure": not url.startswith("http://"),
        },
        "task_default_queue": settings.request_queue,
        "result_backend": "workers.queue.response_backend:SQSResponseBackend",
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_concurrency": settings.worker_processes,
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
    }


app = Celery("kombu_defaults")
app.add_defaults(_configuration)


@app.task(bind=True, name=messages.NOOP_TASK)
def noop(self: Any) -> str:
    """Do nothing and reply, as `workers.work.nothing_done` does."""
    return messages.encode_reply(
        messages.Reply(job_id=uuid.UUID(self.request.id), state=messages.SUCCEEDED)
    )


@app.task(bind=True, name=messages.RECOGNISE_TASK)
def recognise(self: Any, input_key: str, output_key: str) -> str:
    """Ours: the task is the same, only how it comes here differs."""
    return work.recognised(self.request.id, input_key, output_key=output_key)
