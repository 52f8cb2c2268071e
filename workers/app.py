"""The Celery app. `celery -A workers worker` starts the app tier; the web tier sends through it.

Everything about kombu's SQS transport is configured here, and only here.
"""

from celery import Celery
from celery.signals import setup_logging
from kombu.entity import Queue
from kombu.transport import TRANSPORT_ALIASES

from foundation import aws, logs, messages
from foundation.config import Settings, get_settings
from foundation.local_state.private_files import keep_private

BROKER_SCHEME = "steady-sqs"
TRANSPORT_ALIASES[BROKER_SCHEME] = "workers.queue.sqs_transport:Transport"

# kombu waits this long after every look at a full or empty queue; its default of 1 s limits a
# worker to (prefetch) tasks per second (celery issues 6352 and 9749).
POLLING_INTERVAL_SECONDS = 0.01


def celery_configuration() -> dict[str, object]:
    """Celery's settings. Called on first use, because it asks SQS for the queue's URL."""
    settings = get_settings()
    return {
        "broker_url": f"{BROKER_SCHEME}://",
        "broker_transport_options": transport_options(settings),
        "broker_connection_retry_on_startup": True,
        "task_queues": [Queue(settings.request_queue)],
        "task_default_queue": settings.request_queue,
        "task_create_missing_queues": False,
        "result_backend": "workers.queue.response_backend:SQSResponseBackend",
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        # A task is acknowledged after its reply was sent, and comes again if its process dies.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": settings.task_time_limit_seconds,
        "task_annotations": {
            messages.SPLIT_VIDEO_TASK: {"time_limit": settings.video_time_limit_seconds}
        },
        "worker_concurrency": settings.worker_processes,
        "worker_prefetch_multiplier": 1,
        "worker_proc_alive_timeout": 60.0,
        # Neither works over SQS.
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
    }


def transport_options(settings: Settings) -> dict[str, object]:
    """kombu's options: our own queues by URL, long polls, no pause between them."""
    url = aws.queue_url(settings.request_queue, settings)
    return {
        "region": settings.aws_region,
        "predefined_queues": {settings.request_queue: {"url": url}},
        "visibility_timeout": settings.visibility_timeout_seconds,
        "wait_time_seconds": settings.receive_wait_seconds,
        "polling_interval": POLLING_INTERVAL_SECONDS,
        "is_secure": not url.startswith("http://"),
    }


TASKS = ["workers.tasks", "workers.videos.tasks"]
app = Celery("workers", include=TASKS, task_cls="workers.queue.request:RepliedTask")
app.add_defaults(celery_configuration)


@setup_logging.connect
def _configure_logs(**_: object) -> None:
    logs.configure(get_settings())
    keep_private(get_settings().var_dir)
