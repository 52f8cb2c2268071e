"""Makes moto's queues bear thousands of messages.

Every call of SQS looks at all messages of its queue, up to six times, and moto asks the calendar
for the time at each of them: with 4,000 messages to send, receive and delete one takes 370 ms, so
that a burst ends in a jam that AWS has not. Here the clock is read once for a look, and it is 7.
"""

from __future__ import annotations

import time
from typing import Any

from moto.sqs.models import Message, Queue


def _milliseconds() -> float:
    return time.time() * 1000.0


def messages_to_give(queue: Any) -> list[Message]:
    """Those that may be received now."""
    now = _milliseconds()
    return [one for one in queue._messages if now > one.visible_at and now >= one.delayed_until]


def count_hidden(queue: Any) -> int:
    now = _milliseconds()
    return sum(now <= one.visible_at for one in queue._messages)


def count_delayed(queue: Any) -> int:
    now = _milliseconds()
    return sum(now < one.delayed_until for one in queue._messages)


def bear_long_queues() -> None:
    """From now on, in this process."""
    looks: dict[str, Any] = {
        "messages": messages_to_give,
        "approximate_number_of_messages_not_visible": count_hidden,
        "approximate_number_of_messages_delayed": count_delayed,
    }
    for name, look in looks.items():
        setattr(Queue, name, property(look))
