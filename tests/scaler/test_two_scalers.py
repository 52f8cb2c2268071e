"""Several scalers on one fleet: one acts, the others wait, and the maximum holds at any moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from foundation.aws.queue_depth import QueueDepth
from scaler.deciding.values import Limits, Phase
from scaler.instances.fleet import Unseen
from scaler.lease import ScalerLease
from scaler.loop import Scaler
from scaler.models import Look
from scaler.observing import Observer
from scaler.record.history import StoredHistory
from scaler.record.ledger import LedgerReading
from tests.support.fleet import InMemoryFleet

pytestmark = [pytest.mark.django_db, pytest.mark.database]

LIMITS = Limits(
    maximum=5, target_latency_seconds=5, scale_in_delay_seconds=4, boot_timeout_seconds=30
)


class World:
    """A clock, a queue, jobs and a fleet that several scalers share."""

    def __init__(self, boot_seconds: float | None = 6.0) -> None:
        self.now = 1_780_000_000.0
        self.jobs = 0
        self.queue_away = self.jobs_away = False
        self.fleet = InMemoryFleet(self.clock, boot_seconds)
        self.most = 0

    def clock(self) -> float:
        return self.now

    def depth(self) -> QueueDepth:
        if self.queue_away:
            raise Unseen("SQS is away")
        return QueueDepth(visible=self.jobs, in_flight=0)

    def read(self, since: float, now: float) -> LedgerReading:
        if self.jobs_away:
            raise Unseen("the database is away")
        return LedgerReading(outstanding=self.jobs, arrived=0, service_seconds=0.5)

    def has_open(self) -> bool:
        return self.jobs > 0

    def next_follows(self, since: float, within_seconds: float) -> bool:
        return False

    def scaler(self, name: str, history: Any = None, limits: Limits = LIMITS) -> Scaler:
        lease = ScalerLease("faceweb", name, self.clock)
        observer = Observer(self.depth, self, self.fleet, self.clock)
        return Scaler(
            observer, self.fleet, lease, history or StoredHistory(name), limits, self.clock
        )

    def go_on(self, *scalers: Scaler, looks: int = 1) -> None:
        for _ in range(looks):
            self.now += LIMITS.interval_seconds
            ready = sum(one.phase is Phase.READY for one in self.fleet.describe())
            self.jobs = max(self.jobs - 8 * ready, 0)
            for scaler in scalers:
                scaler.step()
                self.most = max(self.most, len(self.fleet.describe()))


def test_two_scalers_are_one() -> None:
    world = World()
    one, two = world.scaler("one"), world.scaler("two")
    world.jobs = 400

    with capture_logs() as logs:
        world.go_on(one, two, looks=40)

    assert world.most == LIMITS.maximum
    assert world.jobs == 0
    waiting = [line for line in logs if line["event"] == "scaler_waits"]
    assert [line["holder"] for line in waiting] == ["one"]


def test_a_killed_scaler_is_followed_when_its_lease_is_over() -> None:
    world = World()
    one, two = world.scaler("one"), world.scaler("two")
    world.jobs = 4_000
    world.go_on(one, two, looks=3)

    # `one` is killed: it steps no more, and says nothing.
    with capture_logs() as logs:
        world.go_on(two, looks=10)

    assert "scaler_takes_over" in [line["event"] for line in logs]
    assert world.most == LIMITS.maximum
    assert len(world.fleet.describe()) == LIMITS.maximum  # adopted, neither doubled nor shrunk


def test_a_scaler_that_stops_is_followed_at_once() -> None:
    world = World()
    one, two = world.scaler("one"), world.scaler("two")
    world.go_on(one, two)

    one.release()
    world.jobs = 10
    world.go_on(two)

    assert len(world.fleet.describe()) > 0


def test_instances_that_hang_at_boot_are_replaced_and_the_count_stays_right() -> None:
    world = World(boot_seconds=None)
    scaler = world.scaler("one")
    world.jobs = 400

    with capture_logs() as logs:
        world.go_on(scaler, looks=30)
        world.fleet.boot_seconds = 6.0
        world.go_on(scaler, looks=80)

    reasons = " ".join(line["reason"] for line in logs if line["event"] == "scaler_decision")
    assert "too long to boot" in reasons
    assert "one at a time" in reasons
    assert world.most == LIMITS.maximum
    assert world.jobs == 0


def test_what_a_busy_instance_holds_is_finished_first() -> None:
    world = World()
    scaler = world.scaler("one", limits=replace(LIMITS, drain_timeout_seconds=40))
    world.jobs = 1
    world.go_on(scaler, looks=4)
    (busy,) = (one.id for one in world.fleet.describe())
    world.fleet.holding.add(busy)
    world.jobs = 0

    world.go_on(scaler, looks=10)
    assert [one.phase for one in world.fleet.describe()] == [Phase.DRAINING]
    world.fleet.holding.clear()
    world.go_on(scaler)

    assert world.fleet.describe() == ()


def test_decisions_and_samples_are_kept_and_the_old_ones_pruned() -> None:
    world = World()
    scaler = world.scaler("one", StoredHistory("one"))
    world.jobs = 100
    world.go_on(scaler, looks=60)

    changed = Look.objects.filter(changed=True)
    samples = Look.objects.filter(changed=False)
    assert changed.first() is not None
    assert 60 * 2 / 10 * 0.7 < samples.count() <= 60 * 2 / 10 + 1

    world.now += 8 * 24 * 3600
    world.go_on(scaler, looks=2)
    assert Look.objects.count() <= 2
