"""How many messages the request queue has, as SQS says: approximately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from workers import aws
from workers.config import Settings


class QueueUnseen(Exception):
    """The queue's depth could not be read just now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """Messages that wait, and messages that some worker has in hand."""

    visible: int
    in_flight: int


class QueueReader(Protocol):
    """Where the depth comes from."""

    def depth(self) -> QueueDepth:
        """One reading. Raises QueueUnseen."""


class SqsReader:
    """The request queue's attributes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def depth(self) -> QueueDepth:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        queue = self._settings.request_queue
        try:
            url = aws.queue_url(queue, self._settings)
            answer = aws.client("sqs", self._settings).get_queue_attributes(
                QueueUrl=url, AttributeNames=names
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnseen(f"SQS does not say how deep {queue} is: {error}") from error
        found = answer["Attributes"]
        return QueueDepth(visible=int(found[names[0]]), in_flight=int(found[names[1]]))
