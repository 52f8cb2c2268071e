"""Policies that people use today, from their documentation, beside ours.

Each gets a graceful scale-in (an instance finishes what it holds), which not all of them have. So
only the numbers that they decide on are compared.
"""

import math
from dataclasses import dataclass, field

from scaler.deciding import bursting, policy
from scaler.deciding.values import Decision, Instance, Limits, Observation, Phase, State


@dataclass
class Ours:
    """`scaler.deciding.policy.decide` with its state, and the pauses of `scaler.loop`."""

    limits: Limits
    name: str = "ours"
    state: State = field(default_factory=State)
    routes: bool = False

    def pause_seconds(self, seen: Observation, new_job_in: float) -> float:
        """Seconds until the policy's next look."""
        pause = bursting.longest_pause(seen, self.limits)
        if not self.wakes(seen) or new_job_in > pause:
            return pause
        looks = math.ceil(new_job_in / bursting.WAKE_SECONDS)
        return min(max(looks, 1) * bursting.WAKE_SECONDS, pause)

    def wakes(self, seen: Observation) -> bool:
        """Whether a picture may end the pause, as in `scaler.loop`."""
        return bursting.wakes(seen, self.limits)

    def asks_queue(self, instances: tuple[Instance, ...], seconds: float) -> bool:
        """Whether this look asks the queue for its depth."""
        return bursting.asks_queue(instances, seconds, self.limits)

    def step(self, seen: Observation) -> Decision:
        """Decide as the product's own policy does."""
        decision, self.state = policy.decide(seen, self.state, self.limits)
        return decision


def resize(seen: Observation, desired: int, limits: Limits) -> Decision:
    """Launch or let go so that `desired` instances are there; what has ended is ended."""
    desired = min(max(desired, limits.minimum), limits.maximum)
    serving = [*seen.in_phase(Phase.BOOTING), *seen.in_phase(Phase.READY)]
    ended = tuple(one.id for one in seen.in_phase(Phase.ENDED))
    billed = len(seen.instances or ())
    longest_idle = sorted(serving, key=lambda one: one.last_busy_at or 0.0)
    surplus = longest_idle[: max(len(serving) - desired, 0)]
    return Decision(
        launch=max(min(desired - len(serving), limits.maximum - billed), 0),
        drain=tuple(one.id for one in surplus),
        terminate=ended,
        wanted=desired,
    )


def serving_count(seen: Observation) -> int:
    """How many instances serve or boot."""
    return len(seen.in_phase(Phase.BOOTING)) + len(seen.in_phase(Phase.READY))


@dataclass
class Periodic:
    """A policy that looks at a fixed interval."""

    limits: Limits
    interval_seconds: float = 30.0
    routes: bool = False

    def pause_seconds(self, seen: Observation, new_job_in: float) -> float:  # noqa: ARG002
        """The same pause each time, in seconds."""
        return self.interval_seconds

    def wakes(self, seen: Observation) -> bool:  # noqa: ARG002
        """False: none looks between."""
        return False

    def asks_queue(self, instances: tuple[Instance, ...], seconds: float) -> bool:  # noqa: ARG002
        """True: each look asks the queue."""
        return True


@dataclass(kw_only=True)
class Fixed(Periodic):
    """A fleet of one size that is always there."""

    size: int
    name: str = "fixed"

    def step(self, seen: Observation) -> Decision:
        """Keep the same number of instances."""
        return resize(seen, self.size, self.limits)


@dataclass
class OnePerMessage(Periodic):
    """The course solutions' rule: as many instances as messages; each goes when none is left."""

    name: str = "one per message"
    interval_seconds: float = 5.0

    def step(self, seen: Observation) -> Decision:
        """Want one instance for each message on the queue."""
        depth = seen.depth or 0
        # Scale-in is the instances' own: they look once more and go when the queue is empty.
        desired = depth if depth == 0 else max(depth, serving_count(seen))
        return resize(seen, desired, self.limits)


@dataclass
class Keda(Periodic):
    """KEDA's aws-sqs-queue trigger with its defaults, and the HPA behind it.

    keda.sh/docs/scalers/aws-sqs: visible plus in-flight messages over `queueLength` 5, cooldown
    300 s to zero. Kubernetes' HPA: sync every 15 s, tolerance 0.1, at most the greater of 4 pods
    and 100 % more in 15 s, scale-in to the highest recommendation of 300 s.
    """

    name: str = "keda"
    interval_seconds: float = 15.0
    queue_length: int = 5
    cooldown_seconds: float = 300.0
    recommendations: list[tuple[float, int]] = field(default_factory=list)
    last_active: float = -math.inf

    def step(self, seen: Observation) -> Decision:
        """Decide as KEDA's rule does."""
        depth = seen.depth or 0
        current = serving_count(seen)
        if depth > 0:
            self.last_active = seen.now
        if current == 0:
            return resize(seen, 1 if depth > 0 else 0, self.limits)
        wanted = max(self._stabilised(seen.now, self._recommended(depth, current)), 1)
        if depth == 0 and seen.now - self.last_active >= self.cooldown_seconds:
            wanted = 0
        return resize(seen, min(wanted, max(current + 4, current * 2)), self.limits)

    def _recommended(self, depth: int, current: int) -> int:
        if abs(depth / (self.queue_length * current) - 1) <= 0.1:
            return current
        return math.ceil(depth / self.queue_length)

    def _stabilised(self, now: float, recommended: int) -> int:
        began = now - self.cooldown_seconds
        self.recommendations = [one for one in self.recommendations if one[0] > began]
        self.recommendations.append((now, recommended))
        return max(count for _, count in self.recommendations)


@dataclass(kw_only=True)
class TargetTracking(Periodic):
    """AWS Auto Scaling's target tracking on backlog per instance.

    The user guide's recipe for SQS: visible messages over running instances, published each
    minute, against acceptable latency over service time. Three minutes above the target scale
    out in proportion, fifteen below 90 % of it scale in. One instance stays: with none the
    metric is not defined.
    """

    service_seconds: float
    name: str = "target tracking"
    interval_seconds: float = 60.0
    history: list[float] = field(default_factory=list)

    def step(self, seen: Observation) -> Decision:
        """Decide as AWS's target tracking does."""
        ready = max(len(seen.in_phase(Phase.READY)), 1)
        current = serving_count(seen)
        per_job = self.service_seconds / self.limits.slots_per_instance
        target = self.limits.target_latency_seconds / per_job
        self.history = [*self.history, (seen.visible or 0) / ready / target][-15:]
        return resize(seen, max(self._desired(current), 1), self.limits)

    def _desired(self, current: int) -> int:
        if current and len(self.history) >= 3 and min(self.history[-3:]) > 1.0:
            return math.ceil(current * self.history[-1])
        if len(self.history) == 15 and max(self.history) < 0.9:
            return min(current, max(math.ceil(current * self.history[-1]), current - 1))
        return current
