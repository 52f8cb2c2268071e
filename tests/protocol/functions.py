"""A function as a worker: the product's own consumer, invoked again and again, ended by Lambda."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foundation.config import Settings
from foundation.errors import ComesAgain
from foundation.fleet.function_reports import FunctionReport, encode_report
from tests.protocol.virtual_time import Killed, Process, VirtualTime
from workers.queue.consuming import Consumer
from workers.queue.in_hand import Life
from workers.replying import send_reply


class FunctionRun:
    """One invocation: takes messages until the queue is empty, and lives for some seconds at most.

    Its process dies at the end, in whatever way: who watches it invokes the next.
    """

    heartbeats = None

    def __init__(
        self, process: Process, settings: Settings, time: VirtualTime, life_seconds: float
    ) -> None:
        self.process = process
        self.in_hand = ""
        self._time, self._ends_at = time, time.now + life_seconds
        life = Life(
            seconds_left=lambda: self._ends_at - time.now, give_up=_die, now=lambda: time.now
        )
        self._consumer = _Watched(self, settings, life)
        time.at(self._ends_at, process, process.die)  # Lambda's time-out

    def run(self) -> None:
        """As the handler does: reports around the work. Errors of AWS end the run."""
        self._report(None)
        try:
            self._consumer.run()
            self._report(self._time.now)
        except Exception as error:
            raise Killed from error
        self.process.die()

    def _report(self, ended_at: float | None) -> None:
        report = FunctionReport(
            function=self.process.name, began_at=self._time.now, ended_at=ended_at
        )
        try:
            send_reply(report.function, encode_report(report))
        except ComesAgain:
            return

    def repeat(
        self, beat: Callable[[], bool], pause_seconds: Callable[[], float]
    ) -> Callable[[], None]:
        """`in_thread`, in virtual time."""
        is_over = False

        def act() -> None:
            if not is_over and beat():
                self._time.after(pause_seconds(), self.process, start)

        def start() -> None:
            self._time.start(self.process, act)

        def end() -> None:
            nonlocal is_over
            is_over = True

        self._time.after(pause_seconds(), self.process, start)
        return end


class _Watched(Consumer):
    """Says which message is in hand."""

    def __init__(self, run: FunctionRun, settings: Settings, life: Life) -> None:
        super().__init__(settings, life, run.repeat)
        self._run = run

    def take(self, message: Mapping[str, Any]) -> None:
        self._run.in_hand = message["MessageId"]
        try:
            super().take(message)
        finally:
            self._run.in_hand = ""


def _die() -> None:
    raise Killed
