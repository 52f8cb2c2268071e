"""What the functions do around their work: settings, logs, and every object of an event."""

import functools
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from foundation import logs
from foundation.config import Settings, get_settings
from workers.lambdas.events import Delivery, deliveries
from workers.videos.layout import ObjectRef

log = structlog.get_logger()


Answer = dict[str, list[dict[str, object]]]
"""The answer to Lambda: what became of each object, and the messages that have to come again."""


class LambdaContext(Protocol):
    """What we use of the context that the Lambda runtime hands over."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function."""


@functools.cache
def ready() -> Settings:
    """The settings, and logs set up, once for each warm container."""
    settings = get_settings()
    logs.configure(settings)
    return settings


def run_all(event: Mapping[str, object], work: Callable[[ObjectRef], object]) -> Answer:
    """Work on every object of an event, whatever becomes of the others.

    Failed SQS messages are named, so that only they come again. An event that came by itself is
    raised again as a whole, after all of it was tried.
    """
    done: list[dict[str, object]] = []
    failed: list[str] = []
    first_error: Exception | None = None
    for delivery in deliveries(event):
        try:
            done += _work_on(delivery, work)
        except Exception as error:  # noqa: BLE001 - whatever it was, this delivery comes again
            log.warning("event_failed", objects=[r.key for r in delivery.objects], error=str(error))
            if delivery.message_id is None:
                first_error = first_error or error
            else:
                failed.append(delivery.message_id)
    if first_error is not None:
        raise first_error
    return {"done": done, "batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _work_on(delivery: Delivery, work: Callable[[ObjectRef], object]) -> list[dict[str, object]]:
    return [{"key": ref.key, "result": work(ref)} for ref in delivery.objects]
