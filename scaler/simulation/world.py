"""A policy under test, the world around it, and what became of a trace there."""

from dataclasses import dataclass, field
from typing import Protocol

from scaler.deciding.values import Decision, Instance, Limits, Observation
from scaler.simulation.functions import FunctionTimes
from scaler.simulation.traces import Floats


class Autoscaler(Protocol):
    """A policy under test, with whatever it remembers inside.

    `routes` is True where pictures that find no free process are handed to a function at once, by
    Lambda's event source or by a router; with False functions are started by decisions alone.
    """

    @property
    def name(self) -> str:
        """What results call the policy."""

    @property
    def routes(self) -> bool:
        """Whether the policy sends each picture to a function or an instance itself."""

    def pause_seconds(self, seen: Observation, new_job_in: float) -> float:
        """Time to the next look, where the next picture comes in this time."""

    def wakes(self, seen: Observation) -> bool:
        """Whether a picture may end the pause."""

    def asks_queue(self, instances: tuple[Instance, ...], seconds: float) -> bool:
        """Whether a look asks the queue again, by the seconds since it last did."""

    def step(self, seen: Observation) -> Decision:
        """What to do after this look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What surrounds the policy."""

    limits: Limits = field(default_factory=Limits)
    boot_seconds: float = 30.0
    boot_variation: float = 0.1
    functions: FunctionTimes = field(default_factory=FunctionTimes)
    noisy_queue: bool = True
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    """One point of the timeline."""

    at: float
    queued: int
    ready: int
    billed: int
    functions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceResult:
    """What became of a trace under a policy."""

    policy: str
    latencies: Floats
    billed_seconds: float
    function_seconds: float
    function_starts: int
    dollars: float
    asking_dollars: float
    launches: int
    most_billed: int
    most_functions: int
    timeline: tuple[TimelinePoint, ...]
