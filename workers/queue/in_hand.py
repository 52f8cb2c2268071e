"""The message that a consumer has in hand: kept hidden while its task works, settled once.

A thread beside the task hides the message again, and ends the process when the task takes too long.
Code of a net that hangs can't be stopped in any other way.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import aws
from foundation.config import Settings
from foundation.errors import ComesAgain, TookTooLong
from workers.queue.hiding import BEATS_PER_TIMEOUT, hand_back, keep_hidden
from workers.replying import failure_text, send_reply

log = structlog.get_logger()

LAST_SECONDS = 1.0
"""A task that still works so shortly before the process's end is handed back."""

Repeat = Callable[[Callable[[], bool], Callable[[], float]], Callable[[], None]]
"""Starts to call the first function after each pause that the second tells, until it says no.
Returns what ends that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What ends this process.

    Parameters:
        seconds_left: until it is ended from outside.
        now: seconds, rising.
        give_up: ends it at once.
    """

    seconds_left: Callable[[], float]
    give_up: Callable[[], None]
    now: Callable[[], float] = time.monotonic


class InHand:
    """One message. Only one of the task and the watch beside it reports its end."""

    def __init__(self, job_id: str, receipt: str, settings: Settings, life: Life) -> None:
        self._job_id, self._receipt = job_id, receipt
        self._settings, self._life = settings, life
        self._began = self._ours_since = life.now()
        self._lock = threading.Lock()
        self._is_settled = False

    def reply(self, text: str | None) -> bool:
        """Send the task's reply, and delete the message. None leaves it: it comes again.

        False where nothing was said, or the queue did not take it.
        """
        return self._claim() and text is not None and self._say(text)

    def _claim(self) -> bool:
        with self._lock:
            was_settled, self._is_settled = self._is_settled, True
        return not was_settled

    def _say(self, text: str) -> bool:
        try:
            send_reply(self._job_id, text)
        except ComesAgain:
            return False
        try:
            url = aws.queue_url(self._settings.request_queue, self._settings)
            sqs = aws.client("sqs", self._settings)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=self._receipt)
        except (BotoCoreError, ClientError) as error:
            log.warning("not_deleted", messages=1, error=str(error))
        return True

    def beat(self) -> bool:
        """Hide the message again, or end what takes too long. False when nothing is left to do."""
        now, visible_after = self._life.now(), self._settings.visibility_timeout_seconds
        if self._is_settled or now - self._ours_since > visible_after:
            return False  # this process stood still: another worker may have the message
        if self._life.seconds_left() <= LAST_SECONDS:
            return self._end("task_handed_back", lambda: hand_back(self._receipt))
        if self._seconds >= self._settings.task_time_limit_seconds:
            failure = failure_text(self._job_id, TookTooLong())
            return self._end("task_too_slow", lambda: self._say(failure))
        if keep_hidden(self._receipt):
            self._ours_since = now
        return True

    def _end(self, event: str, say: Callable[[], object]) -> bool:
        if self._claim():
            log.warning(event, job_id=self._job_id, seconds=round(self._seconds, 1))
            say()
            self._life.give_up()
        return False

    def pause_seconds(self) -> float:
        """How long until the next beat."""
        beat = self._settings.visibility_timeout_seconds / BEATS_PER_TIMEOUT
        limit = self._settings.task_time_limit_seconds - self._seconds
        return max(min(beat, limit, self._life.seconds_left() - LAST_SECONDS), 0.0)

    @property
    def _seconds(self) -> float:
        return self._life.now() - self._began


def in_thread(beat: Callable[[], bool], pause_seconds: Callable[[], float]) -> Callable[[], None]:
    """Repeat in a thread. Returns what ends it, and waits for that."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(pause_seconds()) and beat():
            pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def end() -> None:
        over.set()
        thread.join()

    return end
