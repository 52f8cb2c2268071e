"""Keeps child processes running: one that ends is started again, after a pause that grows."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.system.processes import Child, stop_all
from workers.instances.instance_life import EX_CONFIG, FIRST_PAUSE_SECONDS, longer_pause

HEALTHY_AFTER_SECONDS = 60.0

Report = Callable[[str], None]
"""Told in a line what happens."""


class ChildGivenUp(Exception):
    """A process can't be kept running; the text says which, and the end of its log."""


@dataclass(slots=True)
class _Watched:
    child: Child
    after_restart: Callable[[], None] | None
    started_at: float
    pause_seconds: float = FIRST_PAUSE_SECONDS
    start_again_at: float | None = None


class Supervisor:
    """The children of one running system, in the order in which they were started."""

    def __init__(self, report: Report, clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._clock = clock
        self._watched: list[_Watched] = []

    def start(self, child: Child, after_restart: Callable[[], None] | None = None) -> Child:
        """Start a child and watch it. `after_restart` puts right what its end broke."""
        child.start()
        self._watched.append(_Watched(child, after_restart, self._clock()))
        return child

    def check(self) -> None:
        """Start again what has ended. Raises ChildGivenUp when that can't help."""
        for watched in self._watched:
            if watched.start_again_at is not None:
                self._start_when_due(watched)
            elif watched.child.has_ended():
                self._plan_restart(watched)

    def _plan_restart(self, watched: _Watched) -> None:
        child = watched.child
        if child.poll() == EX_CONFIG:
            raise ChildGivenUp(f"{child.name} can't start:\n{child.last_lines()}")
        lived = self._clock() - watched.started_at
        if lived > HEALTHY_AFTER_SECONDS:
            watched.pause_seconds = FIRST_PAUSE_SECONDS
        self._report(
            f"{child.name} ended ({_manner(child.poll())}); starting it again in "
            f"{watched.pause_seconds:g} s. Its log: {child.log_file}"
        )
        watched.start_again_at = self._clock() + watched.pause_seconds
        watched.pause_seconds = longer_pause(watched.pause_seconds)

    def _start_when_due(self, watched: _Watched) -> None:
        if watched.start_again_at is None or self._clock() < watched.start_again_at:
            return
        watched.start_again_at = None
        watched.child.start()
        watched.started_at = self._clock()
        if watched.after_restart:
            watched.after_restart()

    def stop(self, seconds: float, last: Child | None = None, last_seconds: float = 0.0) -> None:
        """Stop all children together, and `last`, which the others need to finish, after them."""
        children = [watched.child for watched in self._watched]
        self._watched.clear()
        stop_all([child for child in children if child is not last], seconds)
        stop_all([child for child in children if child is last], last_seconds)


def _manner(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed by signal {-status}"
    return f"exit status {status}"
