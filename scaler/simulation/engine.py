"""The discrete-event engine: a FIFO queue, instances with slots that boot, serve and drain.

Between two looks of the scaler the fleet changes only by boots that end, so jobs are served in
one tight loop over a heap of slots; the scaler sees what it would see in production.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from scaler.deciding.values import Decision, Instance, Limits, Observation, Phase
from scaler.simulation.traces import Floats, Trace

QUEUE_NOISE = (0.29, 0.29, 0.78, 0.78, 1.0, 0.0, 1.0, 0.29, 1.0, 1.0, 1.0, 0.99)
"""What SQS said of 100 outstanding messages in a recorded run of the original system."""

RECENT_SERVICES = 50


class Autoscaler(Protocol):
    """A policy under test, with whatever it remembers inside."""

    @property
    def name(self) -> str: ...

    @property
    def interval_seconds(self) -> float: ...

    def step(self, seen: Observation) -> Decision:
        """What to do after this look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What surrounds the policy."""

    limits: Limits = field(default_factory=Limits)
    boot_seconds: float = 30.0
    boot_variation: float = 0.1
    noisy_queue: bool = True
    has_ledger: bool = True
    seed: int = 1


@dataclass(slots=True)
class _Machine:
    launched_at: float
    ready_at: float
    busy_until: float
    drain_at: float | None = None
    ended_at: float | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    """One point of the timeline."""

    at: float
    queued: int
    ready: int
    billed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceResult:
    """What became of a trace under a policy."""

    policy: str
    latencies: Floats
    billed_seconds: float
    launches: int
    most_billed: int
    timeline: tuple[TimelinePoint, ...]


class Simulation:
    """One run of one policy over one trace."""

    def __init__(
        self, trace: Trace, autoscaler: Autoscaler, world: World, initial: int = 0
    ) -> None:
        self._trace = trace
        self._autoscaler = autoscaler
        self._world = world
        self._rng = np.random.default_rng(world.seed)
        self._arrivals: list[float] = trace.arrivals.tolist()
        self._services: list[float] = trace.services.tolist()
        self._latencies = np.empty(trace.jobs)
        self._next_job = 0
        self._seen_arrivals = 0
        self._machines: dict[int, _Machine] = {}
        self._gone: list[_Machine] = []
        self._booting: list[tuple[float, int]] = []
        self._slots: list[tuple[float, int]] = []
        self._timeline: list[TimelinePoint] = []
        self._most_billed = 0
        self._count = 0
        for _ in range(initial):
            self._launch(-world.boot_seconds, boot=world.boot_seconds)

    def run(self) -> TraceResult:
        """Go through the trace, and on until everything is served and its time is over."""
        now, interval = 0.0, self._autoscaler.interval_seconds
        end = self._trace.duration_seconds
        while now < end or self._next_job < self._trace.jobs:
            self._serve_until(now)
            decision = self._autoscaler.step(self._observe(now))
            self._act(decision, now)
            quiet = not self._machines and not decision.changes_something
            now = self._next_look(now, interval) if quiet else now + interval
        for machine in self._machines.values():
            machine.ended_at = max(now, machine.busy_until)
        return self._outcome()

    def _next_look(self, now: float, interval: float) -> float:
        """With no instance and nothing to do, jump to the look after the next arrival."""
        if self._next_job >= self._trace.jobs:
            return max(self._trace.duration_seconds, now + interval)
        if self._arrivals[self._next_job] <= now:
            return now + interval
        looks = math.ceil((self._arrivals[self._next_job] - now) / interval)
        return now + max(looks, 1) * interval

    def _serve_until(self, end: float) -> None:
        """Start every job that can start before `end`: first come, first served."""
        self._finish_boots(end)
        slots, arrivals, services = self._slots, self._arrivals, self._services
        job, jobs = self._next_job, self._trace.jobs
        while job < jobs and slots and arrivals[job] < end:
            free_at, owner = slots[0]
            machine = self._machines.get(owner)
            if machine is None or machine.drain_at is not None:
                heapq.heappop(slots)
                continue
            start = free_at if free_at > arrivals[job] else arrivals[job]
            if start >= end:
                break
            finish = start + services[job]
            heapq.heapreplace(slots, (finish, owner))
            if finish > machine.busy_until:
                machine.busy_until = finish
            machine.answered = True
            self._latencies[job] = finish - arrivals[job]
            job += 1
        self._next_job = job

    def _finish_boots(self, end: float) -> None:
        while self._booting and self._booting[0][0] < end:
            ready_at, number = heapq.heappop(self._booting)
            machine = self._machines.get(number)
            if machine is not None and machine.drain_at is None:
                for _ in range(self._world.limits.slots_per_instance):
                    heapq.heappush(self._slots, (ready_at, number))

    def _observe(self, now: float) -> Observation:
        arrived = bisect_right(self._arrivals, now)
        waiting = arrived - self._next_job
        in_flight = sum(1 for free_at, _ in self._slots if free_at > now)
        visible = self._misread(waiting)
        new, self._seen_arrivals = arrived - self._seen_arrivals, arrived
        knows = self._world.has_ledger
        recent = self._services[max(self._next_job - RECENT_SERVICES, 0) : self._next_job]
        self._note(now, waiting + in_flight)
        return Observation(
            now=now,
            visible=visible,
            in_flight=self._misread(in_flight),
            outstanding=waiting + in_flight if knows else 0,
            arrived=new if knows else 0,
            service_seconds=sum(recent) / len(recent) if recent and knows else None,
            instances=tuple(
                _as_seen(str(number), machine, now) for number, machine in self._machines.items()
            ),
        )

    def _misread(self, count: int) -> int:
        if not self._world.noisy_queue or count == 0:
            return count
        return round(count * QUEUE_NOISE[int(self._rng.integers(len(QUEUE_NOISE)))])

    def _note(self, now: float, queued: int) -> None:
        ready = sum(1 for one in self._machines.values() if one.ready_at <= now)
        billed = len(self._machines)
        self._most_billed = max(self._most_billed, billed)
        self._timeline.append(TimelinePoint(at=now, queued=queued, ready=ready, billed=billed))

    def _act(self, decision: Decision, now: float) -> None:
        for _ in range(decision.launch):
            self._launch(now)
        self._most_billed = max(self._most_billed, len(self._machines))
        for name in decision.drain:
            machine = self._machines[int(name)]
            machine.drain_at = now
        for name in decision.terminate:
            machine = self._machines.pop(int(name))
            machine.ended_at = now
            self._gone.append(machine)

    def _launch(self, now: float, boot: float | None = None) -> None:
        if boot is None:
            spread = 1 + self._world.boot_variation * float(self._rng.standard_normal())
            boot = self._world.boot_seconds * min(max(spread, 0.5), 2.0)
        self._count += 1
        ready_at = now + boot
        self._machines[self._count] = _Machine(now, ready_at, ready_at)
        heapq.heappush(self._booting, (ready_at, self._count))

    def _outcome(self) -> TraceResult:
        least = self._world.limits.minimum_billed_seconds
        everyone = [*self._gone, *self._machines.values()]
        billed = sum(
            max((one.ended_at or 0.0) - max(one.launched_at, 0.0), least) for one in everyone
        )
        return TraceResult(
            policy=self._autoscaler.name,
            latencies=self._latencies,
            billed_seconds=billed,
            launches=self._count,
            most_billed=self._most_billed,
            timeline=tuple(self._timeline),
        )


def _as_seen(name: str, machine: _Machine, now: float) -> Instance:
    phase = Phase.READY if machine.ready_at <= now else Phase.BOOTING
    if machine.drain_at is not None:
        is_done = phase is Phase.BOOTING or machine.busy_until <= now
        phase = Phase.ENDED if is_done else Phase.DRAINING
    return Instance(
        id=name,
        phase=phase,
        launched_at=machine.launched_at,
        last_busy_at=min(machine.busy_until, now) if machine.answered else None,
    )
