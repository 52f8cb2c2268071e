"""Simulates a queue, instances that boot, serve and drain, and functions, event by event.

Between two looks of the scaler the fleet changes only by boots and runs that end. So jobs are
served in one tight loop over a heap of slots. The scaler sees what it would see in production.
"""

import heapq
import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from scaler.deciding import bursting
from scaler.deciding.values import Decision, Instance, Observation, Phase
from scaler.simulation.functions import Functions
from scaler.simulation.traces import Trace
from scaler.simulation.world import Autoscaler, TimelinePoint, TraceResult, World

QUEUE_NOISE = (0.29, 0.29, 0.78, 0.78, 1.0, 0.0, 1.0, 0.29, 1.0, 1.0, 1.0, 0.99)
"""What SQS said of 100 outstanding messages in a recorded run of the original system."""

RECENT_SERVICES = 50
QUEUE_REQUEST_DOLLARS = 0.40 / 1_000_000
EVENT_SOURCE_REQUESTS = 0.25
"""Requests a second of Lambda's own pollers of a queue: five, with long polls of 20 s."""


@dataclass(slots=True)
class _Machine:
    launched_at: float
    ready_at: float
    busy_until: float
    drain_at: float | None = None
    ended_at: float | None = None
    answered: bool = False


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
        self._functions = Functions(world.functions, world.limits.function_run_seconds)
        self._by_function: list[float] = []
        self._asks, self._asked_at = 0, -math.inf
        self._most_billed = self._most_functions = 0
        self._count = 0
        for _ in range(initial):
            self._launch(-world.boot_seconds, boot=world.boot_seconds)

    def run(self) -> TraceResult:
        """Go through the trace, and on until everything is served and its time is over."""
        now = 0.0
        end = self._trace.duration_seconds
        while now < end or self._next_job < self._trace.jobs:
            self._serve_until(now)
            seen = self._observe(now)
            decision = self._autoscaler.step(seen)
            self._act(decision, now)
            now += self._pause(seen, decision)
        for machine in self._machines.values():
            machine.ended_at = max(now, machine.busy_until)
        self._functions.end_idle(math.inf)
        return self._outcome(now)

    def _pause(self, seen: Observation, decision: Decision) -> float:
        """Time to the next look. With nothing there and nothing to do, many are passed over."""
        coming = math.inf
        if self._seen_arrivals < self._trace.jobs:
            coming = self._arrivals[self._seen_arrivals] - seen.now
        if seen.outstanding and self._autoscaler.wakes(seen):
            return self._pause_with_work(seen)
        pause = self._autoscaler.pause_seconds(seen, coming)
        is_open = self._next_job < self._seen_arrivals
        busy = self._machines or self._functions.running or is_open
        passed = 1
        if not (busy or decision.changes_something or pause >= coming):
            left = self._trace.duration_seconds - seen.now
            passed = max(math.floor(min(coming, left) / pause), 1)
        self._asks += passed - 1
        return passed * pause

    def _pause_with_work(self, seen: Observation) -> float:
        """Time to the next look. A picture that comes right after an answer ends it early."""
        pause = self._autoscaler.pause_seconds(seen, math.inf)
        for waited in np.arange(bursting.WAKE_SECONDS, pause, bursting.WAKE_SECONDS).tolist():
            self._serve_until(seen.now + waited)
            if self._next_follows(seen, seen.now + waited):
                return float(waited)
        return pause

    def _next_follows(self, seen: Observation, now: float) -> bool:
        """Whether the oldest open picture came after a look, and right after an answer."""
        begin = self._seen_arrivals - (seen.outstanding or 0)
        end = bisect_right(self._arrivals, now)
        served = self._trace.arrivals[begin : self._next_job]
        answered_at = np.full(end - begin, math.inf)
        answered_at[: len(served)] = served + self._latencies[begin : self._next_job]
        is_open = answered_at > now
        if not is_open.any() or begin + (oldest := int(is_open.argmax())) < self._seen_arrivals:
            return False
        newest = answered_at[~is_open].max()
        return bool(self._arrivals[begin + oldest] - newest <= bursting.NEXT_SECONDS)

    def _serve_until(self, end: float) -> None:
        """Start every job that can start before `end`: first come, first served."""
        self._finish_boots(end)
        begin = self._begin_routed if self._autoscaler.routes else self._begin
        jobs = self._trace.jobs
        while self._next_job < jobs and self._arrivals[self._next_job] < end:
            arrival = self._arrivals[self._next_job]
            finish = begin(arrival, self._services[self._next_job], end)
            if finish is None:
                break
            self._latencies[self._next_job] = finish - arrival
            self._next_job += 1
        coming = self._arrivals[self._next_job] if self._next_job < jobs else math.inf
        self._functions.end_idle(min(coming, end))

    def _begin(self, arrival: float, service: float, end: float) -> float | None:
        """Give a picture to the process that is free first; None if that is not before `end`."""
        free_at, by_function = self._slot_free_at(), self._functions.free_at(arrival)
        if min(free_at, by_function) >= end:
            return None
        if free_at <= max(by_function, arrival):
            return self._by_instance(max(free_at, arrival), service)
        self._by_function.append(service * self._world.functions.slowness)
        return self._functions.take(by_function, service)

    def _begin_routed(self, arrival: float, service: float, end: float) -> float | None:
        """Give a picture to a free process, or else to a function that is invoked for it."""
        free_at, invoked_at = self._slot_free_at(), self._functions.invoked_at(arrival)
        if min(free_at, invoked_at) >= end:
            return None
        if free_at <= invoked_at:
            return self._by_instance(max(free_at, arrival), service)
        return self._functions.invoke(invoked_at, service)

    def _slot_free_at(self) -> float:
        """When the next process of an instance is free; never is infinity."""
        while self._slots:
            free_at, owner = self._slots[0]
            machine = self._machines.get(owner)
            if machine is not None and machine.drain_at is None:
                return free_at
            heapq.heappop(self._slots)
        return math.inf

    def _by_instance(self, start: float, service: float) -> float:
        finish = start + service
        _, owner = self._slots[0]
        heapq.heapreplace(self._slots, (finish, owner))
        machine = self._machines[owner]
        machine.busy_until = max(machine.busy_until, finish)
        machine.answered = True
        return finish

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
        in_flight += self._functions.holding(now)
        instances = tuple(
            _as_seen(str(number), machine, now) for number, machine in self._machines.items()
        )
        asks = self._autoscaler.asks_queue(instances, now - self._asked_at)
        if asks:
            self._asks, self._asked_at = self._asks + 1, now
        new, self._seen_arrivals = arrived - self._seen_arrivals, arrived
        recent = self._services[max(self._next_job - RECENT_SERVICES, 0) : self._next_job]
        self._note(now, waiting + in_flight)
        return Observation(
            now=now,
            visible=self._misread(waiting) if asks else None,
            in_flight=self._misread(in_flight) if asks else None,
            outstanding=waiting + in_flight,
            arrived=new,
            service_seconds=_mean(recent),
            instances=instances,
            functions_running=self._functions.running,
            functions_allowed=max(self._world.functions.maximum - self._functions.running, 0),
            function_seconds_today=self._functions.seconds_until(now),
            function_start_seconds=self._functions.mean_start_seconds,
            function_service_seconds=_mean(self._by_function[-RECENT_SERVICES:]),
        )

    def _misread(self, count: int) -> int:
        if not self._world.noisy_queue or count == 0:
            return count
        return round(count * QUEUE_NOISE[int(self._rng.integers(len(QUEUE_NOISE)))])

    def _note(self, now: float, queued: int) -> None:
        ready = sum(1 for one in self._machines.values() if one.ready_at <= now)
        billed = len(self._machines)
        self._most_billed = max(self._most_billed, billed)
        functions = self._functions.running
        self._most_functions = max(self._most_functions, functions)
        self._timeline.append(
            TimelinePoint(at=now, queued=queued, ready=ready, billed=billed, functions=functions)
        )

    def _act(self, decision: Decision, now: float) -> None:
        for _ in range(decision.launch):
            self._launch(now)
        for _ in range(decision.start_functions):
            self._functions.start(now)
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

    def _outcome(self, now: float) -> TraceResult:
        least = self._world.limits.minimum_billed_seconds
        everyone = [*self._gone, *self._machines.values()]
        billed = sum(
            max((one.ended_at or 0.0) - max(one.launched_at, 0.0), least) for one in everyone
        )
        asks = EVENT_SOURCE_REQUESTS * now if self._autoscaler.routes else self._asks
        asking = asks * QUEUE_REQUEST_DOLLARS
        return TraceResult(
            policy=self._autoscaler.name,
            latencies=self._latencies,
            billed_seconds=billed,
            function_seconds=self._functions.billed_seconds,
            function_starts=self._functions.starts,
            dollars=self._dollars(billed) + asking,
            asking_dollars=asking,
            launches=self._count,
            most_billed=self._most_billed,
            most_functions=self._most_functions,
            timeline=tuple(self._timeline),
        )

    def _dollars(self, billed_seconds: float) -> float:
        limits = self._world.limits
        return (
            billed_seconds * limits.instance_second_dollars
            + self._functions.billed_seconds * limits.function_second_dollars
            + self._functions.starts * limits.function_start_dollars
        )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


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
