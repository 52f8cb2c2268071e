"""One trace, all policies: who pays what, who waits how long, and who is beaten by whom."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scaler.simulation import bounds
from scaler.simulation.engine import Simulation
from scaler.simulation.hybrid_peers import LambdaAlone, Libra, Spock
from scaler.simulation.peers import Fixed, Keda, OnePerMessage, Ours, TargetTracking
from scaler.simulation.traces import Trace
from scaler.simulation.world import Autoscaler, TraceResult, World

OURS, EC2_ALONE = "ours", "EC2 alone"
HINDSIGHT = "fixed mean"
"""A fleet of the trace's mean size. It knows the trace before it begins, so it is no peer."""

TIE = 0.01
"""Closer than one in a hundred is a tie."""

DELAY_PRICE = 0.01
"""The price of a second of waiting, in seconds of an instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one policy did. Costs are dollars, latencies seconds.

    `cost` has the requests that ask the queue in it; `compute` is instances and functions alone.
    """

    policy: str
    outcome: TraceResult
    cost: float
    compute: float
    first: float
    p50: float
    p95: float
    longest: float
    kept: float
    objective: float
    is_peer: bool

    def beats(self, other: Score) -> bool:
        """Better in both cost and p95 latency."""
        return self.cost < other.cost * (1 - TIE) and self.p95 < other.p95 * (1 - TIE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """All policies on one trace, with the bounds."""

    trace: Trace
    world: World
    scores: tuple[Score, ...]
    latency_floor: float
    clairvoyant: float
    objective: float

    @property
    def ours(self) -> Score:
        """How our policy did."""
        return next(score for score in self.scores if score.policy == OURS)

    @property
    def beaten_by(self) -> tuple[str, ...]:
        """Peers that are better than ours in both. The goal is that there are none."""
        return tuple(s.policy for s in self.scores if s.is_peer and s.beats(self.ours))

    @property
    def beaten_in_hindsight(self) -> bool:
        """Whether a fleet sized for exactly this trace does better in both."""
        return any(s.policy == HINDSIGHT and s.beats(self.ours) for s in self.scores)


def policies(trace: Trace, world: World) -> list[tuple[Autoscaler, int]]:
    """Ours, the peers, and their number of instances at the start."""
    limits = world.limits
    mean = trace.work_seconds / limits.slots_per_instance / trace.duration_seconds
    fitting = min(max(math.ceil(mean), 1), limits.maximum)
    service = trace.work_seconds / max(trace.jobs, 1)
    least, slowness = limits.minimum, world.functions.slowness
    return [
        (Ours(limits), least),
        (Ours(replace(limits, function_maximum=0), name=EC2_ALONE), least),
        (LambdaAlone(limits), least),
        (Libra(limits, service_seconds=service, function_slowness=slowness), least),
        (Spock(limits, service_seconds=service, boot_seconds=world.boot_seconds), least),
        (Keda(limits), least),
        (TargetTracking(limits, service_seconds=service), max(least, 1)),
        (OnePerMessage(limits), least),
        (Fixed(limits, size=limits.maximum, name="fixed maximum"), limits.maximum),
        (Fixed(limits, size=fitting, name=HINDSIGHT), fitting),
    ]


def hold(trace: Trace, world: World) -> Contest:
    """Run all policies over the trace, and compute the bounds."""
    delay_price = DELAY_PRICE * world.limits.instance_second_dollars
    outcomes = (
        Simulation(trace, autoscaler, world, initial).run()
        for autoscaler, initial in policies(trace, world)
    )
    return Contest(
        trace=trace,
        world=world,
        scores=tuple(score(outcome, trace, world, delay_price) for outcome in outcomes),
        latency_floor=bounds.latency_floor(trace, world),
        clairvoyant=bounds.clairvoyant(trace, world),
        objective=bounds.clairvoyant(trace, world, delay_price),
    )


def score(outcome: TraceResult, trace: Trace, world: World, delay_price: float) -> Score:
    """An outcome in figures."""
    latencies = outcome.latencies
    waited = float((latencies - trace.services).sum())
    p50, p95 = np.percentile(latencies, [50, 95]) if trace.jobs else (0.0, 0.0)
    return Score(
        policy=outcome.policy,
        outcome=outcome,
        cost=outcome.dollars,
        compute=outcome.dollars - outcome.asking_dollars,
        first=float(latencies[0]) if trace.jobs else 0.0,
        p50=float(p50),
        p95=float(p95),
        longest=float(latencies.max(initial=0.0)),
        kept=float(np.mean(latencies <= world.limits.target_latency_seconds)),
        objective=outcome.dollars - outcome.asking_dollars + delay_price * waited,
        is_peer=outcome.policy not in (OURS, HINDSIGHT),
    )


def mean_ratio(contests: Sequence[Contest]) -> float:
    """Mean over the traces of our cost over the bound, where nearly every promise was kept."""
    ratios = [contest.ours.compute / contest.clairvoyant for contest in kept(contests)]
    return float(np.mean(ratios)) if ratios else math.nan


def total_ratio(contests: Sequence[Contest]) -> float:
    """Our cost of all traces together over the bounds' sum: what an account would show."""
    best = sum(contest.clairvoyant for contest in kept(contests))
    return sum(contest.ours.compute for contest in kept(contests)) / best if best else math.nan


KEPT_SHARE = 0.95


def kept(contests: Iterable[Contest]) -> list[Contest]:
    """Traces on which ours kept the promise for 95 % of the pictures."""
    return [contest for contest in contests if contest.ours.kept >= KEPT_SHARE]
