"""Lambda alone, and two published policies that route pictures to instances or functions.

Both put a router in front: a picture that finds no free process goes to a function at once. They
differ in the number of instances. Each is given a graceful scale-in, as the other peers are.
"""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from scaler.deciding.values import Decision, Observation
from scaler.simulation.peers import Periodic, resize, serving_count


@dataclass(kw_only=True)
class LambdaAlone(Periodic):
    """A function for each message, as Lambda's event source for SQS invokes it."""

    name: str = "Lambda alone"
    routes: bool = True

    def step(self, seen: Observation) -> Decision:
        """Keep no instance, so that functions answer everything."""
        return resize(seen, 0, self.limits)


@dataclass(kw_only=True)
class Routed(Periodic):
    """What the two hybrids share: a window of arrivals, and what one process takes a second."""

    service_seconds: float
    routes: bool = True
    interval_seconds: float = 10.0
    window: deque[float] = field(default_factory=lambda: deque(maxlen=10))

    def rates(self, seen: Observation) -> np.ndarray:
        """Arrivals a second of the last looks, in processes that they keep busy."""
        self.window.append((seen.arrived or 0) / self.interval_seconds)
        return np.array(self.window) * self.service_seconds / self.limits.slots_per_instance


@dataclass(kw_only=True)
class Spock(Routed):
    """Spock (Gunasekaran and others, IEEE CLOUD 2019), with its predictive policy.

    A linear regression over the last arrivals predicts the load at the end of a boot; instances
    are for all of it. One is let go after a minute in which fewer would have done.
    """

    name: str = "Spock"
    boot_seconds: float
    wanted: deque[int] = field(default_factory=lambda: deque(maxlen=6))

    def step(self, seen: Observation) -> Decision:
        """Keep as many instances as the predicted load needs."""
        busy = self.rates(seen)
        predicted = float(busy[-1])
        if len(busy) > 1:
            slope, level = np.polyfit(np.arange(len(busy)), busy, 1)
            predicted = level + slope * (len(busy) - 1 + self.boot_seconds / self.interval_seconds)
        self.wanted.append(math.ceil(max(predicted, 0.0) - 1e-9))
        return resize(seen, max(self.wanted[-1], _kept(self.wanted, seen)), self.limits)


def _kept(wanted: deque[int], seen: Observation) -> int:
    return min(max(wanted), serving_count(seen))


@dataclass(kw_only=True)
class Libra(Routed):
    """LIBRA (Raza and others, arXiv 2104.05491): instances for what is cheaper on them.

    The steady part of the load, over the last looks, fills instances. A rest gets one more only
    above the point where an instance costs as much as functions do; below it functions serve it.
    """

    name: str = "LIBRA"
    function_slowness: float
    wanted: deque[int] = field(default_factory=lambda: deque(maxlen=6))

    def step(self, seen: Observation) -> Decision:
        """Keep as many instances as are cheaper than functions for the mean load."""
        busy = float(self.rates(seen).mean())
        limits = self.limits
        functions = limits.slots_per_instance * self.function_slowness
        indifferent = limits.instance_second_dollars / (functions * limits.function_second_dollars)
        whole = math.floor(busy)
        self.wanted.append(whole + (busy - whole >= indifferent))
        return resize(seen, max(self.wanted[-1], _kept(self.wanted, seen)), limits)
