"""How the worker's parent process ends a task that has to come again.

Celery acknowledges a task that failed. Where only its reply could not be sent, the task goes back
to its queue instead, and after MAX_RECEIVE_COUNT deliveries to the dead-letter queue. So does a
task whose process died, but at once: kombu would hide it for as long as a long poll.

While a task works its message is kept hidden. So a task that takes longer than the visibility
timeout is not given to a second worker. The parent hides it, which ends by itself when the parent
dies.
"""

import time
from collections.abc import Mapping, Sequence

import structlog
from billiard.einfo import ExceptionInfo
from billiard.exceptions import TimeLimitExceeded
from celery import Task
from celery.worker.request import Request
from kombu.asynchronous import get_event_loop
from kombu.asynchronous.timer import Entry
from kombu.message import Message

from foundation.config import get_settings
from foundation.errors import ComesAgain, ResponseNotSent
from workers.queue.hiding import BEATS_PER_TIMEOUT, hand_back, keep_hidden

log = structlog.get_logger()

HEADERS = ("lang", "task", "id", "root_id", "parent_id")
"""What a task's message may say of itself. The others would change its time limit, delay it,
silence its reply, or make it part of a group."""


def plain_headers(headers: Mapping[str, object]) -> dict[str, object]:
    """A message's headers without those that we never send."""
    return {name: headers[name] for name in HEADERS if name in headers}


def plain_body(body: Sequence[object]) -> tuple[object, object, dict[str, object]]:
    """A message's arguments, without what Celery would run afterwards: link, chain, chord, errback.

    A writer to the queue could name any task and any arguments in them.
    """
    positional, named, _ = body
    return positional, named, {}


def _cause(exc_info: ExceptionInfo) -> BaseException:
    error = exc_info.exception
    return getattr(error, "exc", error)


class ReplyBeforeAcknowledge(Request):
    """A request that is only acknowledged once its reply is on the response queue."""

    _heartbeat: Entry | None = None
    _ours_until: float | None = None

    def __init__(
        self,
        message: Message,
        *,
        body: Sequence[object] = (),
        decoded: bool = False,
        headers: Mapping[str, object] | None = None,
        **options: object,
    ) -> None:
        super().__init__(
            message,
            headers=plain_headers(headers or message.headers),
            body=plain_body(body if decoded else message.payload),
            decoded=True,
            **options,
        )

    def on_accepted(self, pid: int, time_accepted: float) -> object:
        """Keep the message hidden from other workers while its task works."""
        accepted = super().on_accepted(pid, time_accepted)
        hub = get_event_loop()
        if hub is not None and not self.acknowledged:
            visibility_seconds = get_settings().visibility_timeout_seconds
            self._ours_until = time_accepted + visibility_seconds
            self._heartbeat = hub.call_repeatedly(
                visibility_seconds / BEATS_PER_TIMEOUT, self._beat
            )
        return accepted

    def _beat(self) -> None:
        """Keep the message ours; once it may be somebody else's, it is not taken back."""
        if not self._is_out_of_hand and keep_hidden(self.message.delivery_tag):
            self._ours_until = time.monotonic() + get_settings().visibility_timeout_seconds

    @property
    def _is_out_of_hand(self) -> bool:
        """Whether the message may have been given to another worker: this one stood still."""
        return self._ours_until is not None and time.monotonic() > self._ours_until

    def acknowledge(self) -> None:
        """Have the message deleted: its task is done and its reply sent."""
        self._end_heartbeat()
        super().acknowledge()

    def _end_heartbeat(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None

    def on_failure(self, exc_info: ExceptionInfo, *args: object, **kwargs: object) -> object:
        """Leave a task on its queue if it must come again; else have its failure sent."""
        cause = _cause(exc_info)
        # After `on_timeout`, billiard reports the same time limit here once more.
        is_stale = isinstance(cause, TimeLimitExceeded) and self._is_out_of_hand
        if is_stale or isinstance(cause, ComesAgain):
            self.reject(requeue=False)
            return None
        return super().on_failure(exc_info, *args, **kwargs)

    def reject(self, requeue: bool = False) -> None:
        """Leave the task on its queue: until its visibility timeout, or with `requeue` (which
        Celery asks for when the process died) for a moment only.

        kombu deletes a rejected message only from a queue without a redrive policy.
        """
        self._end_heartbeat()
        super().reject(requeue=False)
        if requeue:
            hand_back(self.message.delivery_tag)

    def on_timeout(self, soft: bool, timeout: float) -> object:
        """Give up a picture that took too long.

        A worker that stood still for longer says nothing: another worker has the picture by now.
        """
        if self._is_out_of_hand:
            log.warning("task_out_of_hand", job_id=self.id, timeout=timeout)
            self.reject(requeue=False)
            return None
        try:
            return super().on_timeout(soft, timeout)
        except ResponseNotSent:
            self.reject(requeue=False)
            return None


class RepliedTask(Task):
    """Base class of our tasks."""

    Request = ReplyBeforeAcknowledge
    throws = (ComesAgain,)
