"""Virtual time: tasks of simulated processes, one at a time, in an order that the seed decides.

Blocking code of the product runs unchanged, each piece in a greenlet: where it would wait (for
AWS, for a pause between two rounds), its greenlet waits in virtual time, and others run.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

import greenlet


class Killed(BaseException):
    """kill -9 of the process that this greenlet belongs to: no `except Exception` sees it."""


class Process:
    """A process of the simulated system; its tasks end with it.

    `stopped_until` is the end of a SIGSTOP.
    """

    def __init__(self, name: str, on_death: Callable[[], None] | None = None) -> None:
        self.name = name
        self.alive = True
        self.stopped_until = 0.0
        self._on_death = on_death

    def die(self) -> None:
        """Never runs again; whoever supervises it hears of that."""
        if self.alive:
            self.alive = False
            if self._on_death:
                self._on_death()

    def __repr__(self) -> str:
        return self.name


class VirtualTime:
    """The clock, and what is to happen when."""

    def __init__(self, start_seconds: float) -> None:
        self.now = start_seconds
        self.started = start_seconds
        self._events: list[tuple[float, int, Process, Callable[[], None]]] = []
        self._order = count()
        self._hub = greenlet.getcurrent()

    @property
    def elapsed(self) -> float:
        return self.now - self.started

    def at(self, moment: float, process: Process, act: Callable[[], None]) -> None:
        """Do something later, unless the process is dead by then."""
        heapq.heappush(self._events, (max(moment, self.now), next(self._order), process, act))

    def after(self, seconds: float, process: Process, act: Callable[[], None]) -> None:
        self.at(self.now + seconds, process, act)

    def start(self, process: Process, run: Callable[[], Any], *, delay: float = 0.0) -> None:
        """Run blocking code as a task of a process."""

        def body() -> None:
            try:
                run()
            except Killed:
                process.die()

        task = SimulatedTask(body, process, parent=self._hub)
        self.after(delay, process, task.switch)

    def pause(self, seconds: float) -> None:
        """Let this task wait. Raises Killed where its process died in the meantime."""
        task = greenlet.getcurrent()
        if not isinstance(task, SimulatedTask):
            raise RuntimeError("only a simulated task can wait")
        until = self.now + seconds
        while True:
            self.at(max(until, task.process.stopped_until), _NOBODY, task.switch)
            self._hub.switch()
            if not task.process.alive:
                raise Killed
            if task.process.stopped_until <= self.now:
                return

    def run_until(self, moment: float, is_done: Callable[[], bool]) -> bool:
        """Let everything happen in turn; False when the time was up before it was done."""
        while self._events:
            when, _, process, act = self._events[0]
            if when > moment:
                break
            heapq.heappop(self._events)
            self.now = when
            if process.stopped_until > when:
                self.at(process.stopped_until, process, act)
            elif process.alive:
                act()
                if is_done():
                    return True
        self.now = max(self.now, moment)
        return is_done()

    def end(self) -> None:
        """Unwind every task that still waits, so that none outlives its world."""
        events, self._events = self._events, []
        for _, _, _, act in events:
            task = getattr(act, "__self__", None)
            if isinstance(task, SimulatedTask) and task:
                task.process.alive = False
                task.throw(Killed)


_NOBODY = Process("nobody")
"""What is woken also when its process is dead: to be unwound, and to do nothing more."""


class SimulatedTask(greenlet.greenlet):
    """A piece of blocking code, and whose it is. `in_child` says that it is what a worker's pool
    does, whose process may die by itself."""

    def __init__(self, run: Callable[[], None], process: Process, parent: Any) -> None:
        super().__init__(run, parent)
        self.process = process
        self.in_child = False


def current_task() -> SimulatedTask | None:
    """The task that runs now."""
    task = greenlet.getcurrent()
    return task if isinstance(task, SimulatedTask) else None


def current_process() -> Process:
    """The process whose code runs now."""
    task = current_task()
    return task.process if task else _NOBODY


class SimulatedStop:
    """`threading.Event`, as the loops of the product wait for it: in virtual time."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._set = False

    def set(self) -> None:
        self._set = True

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float) -> bool:
        self._time.pause(timeout)
        return self._set
