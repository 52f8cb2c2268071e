"""What must hold whatever happens: a small world that hypothesis plays with."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scaler.deciding.policy import decide
from scaler.deciding.values import Decision, Limits, Observation, Phase, State
from scaler.instances.fleet import Unseen
from tests.support.fleet import InMemoryFleet


class World(RuleBasedStateMachine):
    """Jobs come, SQS misreads, instances hang, get lost and hide; the policy looks and acts."""

    @initialize(
        maximum=st.integers(1, 12),
        minimum=st.integers(0, 2),
        promised=st.sampled_from([1.0, 20.0, 60.0]),
        delay=st.sampled_from([None, 2.0, 30.0]),
        boot=st.sampled_from([2.0, 10.0, 40.0]),
    )
    def begin(
        self, maximum: int, minimum: int, promised: float, delay: float | None, boot: float
    ) -> None:
        self.now = 1_000.0
        self.limits = Limits(
            minimum=min(minimum, maximum),
            maximum=maximum,
            target_latency_seconds=promised,
            scale_in_delay_seconds=delay,
            boot_timeout_seconds=100,
            drain_timeout_seconds=20,
            slots_per_instance=2,
        )
        self.fleet = InMemoryFleet(lambda: self.now, boot_seconds=boot)
        self.boot = boot
        self.state = State()
        self.jobs = 0
        self.arrived = 0
        self.last = Decision()

    def look(self, misread: float = 1.0) -> None:
        self.now += self.limits.interval_seconds
        self._serve()
        try:
            busy = self.now if self.served else None
            instances = tuple(
                replace(one, last_busy_at=busy) if one.phase is Phase.READY else one
                for one in self.fleet.describe()
            )
        except Unseen:
            instances = None
        phases = {one.id: one.phase for one in instances or ()}
        seen = Observation(
            now=self.now,
            visible=round(self.jobs * misread),
            in_flight=0,
            outstanding=self.jobs,
            arrived=self.arrived,
            service_seconds=0.5,
            instances=instances,
        )
        self.arrived = 0
        self.last, self.state = decide(seen, self.state, self.limits)
        self._check(phases)
        self.fleet.launch(self.last.launch)
        self.fleet.ask_to_stop(self.last.drain)
        self.fleet.terminate(self.last.terminate)

    def _serve(self) -> None:
        ready = [one for one in self._present() if one.phase is Phase.READY]
        self.served = self.jobs > 0
        self.jobs = max(self.jobs - 8 * len(ready), 0)

    def _present(self):  # type: ignore[no-untyped-def]
        blind, self.fleet.blind = self.fleet.blind, False
        instances = self.fleet.describe()
        self.fleet.blind = blind
        return instances

    def _check(self, phases: dict[str, Phase]) -> None:
        """One decision against what it was made from."""
        assert not (self.last.launch and self.last.drain), "launch and scale-in in one step"
        assert self.last.launch >= 0
        assert len(phases) + self.last.launch <= max(self.limits.maximum, len(phases))
        for one in self.last.drain:
            assert phases[one] in (Phase.BOOTING, Phase.READY)
        for one in self.last.terminate:
            assert phases[one] is not Phase.READY, "an instance that serves is never just ended"
        assert self.last.reason

    @rule(count=st.integers(1, 400))
    def arrive(self, count: int) -> None:
        self.jobs += count
        self.arrived += count

    @rule(times=st.integers(1, 10), misread=st.sampled_from([0.0, 0.29, 0.78, 1.0, 1.0, 3.0]))
    def look_on(self, times: int, misread: float) -> None:
        for _ in range(times):
            self.look(misread)

    @rule()
    def go_blind(self) -> None:
        self.fleet.blind = True
        self.look()
        self.look()
        assert not self.last.changes_something
        self.fleet.blind = False

    @precondition(lambda self: self._present())
    @rule(which=st.integers(0, 100))
    def lose_one(self, which: int) -> None:
        there = self._present()
        self.fleet.lose(there[which % len(there)].id)

    @rule(hangs=st.booleans())
    def boots_hang(self, hangs: bool) -> None:
        self.fleet.boot_seconds = None if hangs else self.boot

    @invariant()
    def never_more_than_the_maximum(self) -> None:
        if hasattr(self, "fleet"):
            assert len(self._present()) <= self.limits.maximum

    def teardown(self) -> None:
        """Left in peace, every backlog is served and the fleet goes back to the minimum."""
        if not hasattr(self, "fleet"):
            return
        self.fleet.boot_seconds = self.boot
        for _ in range(1_200):
            self.look()
            if self.jobs == 0 and len(self._present()) == self.limits.minimum:
                break
        assert self.jobs == 0
        assert len(self._present()) == self.limits.minimum


World.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestWorld = World.TestCase
