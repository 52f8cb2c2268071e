"""The web tier's ends of the SQS queues."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from faceweb.replies.collector import QueueMessage
from faceweb.replies.pace import FULL_ROUND
from foundation import aws
from foundation.aws.deleting import delete_messages
from foundation.aws.queue_depth import QueueDepth, queue_depth
from foundation.aws.storage import Bucket, gallery_bucket
from foundation.aws.typed import ReceiveMessageRequestTypeDef, SQSClient
from foundation.config import Settings
from foundation.errors import ObjectMissing
from foundation.messages import claimed_key

RESPONSE_WAIT_SECONDS = 3
"""A long poll can't be interrupted, so it is kept shorter than a shutdown may take."""

DEAD_LETTER_READ_SECONDS = 30
"""While it is noted, nobody else gets a dead letter; one that could not be noted comes again."""

DEAD_LETTER_HIDDEN_SECONDS = 900
"""A dead letter that was noted stays on its queue, out of sight for a while."""


class SqsQueue:
    """One queue, by the verbs that the web tier needs."""

    def __init__(
        self, name: str, settings: Settings, *, wait_seconds: int, hidden_seconds: int | None = None
    ) -> None:
        self._name = name
        self._settings = settings
        self._wait_seconds, self._hidden_seconds = wait_seconds, hidden_seconds

    @property
    def _sqs(self) -> SQSClient:
        return aws.client("sqs", self._settings)

    @property
    def _url(self) -> str:
        return aws.queue_url(self._name, self._settings)

    def receive(self) -> Sequence[QueueMessage]:
        """Up to ten messages; waits some seconds for the first. Raises botocore's errors."""
        request: ReceiveMessageRequestTypeDef = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": FULL_ROUND,
            "WaitTimeSeconds": self._wait_seconds,
        }
        if self._hidden_seconds is not None:
            request["VisibilityTimeout"] = self._hidden_seconds
        answer = self._sqs.receive_message(**request)
        return [
            QueueMessage(
                message_id=message["MessageId"],
                body=message["Body"],
                handle=message["ReceiptHandle"],
            )
            for message in answer.get("Messages", [])
        ]

    def delete(self, messages: Iterable[QueueMessage]) -> None:
        """Take messages off the queue for good."""
        if receipts := [message.handle for message in messages]:
            delete_messages(self._url, receipts, self._settings)

    def hide(self, messages: Iterable[QueueMessage], seconds: int) -> None:
        """Keep messages that were received out of sight, from now on for so long."""
        for message in messages:
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.handle, VisibilityTimeout=seconds
            )

    def depth(self) -> QueueDepth:
        """How many messages the queue has, as SQS estimates."""
        return queue_depth(self._name, self._settings)


class ReplyQueue(SqsQueue):
    """A queue with replies, of which the large ones lie in the gallery's bucket."""

    @property
    def _objects(self) -> Bucket:
        return gallery_bucket(self._settings)

    def receive(self) -> Sequence[QueueMessage]:
        """Up to ten replies; one that lies in S3 is fetched from there."""
        return [one for message in super().receive() if (one := self._whole(message))]

    def _whole(self, message: QueueMessage) -> QueueMessage | None:
        """The message with its reply. An object is deleted once its reply was written down, so a
        message without one is an old one, and is deleted."""
        key = claimed_key(message.body)
        if key is None:
            return message
        try:
            return replace(message, body=self._objects.get(key).decode(), claim=key)
        except ObjectMissing:
            super().delete([message])
            return None

    def delete(self, messages: Iterable[QueueMessage]) -> None:
        """Take replies off the queue for good, and their objects out of S3."""
        done = list(messages)
        for key in filter(None, (message.claim for message in done)):
            self._objects.delete(key)
        super().delete(done)


def request_queue(settings: Settings) -> SqsQueue:
    """The queue of tasks, which is only measured here and never waited for."""
    return SqsQueue(settings.request_queue, settings, wait_seconds=0)


def response_queue(settings: Settings) -> ReplyQueue:
    """The queue of replies, by long polls."""
    return ReplyQueue(settings.response_queue, settings, wait_seconds=RESPONSE_WAIT_SECONDS)


def dead_letter_queue(settings: Settings) -> ReplyQueue:
    """The queue of tasks that were given up, each hidden while it is noted."""
    return ReplyQueue(
        settings.dead_letter_queue,
        settings,
        wait_seconds=0,
        hidden_seconds=DEAD_LETTER_READ_SECONDS,
    )
