"""Carries out what an app instance does next, for EC2 and for the emulator's host.

`workers.instances.instance_life` decides what to do.
"""

from collections.abc import Callable
from typing import Protocol

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation.fleet import lifecycle
from workers.instances.instance_life import (
    FIRST_PAUSE_SECONDS,
    Step,
    Worker,
    longer_pause,
    next_step,
)

log = structlog.get_logger()


class CanNotStart(Exception):
    """The worker says that no start can succeed with this configuration."""


class Process(Protocol):
    """A worker's process, started; `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """The exit status; None while the process runs."""

    def terminate(self) -> None:
        """Ask the process to end."""


class Instance:
    """One instance and its worker.

    Parameters:
        start: starts a worker and returns its process.
        is_ready: whether the worker takes messages.
        say: writes the instance's own tag. What botocore refuses is written again at the next look.
        clock: seconds.
        boots_at: the moment, by the clock, when the first worker may start.
    """

    def __init__(
        self,
        name: str,
        start: Callable[[], Process],
        is_ready: Callable[[], bool],
        say: Callable[[str], None],
        clock: Callable[[], float],
        boots_at: float = 0.0,
    ) -> None:
        self._start_worker, self._is_ready, self._say = start, is_ready, say
        self._clock, self._may_start_at = clock, boots_at
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._reported = lifecycle.BOOTING
        self._log = log.bind(instance_id=name)
        self.process: Process | None = None
        self.was_asked = False

    @property
    def has_ended(self) -> bool:
        """True when its worker has finished and its tag says so."""
        return self._reported == lifecycle.ENDED

    def look_once(self, *, is_wanted: bool) -> None:
        """Do the one thing to do now. Raises CanNotStart."""
        step = next_step(
            self._worker(),
            self._reported,
            is_wanted=is_wanted,
            may_start=self._clock() >= self._may_start_at,
            was_asked_to_stop=self.was_asked,
            exit_status=self.process.poll() if self.process else None,
        )
        match step:
            case Step.START:
                self.process = self._start_worker()
                self._log.info("worker_started")
            case Step.START_AGAIN:
                self._start_again()
            case Step.STOP:
                self.stop()
            case Step.SAY_READY:
                self._tell(lifecycle.READY)
            case Step.SAY_ENDED:
                self._tell(lifecycle.ENDED)
            case Step.GIVE_UP:
                raise CanNotStart

    def stop(self) -> None:
        """Warm: the worker takes no more messages, finishes what it holds, and ends."""
        if self.process is not None:
            self.process.terminate()
        self.was_asked = True

    def _worker(self) -> Worker:
        if self.process is None:
            return Worker.NONE
        if self.process.poll() is not None:
            return Worker.ENDED
        return Worker.READY if self._is_ready() else Worker.STARTING

    def _start_again(self) -> None:
        """A worker that died is started again, after a pause that grows."""
        self._log.warning("worker_ended", status=self.process and self.process.poll())
        self.process = None
        self._may_start_at = self._clock() + self._pause_seconds
        self._pause_seconds = longer_pause(self._pause_seconds)
        self._tell(lifecycle.BOOTING)

    def _tell(self, state: str) -> None:
        try:
            self._say(state)
        except (BotoCoreError, ClientError) as error:
            self._log.warning("state_not_said", state=state, error=str(error))
            return
        self._reported = state
        self._log.info("instance_state", state=state)
