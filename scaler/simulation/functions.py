"""Lambda in the simulator: runs that take messages, cold and warm starts, and what is billed.

Assumed, not measured on AWS: a cold start takes `cold_seconds`. A picture takes `slowness` times as
long as on one process of an instance, since nobody promises a function's processor. AWS promises no
`keep_seconds`; people measure five to seven minutes.
"""

import heapq
import math
from dataclasses import dataclass

from foundation.fleet.functions import GRACE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTimes:
    """How functions behave; a run waits `grace_seconds` for its first message. `receive_seconds` is
    what it takes to ask an empty queue after an answer. Both are billed."""

    cold_seconds: float = 2.0
    warm_seconds: float = 0.05
    grace_seconds: float = GRACE_SECONDS
    receive_seconds: float = 0.05
    keep_seconds: float = 300.0
    slowness: float = 1.25
    maximum: int = 50


@dataclass(slots=True)
class _Run:
    began: float
    deadline: float
    has_work: bool = False  # it took a message


class Functions:
    """Runs, and sandboxes that are kept for a while after one."""

    def __init__(self, times: FunctionTimes, run_seconds: float) -> None:
        self._times = times
        self._run_seconds = run_seconds
        self._free: list[tuple[float, int]] = []
        self._runs: dict[int, _Run] = {}
        self._sandboxes: list[float] = []
        self.starts = 0
        self.billed_seconds = self.starting_seconds = 0.0

    @property
    def running(self) -> int:
        """How many functions run now."""
        return len(self._runs)

    @property
    def mean_start_seconds(self) -> float | None:
        """The mean time of a start; None before the first one."""
        return self.starting_seconds / self.starts if self.starts else None

    def holding(self, now: float) -> int:
        """Runs that have a message at this moment."""
        return sum(self._runs[one].has_work and free_at > now for free_at, one in self._free)

    def seconds_until(self, now: float) -> float:
        """What was billed up to now, with what still runs."""
        return self.billed_seconds + sum(now - run.began for run in self._runs.values())

    def start(self, now: float) -> None:
        """Invoke one that takes messages until the queue is empty, or its time is over."""
        began, ready_at = self._sandbox(now)
        self._runs[self.starts] = _Run(began, ready_at + self._run_seconds)
        heapq.heappush(self._free, (ready_at, self.starts))

    def _sandbox(self, now: float) -> tuple[float, float]:
        """When an invocation is billed from, and when it begins its work.

        A kept sandbox is reused, else one is made, which is billed.
        """
        while self._sandboxes and self._sandboxes[0] < now - self._times.keep_seconds:
            heapq.heappop(self._sandboxes)
        self.starts += 1
        is_warm = bool(self._sandboxes) and self._sandboxes[0] <= now
        if is_warm:
            heapq.heappop(self._sandboxes)
        took = self._times.warm_seconds if is_warm else self._times.cold_seconds
        self.starting_seconds += took
        return (now + took if is_warm else now), now + took

    def free_at(self, arrival: float) -> float:
        """When a run can take a message that came at `arrival`; never is infinity.

        Runs that found the queue empty for too long before are ended.
        """
        while self._free:
            free_at, one = self._free[0]
            if free_at < self._runs[one].deadline and arrival <= self._polls_until(free_at, one):
                return max(free_at, arrival)
            self._end(free_at, one)
        return math.inf

    def _polls_until(self, free_at: float, one: int) -> float:
        """When a run that is free from `free_at` on ends, if no message comes."""
        run, times = self._runs[one], self._times
        if free_at >= run.deadline:
            return free_at
        return free_at + (times.receive_seconds if run.has_work else times.grace_seconds)

    def take(self, start: float, service: float) -> float:
        """The run that is free first takes a message; returns when it is answered."""
        _, one = self._free[0]
        finish = start + service * self._times.slowness
        self._runs[one].has_work = True
        heapq.heapreplace(self._free, (finish, one))
        return finish

    def end_idle(self, until: float) -> None:
        """End runs that found the queue empty before `until`."""
        while self._free and self._polls_until(*self._free[0]) < until:
            self._end(*self._free[0])

    def _end(self, free_at: float, one: int) -> None:
        heapq.heappop(self._free)
        ended = self._polls_until(free_at, one)
        run = self._runs.pop(one)
        self.billed_seconds += ended - run.began
        heapq.heappush(self._sandboxes, ended)

    def invoked_at(self, arrival: float) -> float:
        """When an invocation for one message can begin, as an event source or a router makes it."""
        busy_all = len(self._sandboxes) >= self._times.maximum
        return max(arrival, self._sandboxes[0]) if busy_all else arrival

    def invoke(self, start: float, service: float) -> float:
        """One invocation for one message; returns when it is answered."""
        began, ready_at = self._sandbox(start)
        finish = ready_at + service * self._times.slowness
        self.billed_seconds += finish - began
        heapq.heappush(self._sandboxes, finish)
        return finish
