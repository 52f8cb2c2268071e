"""The collector: takes replies off the response queue, has them written down, and wakes waiters.

Any web process may take any reply. It writes it down in the database, which all of them share,
and wakes its own waiters; `faceweb.replies.waiters` finds what other processes wrote.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from django.db import close_old_connections

from faceweb.replies.pace import Pace, pause_seconds
from faceweb.replies.responses import OnFinished, record_replies
from foundation import messages
from foundation.errors import MalformedMessage
from foundation.fleet.function_reports import FunctionReport, decode_report, is_report
from scaler.record.function_runs import note_reports

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage:
    """A message as it was received: its text, and the handle to delete it by. `claim` is the key
    of the object that its text was in, where it was too large for a message."""

    message_id: str
    body: str
    handle: str
    claim: str = ""


class ResponseQueue(Protocol):
    """Where replies come from."""

    def receive(self) -> Sequence[QueueMessage]:
        """Up to 10 messages; waits a few seconds for the first."""

    def delete(self, messages: Iterable[QueueMessage]) -> None:
        """Take messages off the queue for good."""


BEGINNINGS_OF_S3 = ('{"Records"', '{"Service"')
Arrive = Callable[[Sequence[str]], Sequence[bool]]
"""Takes messages of S3 about pictures that have arrived; False for each that is another one."""


class ResponseCollector:
    """Takes replies off the response queue: receive, commit, wake, delete, in this order.

    A crash between commit and delete brings the same replies again, which changes nothing.
    `waiting` tells how many clients wait for an answer just now.
    """

    def __init__(
        self,
        queue: ResponseQueue,
        on_finished: OnFinished,
        waiting: Callable[[], int] = lambda: 0,
        arrive: Arrive = lambda texts: [False] * len(texts),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = queue
        self._arrive = arrive
        self._on_finished = on_finished
        self._waiting = waiting
        self._now = now

    def collect_once(self) -> int:
        """One round; returns how many messages came."""
        received = self._queue.receive()
        of_s3 = [message for message in received if message.body.startswith(BEGINNINGS_OF_S3)]
        others = [message for message in received if message not in of_s3]
        readable = [(message, read) for message in others if (read := _read(message))]
        if readable:
            replies = [one for _, one in readable if isinstance(one, messages.Reply)]
            self._on_finished(record_replies(replies))
            note_reports([one for _, one in readable if isinstance(one, FunctionReport)])
            log.debug("replies_collected", count=len(readable))
        done = [message for message, _ in readable]
        try:
            finished = self._arrive([message.body for message in of_s3]) if of_s3 else []
            done += [one for one, is_done in zip(of_s3, finished, strict=True) if is_done]
        finally:
            self._queue.delete(done)  # replies are written, whatever S3 says of pictures
        return len(received)

    def run(self, stop: threading.Event) -> None:
        """Collect until told to stop; an error is logged and waited out, never fatal."""
        pace = Pace(self._now)
        while not stop.is_set():
            try:
                came = self.collect_once()
                stop.wait(pause_seconds(came, self._waiting(), pace.after(came)))
            except Exception as error:  # noqa: BLE001 - the collector outlives every outage
                log.error("collector_failed", error=f"{type(error).__name__}: {error}")
                close_old_connections()  # one that a restart of the database broke
                stop.wait(1.0)


def _read(message: QueueMessage) -> messages.Reply | FunctionReport | None:
    """The reply, or the report of a function. A message that can't be read stays on the queue, and
    goes to the dead letters."""
    try:
        if is_report(message.body):
            return decode_report(message.body)
        return messages.decode_reply(message.body)
    except MalformedMessage as error:
        log.warning("reply_malformed", message_id=message.message_id, error=str(error))
        return None
