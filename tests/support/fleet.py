"""A fleet that exists only in memory, behind the verbs of `scaler.instances.fleet.Fleet`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scaler.deciding.values import Instance, Phase
from scaler.instances.fleet import Unseen


@dataclass(slots=True)
class _Simulated:
    instance: Instance
    ready_at: float | None


class InMemoryFleet:
    """A fleet that exists only here: instances boot by the clock and end when told.

    Parameters:
        clock: tells the time in seconds.
        boot_seconds: time until a launched instance takes messages; None is never.
        capacity: the most that the "cloud" has; a launch beyond it gives fewer.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        boot_seconds: float | None = 30.0,
        capacity: int = 1_000_000,
    ) -> None:
        self._clock = clock
        self.boot_seconds = boot_seconds
        self.capacity = capacity
        self.blind = False
        self.refusal = ""
        self.holding: set[str] = set()
        self._instances: dict[str, _Simulated] = {}
        self._launched = 0

    def describe(self) -> tuple[Instance, ...]:
        if self.blind:
            raise Unseen("this fleet was told not to show itself")
        return tuple(self._now(one) for one in self._instances.values())

    def _now(self, one: _Simulated) -> Instance:
        phase = one.instance.phase
        if phase is Phase.BOOTING and one.ready_at is not None and self._clock() >= one.ready_at:
            phase = Phase.READY
        if phase is Phase.DRAINING and one.instance.id not in self.holding:
            phase = Phase.ENDED
        one.instance = replace(one.instance, phase=phase)
        return one.instance

    def launch(self, count: int) -> Sequence[str]:
        allowed = max(min(count, self.capacity - len(self._instances)), 0)
        return [self._launch_one() for _ in range(allowed)]

    def _launch_one(self) -> str:
        self._launched += 1
        name, now = f"i-{self._launched:04d}", self._clock()
        ready_at = None if self.boot_seconds is None else now + self.boot_seconds
        booting = Instance(id=name, phase=Phase.BOOTING, launched_at=now)
        self._instances[name] = _Simulated(booting, ready_at)
        return name

    def ask_to_stop(self, ids: Iterable[str]) -> None:
        for name in ids:
            if one := self._instances.get(name):
                one.instance = replace(one.instance, phase=Phase.DRAINING)

    def terminate(self, ids: Iterable[str]) -> None:
        for name in ids:
            self._instances.pop(name, None)
            self.holding.discard(name)

    def why_gone(self, ids: Iterable[str]) -> Mapping[str, str]:
        return dict.fromkeys(ids, "taken away")

    def lose(self, name: str) -> None:
        """Take an instance away, as a spot interruption does."""
        self.terminate([name])
