"""Makes moto's queues bear thousands of messages, and threads.

Every call of SQS looks at all messages of its queue, up to six times, and moto asks the calendar
for the time at each of them: with 4,000 messages to send, receive and delete one takes 370 ms, so
that a burst ends in a jam that AWS has not, and that nothing ends. Here a look stops at the first
message that it needs, and the clock is read once. A deletion of moto's also writes the whole list
again, without what another thread sent meanwhile; here only the one message is taken out.
Upstream: docs/upstream/moto-sqs-slow-with-long-queues.md.
"""

import time
from collections.abc import Iterator

from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend


def _milliseconds() -> float:
    return time.time() * 1000.0


class MessagesToGive:
    """Those that may be received now, looked for one by one as somebody asks for them."""

    def __init__(self, queue: Queue) -> None:
        self._messages: list[Message] = queue._messages
        self._now = _milliseconds()

    def __iter__(self) -> Iterator[Message]:
        for one in self._messages:
            if self._now > one.visible_at and self._now >= one.delayed_until:
                yield one

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def count_hidden(queue: Queue) -> int:
    """Messages that are in somebody's hand, or hidden for now."""
    now = _milliseconds()
    return sum(now <= one.visible_at for one in queue._messages)


def count_delayed(queue: Queue) -> int:
    """Messages that were sent with a delay that is not over."""
    now = _milliseconds()
    return sum(now < one.delayed_until for one in queue._messages)


def delete_message(queue: Queue, receipt_handle: str) -> None:
    """Take out the message that was received by this handle; messages in work are near the front.
    Raises moto's ReceiptHandleIsInvalid where there is none and was none."""
    if receipt_handle in queue.deleted_messages:
        return
    with queue._messages_lock:
        held = (one for one in queue._messages if one.had_receipt_handle(receipt_handle))
        message = next(held, None)
        if message is None:
            raise ReceiptHandleIsInvalid()
        queue._messages.remove(message)
        queue.pending_messages.discard(message)
        queue.deleted_messages.update(filter(None, message.all_receipt_handles))


def is_kept(backend: SQSBackend, queue_name: str, message: Message) -> bool:
    """Whether a message is younger than its queue keeps messages, both in seconds. moto asks for
    all the queue's attributes, its counts among them, three times over."""
    kept_seconds = float(vars(backend.get_queue(queue_name))["message_retention_period"])
    return float(message.sent_timestamp or 0) / 1000.0 + kept_seconds > time.time()


def bear_long_queues() -> None:
    """From now on, in this process."""
    for owner, name, ours in (
        (Queue, "messages", property(MessagesToGive)),
        (Queue, "approximate_number_of_messages_not_visible", property(count_hidden)),
        (Queue, "approximate_number_of_messages_delayed", property(count_delayed)),
        (Queue, "delete_message", delete_message),
        (SQSBackend, "is_message_valid_based_on_retention_period", is_kept),
    ):
        setattr(owner, name, ours)
