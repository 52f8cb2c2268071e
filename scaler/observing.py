"""One look at queue, jobs and fleet. A value that can't be seen is None, with its reason."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from foundation.aws.queue_depth import QueueDepth
from scaler.deciding import bursting
from scaler.deciding.values import Instance, Limits, Observation
from scaler.instances.fleet import Fleet, Unseen
from scaler.instances.functions import LambdaFunctions
from scaler.record.function_runs import FunctionsSeen
from scaler.record.ledger import JobLedger, LedgerReading

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The values that were seen, and a line for each part that was not."""

    observation: Observation
    problems: tuple[str, ...] = field(default=())


class Observer:
    """Looks, and remembers when it looked last, to tell which jobs are new. It also remembers
    whether the queue held more than the database knows: then each look asks it.

    Parameters:
        functions: None where there are none.
        limits: of the policy, which says when to ask the queue; without them each look does.
    """

    def __init__(
        self,
        depth: Callable[[], QueueDepth],
        ledger: JobLedger,
        fleet: Fleet,
        clock: Callable[[], float],
        functions: LambdaFunctions | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._depth, self._limits, self._asked_at = depth, limits, -math.inf
        self._others_wait = False
        self._ledger = ledger
        self._fleet = fleet
        self._functions = functions
        self._clock = clock
        self._read_at = clock()

    def look(self) -> Seen:
        """Look at jobs, instances, queue and functions once."""
        now = self._clock()
        problems: list[str] = []
        ledger = _or_none(lambda: self._ledger.read(self._read_at, now), problems)
        if ledger is not None:
            self._read_at = now
        jobs = ledger or LedgerReading()
        instances = _or_none(lambda: self._instances(jobs), problems)
        depth = None
        if self._asks_queue(instances, now - self._asked_at):
            self._asked_at, depth = now, _or_none(self._depth, problems)
            self._others_wait = depth is None or depth.total > (jobs.outstanding or 0)
        functions = _or_none(lambda: self._functions_now(jobs), problems) or FunctionsSeen()
        observation = Observation(
            now=now,
            visible=depth.visible if depth else None,
            in_flight=depth.in_flight if depth else None,
            outstanding=jobs.outstanding,
            arrived=jobs.arrived,
            service_seconds=jobs.service_seconds,
            instances=instances,
            functions_running=functions.running,
            functions_allowed=functions.allowed,
            function_seconds_today=functions.seconds_today,
            function_start_seconds=functions.start_seconds,
            function_service_seconds=jobs.function_service_seconds,
        )
        return Seen(observation=observation, problems=tuple(problems))

    def _asks_queue(self, instances: Sequence[Instance] | None, seconds: float) -> bool:
        """Whether a look asks the queue again, `seconds` after it was asked."""
        if self._others_wait or self._limits is None:
            return True
        return bursting.asks_queue(instances, seconds, self._limits)

    def has_new_work(self, seen: Observation) -> bool:
        """Whether a job came since a look that nobody takes: the first one, or the next of somebody
        who sends one at a time. Cheap enough to ask several times a second."""
        try:
            if not seen.outstanding:
                return self._ledger.has_open()
            return self._ledger.next_follows(seen.now, bursting.NEXT_SECONDS)
        except Unseen:
            return False

    def _functions_now(self, jobs: LedgerReading) -> FunctionsSeen:
        return self._functions.look(jobs.last_busy) if self._functions else FunctionsSeen()

    def _instances(self, jobs: LedgerReading) -> tuple[Instance, ...]:
        seen = self._fleet.describe()
        return tuple(replace(one, last_busy_at=jobs.last_busy.get(one.id)) for one in seen)


def _or_none(look: Callable[[], T], problems: list[str]) -> T | None:
    """What a look shows; None, and a line among the problems, where it shows nothing."""
    try:
        return look()
    except Unseen as error:
        problems.append(str(error))
        return None
