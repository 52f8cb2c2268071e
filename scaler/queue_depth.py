"""How deep the request queue is, or that it can't be seen."""

from __future__ import annotations

from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from foundation.aws.queue_depth import QueueDepth, queue_depth
from foundation.config import Settings


class QueueUnseen(Exception):
    """The queue's depth could not be read just now; the text says why."""


class QueueReader(Protocol):
    """Where the depth comes from."""

    def depth(self) -> QueueDepth:
        """One reading. Raises QueueUnseen."""


class SqsReader:
    """The request queue's attributes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def depth(self) -> QueueDepth:
        queue = self._settings.request_queue
        try:
            return queue_depth(queue, self._settings)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnseen(f"SQS does not say how deep {queue} is: {error}") from error
