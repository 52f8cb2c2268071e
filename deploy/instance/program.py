"""Looks after the Celery worker of one app instance, from its boot to its end.

It starts the worker, says when it takes messages, starts it again when it dies, and when the
scaler or EC2 wants the machine back has it finish what it holds. Then it ends, and systemd turns
the machine off. What to do is decided in `workers.instance_life`; here it is seen and done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from deploy.instance.metadata import MetadataUnseen
from foundation import lifecycle
from workers.instance_life import (
    EX_CONFIG,
    FIRST_PAUSE_SECONDS,
    Step,
    View,
    Worker,
    longer_pause,
    next_step,
)

log = structlog.get_logger()

LOOK_SECONDS = 1.0
ENDING_LOOK_SECONDS = 0.1


class Process(Protocol):
    """A worker's process, started; `subprocess.Popen` is one."""

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...


class Sight(Protocol):
    """What the instance sees of itself; `deploy.instance.metadata.Metadata` is one."""

    def tag(self, name: str) -> str | None: ...

    def will_be_interrupted(self) -> bool: ...


class AppInstance:
    """One instance.

    Parameters:
        start: starts a worker and returns its process.
        ready_file: which the worker writes once it takes messages.
        say: writes the instance's own tag; may raise botocore's errors.
        told_to_stop: set when systemd wants this program to end.
    """

    def __init__(
        self,
        sight: Sight,
        start: Callable[[], Process],
        ready_file: Path,
        say: Callable[[str], None],
        told_to_stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sight, self._start_worker, self._ready_file = sight, start, ready_file
        self._say_tag, self._told_to_stop, self._clock = say, told_to_stop, clock
        self._process: Process | None = None
        self._said = lifecycle.BOOTING
        self._was_asked = False
        self._may_start_at = 0.0
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._is_wanted = True

    def run(self) -> int:
        """Look until the instance has ended. Returns the exit status."""
        while True:
            status = self.look_once()
            if status is not None:
                return status
            if self._was_asked:  # it may end at any moment now
                time.sleep(ENDING_LOOK_SECONDS)
            else:
                self._told_to_stop.wait(LOOK_SECONDS)

    def look_once(self) -> int | None:
        """One look, and what is to be done. An exit status once all is done."""
        step = next_step(self._view())
        match step:
            case Step.START:
                self._start()
            case Step.START_AGAIN:
                self._start_again()
            case Step.STOP:
                self._stop()
            case Step.SAY_READY:
                self._say(lifecycle.READY)
            case Step.SAY_ENDED:
                self._say(lifecycle.ENDED)
            case Step.GIVE_UP:
                log.error("worker_can_not_start", status=EX_CONFIG)
                return EX_CONFIG
        return 0 if self._said == lifecycle.ENDED else None

    def _view(self) -> View:
        self._is_wanted = self._is_wanted and self._still_wanted()
        return View(
            is_wanted=self._is_wanted,
            worker=self._worker(),
            said=self._said,
            may_start=self._clock() >= self._may_start_at,
            was_asked_to_stop=self._was_asked,
            exit_status=self._process.poll() if self._process else None,
        )

    def _still_wanted(self) -> bool:
        """Once it is not, it never is again. What can't be seen counts as unchanged."""
        if self._told_to_stop.is_set():
            log.info("leaving", reason="stopped")
            return False
        try:
            if self._sight.tag(lifecycle.WANTED_TAG) == lifecycle.DRAIN:
                log.info("leaving", reason="the scaler wants it back")
                return False
            if self._sight.will_be_interrupted():
                log.info("leaving", reason="spot interruption")
                return False
        except MetadataUnseen as error:
            log.warning("metadata_unseen", error=str(error))
        return True

    def _worker(self) -> Worker:
        if self._process is None:
            return Worker.NONE
        if self._process.poll() is not None:
            return Worker.ENDED
        return Worker.READY if self._ready_file.exists() else Worker.STARTING

    def _start(self) -> None:
        self._ready_file.unlink(missing_ok=True)
        self._process = self._start_worker()
        log.info("worker_started")

    def _start_again(self) -> None:
        log.warning("worker_ended", status=self._process and self._process.poll())
        self._process = None
        self._may_start_at = self._clock() + self._pause_seconds
        self._pause_seconds = longer_pause(self._pause_seconds)
        self._say(lifecycle.BOOTING)

    def _stop(self) -> None:
        """Warm: the worker takes no more messages, finishes what it holds, and ends."""
        if self._process is not None:
            self._process.terminate()
        self._was_asked = True

    def _say(self, state: str) -> None:
        """Tell the scaler. Where EC2 does not take it, it is tried again; the last word, once."""
        try:
            self._say_tag(state)
        except (BotoCoreError, ClientError) as error:
            log.warning("state_not_said", state=state, error=str(error))
            if state != lifecycle.ENDED:
                return
        self._said = state
        log.info("instance_state", state=state)
