"""Standard queues of SQS in memory, by the verbs of boto3's client that the product uses.

Each rule names the page of AWS's documentation that it follows; DOCS and API stand for
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/ and .../APIReference/.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from tests.protocol.faults import Faults
from tests.protocol.virtual_time import VirtualTime

MOST_AT_ONCE = 10  # API/API_ReceiveMessage.html: MaxNumberOfMessages is 1 to 10
RECENTLY_SECONDS = 60.0  # API/API_GetQueueAttributes.html: counts settle within about a minute
POLL_STEP_SECONDS = 0.25


@dataclass(slots=True)
class Stored:
    """One message on its queue. `handle` is the newest receipt; older ones delete nothing."""

    message_id: str
    body: str
    visible_at: float
    handle: str = ""
    receives: int = 0
    deleted: bool = False

    def in_flight(self, now: float) -> bool:
        return bool(self.handle) and self.visible_at > now


@dataclass(slots=True)
class Queue:
    """A queue and its attributes."""

    name: str
    visibility_seconds: float
    wait_seconds: float = 0.0
    most_receives: int | None = None
    dead_letters: Queue | None = None
    messages: list[Stored] = field(default_factory=list)
    settled: list[tuple[float, int, int]] = field(default_factory=list)

    def find(self, handle: str) -> Stored | None:
        return next((m for m in self.messages if m.handle == handle), None)


Watcher = Callable[[str, str, Stored], None]
"""Is told (verb, queue, message) at every send, receive, delete and redrive."""


class SimulatedSqs:
    """boto3's SQS client, as far as it is used."""

    def __init__(
        self, time: VirtualTime, chance: random.Random, faults: Faults, watch: Watcher
    ) -> None:
        self._time = time
        self._chance = chance
        self._faults = faults
        self._watch = watch
        self._numbers = count(1)
        self.queues: dict[str, Queue] = {}

    def add(self, queue: Queue) -> Queue:
        self.queues[queue.name] = queue
        return queue

    # The verbs of the client -----------------------------------------------------------------

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": QueueName}

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> Any:
        queue = self.queues[QueueUrl]
        return self._faults.call(f"send to {queue.name}", lambda: self._send(queue, MessageBody))

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:
        """API/API_SendMessageBatch.html."""
        queue = self.queues[QueueUrl]
        return self._in_part(
            f"send to {queue.name}", Entries, lambda e: self._send(queue, e["MessageBody"])
        )

    def receive_message(self, *, QueueUrl: str, **options: Any) -> dict[str, Any]:
        queue = self.queues[QueueUrl]
        most = int(options.get("MaxNumberOfMessages", 1))
        hidden = float(options.get("VisibilityTimeout", queue.visibility_seconds))
        # DOCS/sqs-short-and-long-polling.html: a long poll answers as soon as a message is there.
        until = self._time.now + float(options.get("WaitTimeSeconds", queue.wait_seconds))
        while not self._due(queue) and self._time.now < until:
            self._time.pause(min(POLL_STEP_SECONDS, until - self._time.now))
        return self._faults.call(
            f"receive from {queue.name}", lambda: self._receive(queue, most, hidden)
        )

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        queue = self.queues[QueueUrl]
        self._faults.call(f"delete on {queue.name}", lambda: self._delete(queue, ReceiptHandle))

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:
        """API/API_DeleteMessageBatch.html."""
        queue = self.queues[QueueUrl]
        return self._in_part(
            f"delete on {queue.name}", Entries, lambda e: self._delete(queue, e["ReceiptHandle"])
        )

    def _in_part(self, call: str, entries: list[Any], act: Callable[[Any], Any]) -> dict[str, Any]:
        """A batch may do a part of its work, and answers 200."""

        def work() -> dict[str, Any]:
            failed = [e for e in entries if self._faults.happens(self._faults.weather.failing)]
            for entry in (e for e in entries if e not in failed):
                act(entry)
            return {"Failed": [{"Id": e["Id"], "Code": "InternalError"} for e in failed]}

        answer: dict[str, Any] = self._faults.call(call, work)
        return answer

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,
        ReceiptHandle: str,
        VisibilityTimeout: int,
    ) -> None:
        queue = self.queues[QueueUrl]
        self._faults.call(
            f"hide on {queue.name} for {VisibilityTimeout} s",
            lambda: self._hide(queue, ReceiptHandle, VisibilityTimeout),
        )

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Any:
        queue = self.queues[QueueUrl]
        return self._faults.call(f"count {queue.name}", lambda: self._counts(queue))

    # What they do ----------------------------------------------------------------------------

    def _send(self, queue: Queue, body: str) -> dict[str, str]:
        message = Stored(f"m{next(self._numbers)}", body, self._time.now)
        queue.messages.append(message)
        self._watch("sent", queue.name, message)
        return {"MessageId": message.message_id}

    def _due(self, queue: Queue) -> list[Stored]:
        self._redrive(queue)
        return [m for m in queue.messages if m.visible_at <= self._time.now]

    def _redrive(self, queue: Queue) -> None:
        """DOCS/sqs-dead-letter-queues.html: a message that was received maxReceiveCount times and
        not deleted moves to the dead-letter queue, under its id."""
        if queue.dead_letters is None or queue.most_receives is None:
            return
        now = self._time.now
        for message in [m for m in queue.messages if m.visible_at <= now]:
            if message.receives >= queue.most_receives and not message.deleted:
                queue.messages.remove(message)
                dead = Stored(message.message_id, message.body, now)
                queue.dead_letters.messages.append(dead)
                self._watch("redriven", queue.name, dead)

    def _receive(self, queue: Queue, most: int, hidden_seconds: float) -> dict[str, Any]:
        """DOCS/standard-queues.html: any order. DOCS/sqs-short-and-long-polling.html: a poll asks
        a part of the servers, and may miss messages. DOCS/sqs-visibility-timeout.html: what was
        received is hidden from everybody for a while."""
        due = self._due(queue)
        self._chance.shuffle(due)
        due = due[: self._chance.randint(1, min(most, MOST_AT_ONCE))]
        for message in due:
            message.receives += 1
            message.handle = f"r{next(self._numbers)}"
            message.visible_at = self._time.now + hidden_seconds
            # DOCS/standard-queues-at-least-once-delivery.html: a server that was away has a copy
            # that is not hidden.
            if self._faults.happens(self._faults.weather.duplicates):
                message.visible_at = self._time.now + self._chance.uniform(0.0, hidden_seconds)
                self._watch("doubled", queue.name, message)
            self._watch("received", queue.name, message)
        return {
            "Messages": [
                {"MessageId": m.message_id, "Body": m.body, "ReceiptHandle": m.handle} for m in due
            ]
        }

    def _delete(self, queue: Queue, handle: str) -> None:
        """API/API_DeleteMessage.html: only the newest receipt deletes; an old one says all is
        well. DOCS/standard-queues-at-least-once-delivery.html: a copy on a server that is away
        stays, and comes again."""
        message = queue.find(handle)
        if message is None:
            return
        self._watch("deleted", queue.name, message)
        if self._faults.happens(self._faults.weather.duplicates):
            message.deleted = True  # its copy comes once more, and is not counted by the redrive
            return
        queue.messages.remove(message)

    def _hide(self, queue: Queue, handle: str, seconds: float) -> None:
        """API/API_ChangeMessageVisibility.html: from now on; an error where the message is not in
        flight any more."""
        message = queue.find(handle)
        if message is None or not message.in_flight(self._time.now):
            error = {"Error": {"Code": "MessageNotInflight", "Message": handle}}
            raise ClientError(error, "ChangeMessageVisibility")  # type: ignore[arg-type]
        message.visible_at = self._time.now + seconds
        self._watch("hidden", queue.name, message)

    def _counts(self, queue: Queue) -> dict[str, Any]:
        """API/API_GetQueueAttributes.html: approximate, and right only when nothing has changed
        for about a minute. Recorded runs read 0 in the midst of 100."""
        now = self._time.now
        in_flight = sum(m.visible_at > now for m in queue.messages)
        waiting = len(queue.messages) - in_flight
        queue.settled = [s for s in queue.settled if s[0] > now - RECENTLY_SECONDS]
        queue.settled.append((now, waiting, in_flight))
        if self._chance.random() < 0.5:
            _, waiting, in_flight = self._chance.choice(queue.settled)
        if self._chance.random() < 0.1:
            waiting = in_flight = 0
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(waiting),
                "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            }
        }
