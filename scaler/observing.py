"""One look at queue, jobs and fleet. What can't be seen is None, and is said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from foundation.aws.queue_depth import QueueDepth
from scaler.deciding.values import Instance, Observation
from scaler.instances.fleet import Fleet, FleetUnseen
from scaler.instances.functions import Functions, FunctionsSeen, FunctionsUnseen, NoFunctions
from scaler.queue_depth import QueueReader, QueueUnseen
from scaler.record.ledger import JobLedger, LedgerReading, LedgerUnseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen, and a line for each part that was not."""

    observation: Observation
    problems: tuple[str, ...] = field(default=())


AsksQueue = Callable[[Sequence[Instance] | None, float], bool]
"""Whether to ask the queue, by the instances that are there and the seconds since it was asked."""


def always(_: Sequence[Instance] | None, __: float) -> bool:
    return True


class Observer:
    """Looks; remembers when it looked last, to tell which jobs are new, and whether the queue held
    more than the database knows: then each look asks it."""

    def __init__(
        self,
        queue: QueueReader,
        ledger: JobLedger,
        fleet: Fleet,
        clock: Callable[[], float],
        functions: Functions | None = None,
        asks_queue: AsksQueue = always,
    ) -> None:
        self._queue, self._asks_queue, self._asked_at = queue, asks_queue, -math.inf
        self._others_wait = False
        self._ledger = ledger
        self._fleet = fleet
        self._functions = functions or NoFunctions()
        self._clock = clock
        self._read_at = clock()

    def look(self) -> Seen:
        now = self._clock()
        problems: list[str] = []
        ledger = self._jobs(now, problems)
        instances = self._instances(ledger, problems)
        depth = None
        if self._others_wait or self._asks_queue(instances, now - self._asked_at):
            self._asked_at, depth = now, self._depth(problems)
            jobs = ledger.outstanding if ledger else 0
            self._others_wait = depth is None or depth.total > jobs
        functions = self._functions_now(ledger, problems)
        observation = Observation(
            now=now,
            visible=depth.visible if depth else None,
            in_flight=depth.in_flight if depth else None,
            outstanding=ledger.outstanding if ledger else None,
            arrived=ledger.arrived if ledger else None,
            service_seconds=ledger.service_seconds if ledger else None,
            instances=instances,
            functions_running=functions.running,
            functions_allowed=functions.allowed,
            function_seconds_today=functions.seconds_today,
            function_start_seconds=functions.start_seconds,
            function_service_seconds=ledger.function_service_seconds if ledger else None,
        )
        return Seen(observation=observation, problems=tuple(problems))

    def _jobs(self, now: float, problems: list[str]) -> LedgerReading | None:
        try:
            reading = self._ledger.read(self._read_at, now)
        except LedgerUnseen as error:
            problems.append(str(error))
            return None
        self._read_at = now
        return reading

    def has_work(self) -> bool:
        """Whether a job waits: cheap enough to ask several times a second."""
        try:
            return self._ledger.has_open()
        except LedgerUnseen:
            return False

    def _functions_now(self, ledger: LedgerReading | None, problems: list[str]) -> FunctionsSeen:
        try:
            return self._functions.look(ledger.last_busy if ledger else {})
        except FunctionsUnseen as error:
            problems.append(str(error))
            return FunctionsSeen()

    def _depth(self, problems: list[str]) -> QueueDepth | None:
        try:
            return self._queue.depth()
        except QueueUnseen as error:
            problems.append(str(error))
            return None

    def _instances(
        self, ledger: LedgerReading | None, problems: list[str]
    ) -> tuple[Instance, ...] | None:
        try:
            instances = self._fleet.describe()
        except FleetUnseen as error:
            problems.append(str(error))
            return None
        busy = ledger.last_busy if ledger else {}
        return tuple(replace(one, last_busy_at=busy.get(one.id)) for one in instances)
