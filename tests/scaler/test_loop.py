"""The loop: lease, look, decide, act, write down."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
import structlog.testing
from django.db import OperationalError

from foundation.aws.queue_depth import QueueDepth
from foundation.fleet.schedule import parse_schedule
from scaler.deciding.values import Decision, Limits, Observation, State
from scaler.instances.fleet import Unseen
from scaler.loop import Scaler
from scaler.observing import Observer
from scaler.record.function_runs import FunctionsSeen
from scaler.record.history import RecordedDecision
from scaler.record.ledger import LedgerReading
from scaler.record.orders import Standing
from tests.support.fleet import InMemoryFleet

LIMITS = Limits(maximum=5, boot_seconds=10, scale_in_delay_seconds=4, service_seconds=1)


@dataclass
class World:
    """A queue, a ledger, a clock and a lease that the test sets."""

    now: float = 1000.0
    visible: int = 0
    outstanding: int = 0
    opened: list[float] = field(default_factory=list)
    queue_away: bool = False
    ledger_away: bool = False
    lease_is_ours: bool = True
    lease_lasts: bool = True
    released: int = 0
    steps: list[RecordedDecision] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def depth(self) -> QueueDepth:
        if self.queue_away:
            raise Unseen("SQS is away")
        return QueueDepth(visible=self.visible, in_flight=0)

    def read(self, since: float, now: float) -> LedgerReading:
        if self.ledger_away:
            raise Unseen("the database is away")
        return LedgerReading(outstanding=self.outstanding, arrived=0)

    def has_open(self) -> bool:
        return bool(self.opened)

    def next_follows(self, since: float, within_seconds: float) -> bool:
        return bool(self.opened) and min(self.opened) > since

    def hold(self) -> bool:
        return self.lease_is_ours

    def is_held(self) -> bool:
        return self.lease_lasts

    def release(self) -> None:
        self.released += 1

    def current_holder(self) -> str:
        return "another"

    def record(self, step: RecordedDecision) -> None:
        self.steps.append(step)


def make(world: World) -> tuple[Scaler, InMemoryFleet]:
    fleet = InMemoryFleet(world.clock, boot_seconds=10)
    observer = Observer(world.depth, world, fleet, world.clock)
    return Scaler(observer, fleet, world, world, LIMITS, world.clock), fleet


def run(scaler: Scaler, world: World, seconds: float) -> None:
    until = world.now + seconds
    while world.now < until:
        scaler.step()
        world.now += 2


def test_a_picture_boots_an_instance_and_quiet_lets_it_go() -> None:
    world = World(visible=1, outstanding=1)
    scaler, fleet = make(world)

    run(scaler, world, 14)
    assert len(fleet.describe()) == 1
    world.visible = world.outstanding = 0
    run(scaler, world, 30)

    assert fleet.describe() == ()
    assert all(step.decision.reason for step in world.steps)


def test_the_maximum_is_reached_and_never_passed() -> None:
    world = World(visible=1000, outstanding=1000)
    scaler, fleet = make(world)
    counts = []

    for _ in range(30):
        scaler.step()
        counts.append(len(fleet.describe()))
        world.now += 2

    assert max(counts) == counts[-1] == LIMITS.maximum


def test_without_the_lease_nothing_is_done() -> None:
    world = World(visible=100, outstanding=100, lease_is_ours=False)
    scaler, fleet = make(world)

    with structlog.testing.capture_logs() as logs:
        run(scaler, world, 10)

    assert fleet.describe() == ()
    assert [line["event"] for line in logs] == ["scaler_waits"]  # said once
    world.lease_is_ours = True
    run(scaler, world, 6)
    assert fleet.describe()


def test_a_lease_that_ran_out_during_the_look_forbids_the_act() -> None:
    world = World(visible=100, outstanding=100, lease_lasts=False)
    scaler, fleet = make(world)

    run(scaler, world, 6)

    assert fleet.describe() == ()


def test_a_queue_and_ledger_that_cant_be_seen_leave_the_fleet_as_it_is() -> None:
    world = World(visible=50, outstanding=50)
    scaler, fleet = make(world)
    run(scaler, world, 20)
    before = {one.id for one in fleet.describe()}
    assert before

    world.queue_away = world.ledger_away = True
    with structlog.testing.capture_logs() as logs:
        run(scaler, world, 60)

    assert {one.id for one in fleet.describe()} == before
    assert [line["problem"] for line in logs if line["event"] == "not_seen"] == [
        "the database is away", "SQS is away",
    ]  # fmt: skip


def test_a_fleet_that_cant_be_seen_is_not_doubled() -> None:
    world = World(visible=50, outstanding=50)
    scaler, fleet = make(world)
    run(scaler, world, 20)
    count = len(fleet.describe())

    fleet.blind = True
    run(scaler, world, 60)
    fleet.blind = False

    assert len(fleet.describe()) == count


def test_a_lost_instance_is_named_and_replaced() -> None:
    world = World(visible=50, outstanding=50)
    scaler, fleet = make(world)
    run(scaler, world, 30)
    lost = fleet.describe()[0].id
    count = len(fleet.describe())

    fleet.lose(lost)
    with structlog.testing.capture_logs() as logs:
        run(scaler, world, 10)

    assert [line["instance_id"] for line in logs if line["event"] == "instance_lost"] == [lost]
    assert len(fleet.describe()) == count


def test_an_instance_that_never_boots_is_replaced_and_counted() -> None:
    world = World(visible=1, outstanding=1)
    scaler, fleet = make(world)
    fleet.boot_seconds = None
    scaler.step()
    hopeless = fleet.describe()[0].id
    world.now += LIMITS.boot_timeout_seconds + 1

    fleet.boot_seconds = 10
    run(scaler, world, 30)

    assert hopeless not in {one.id for one in fleet.describe()}
    assert fleet.describe()
    assert any("took too long to boot" in step.decision.reason for step in world.steps)


def test_a_dry_run_touches_nothing() -> None:
    world = World(visible=100, outstanding=100, lease_is_ours=False)
    scaler, fleet = make(world)

    made = scaler.decide()

    assert made.decision.launch > 0
    assert fleet.describe() == ()
    assert world.steps == []


def test_a_step_that_fails_is_logged_and_the_next_one_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    scaler, _ = make(world)
    stop = threading.Event()
    calls = []

    def step() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("the database is away")
        if len(calls) == 2:
            raise ValueError("odd")
        stop.set()

    monkeypatch.setattr(scaler, "step", step)
    monkeypatch.setattr(stop, "wait", lambda seconds: None)
    monkeypatch.setattr("scaler.loop.close_old_connections", lambda: None)
    with structlog.testing.capture_logs() as logs:
        scaler.run(stop)

    events = [line["event"] for line in logs]
    assert events == ["scaler_database_away", "scaler_step_failed"]
    assert world.released == 1


@dataclass
class CountedFunctions:
    """Functions that only count what is asked of them."""

    running: int = 0
    away: bool = False

    def look(self, last_busy: Mapping[str, float]) -> FunctionsSeen:
        if self.away:
            raise Unseen("the database is away")
        return FunctionsSeen(running=self.running, allowed=5 - self.running, seconds_today=1.5)

    def start(self, count: int) -> int:
        self.running += count
        return count


def with_functions(world: World, functions: CountedFunctions) -> Scaler:
    fleet = InMemoryFleet(world.clock)
    limits = replace(LIMITS, function_maximum=5)
    looks = Observer(world.depth, world, fleet, world.clock, functions)
    return Scaler(looks, fleet, world, world, limits, world.clock, functions)


def test_functions_are_seen_and_started_as_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Observation] = []

    def decide(look: Observation, state: State, limits: Limits) -> tuple[Decision, State]:
        seen.append(look)
        return Decision(start_functions=2, reason="a test"), state

    monkeypatch.setattr("scaler.loop.policy.decide", decide)
    functions, world = CountedFunctions(running=1), World()

    with_functions(world, functions).step()

    assert (seen[0].functions_running, seen[0].functions_allowed) == (1, 4)
    assert (seen[0].function_seconds_today, functions.running) == (1.5, 3)


def test_functions_that_can_not_be_seen_are_none_and_said() -> None:
    world = World()
    scaler = with_functions(world, CountedFunctions(away=True))

    with structlog.testing.capture_logs() as logs:
        scaler.step()

    assert scaler.last_seen.functions_running is None
    assert [line["problem"] for line in logs if line["event"] == "not_seen"]


def test_the_queue_is_not_asked_while_the_database_knows_all_that_it_holds() -> None:
    world = World(visible=3, outstanding=3)
    fleet = InMemoryFleet(world.clock)
    looks = Observer(world.depth, world, fleet, world.clock, limits=Limits(function_maximum=5))

    def depths(seconds: float) -> list[int | None]:
        seen = []
        for _ in range(round(seconds / 2)):
            seen.append(looks.look().observation.depth)
            world.now += 2
        return seen

    assert depths(10) == [3, None, None, None, None]
    world.visible = 5  # somebody else sent two
    assert depths(6) == [5, 5, 5]


class Waits:
    """A stop that is never asked for; each wait is noted, and time passes in it."""

    def __init__(self, world: World, first_picture_after: int) -> None:
        self.world, self.left, self.waited = world, first_picture_after, 0.0

    def wait(self, seconds: float) -> bool:
        self.waited += seconds
        self.world.now += seconds
        self.left -= 1
        if self.left == 0:
            self.world.opened.append(self.world.now)
        return False


@pytest.mark.parametrize(("maximum", "waited"), [(5, 0.75), (0, 2.0)])
def test_the_first_picture_ends_the_wait_where_functions_can_answer(
    maximum: int, waited: float
) -> None:
    world = World()
    scaler = with_functions(world, CountedFunctions())
    scaler._limits = replace(LIMITS, function_maximum=maximum)
    stop = Waits(world, 3)

    scaler._wait(stop, world.now + 2.0)  # type: ignore[arg-type]

    assert stop.waited == waited


@pytest.mark.parametrize(("answered", "waited"), [(True, 0.75), (False, 2.0)])
def test_who_sends_one_picture_at_a_time_waits_no_interval_for_each(
    answered: bool, waited: float
) -> None:
    """The function of the one before ended with the queue."""
    world = World(outstanding=1)
    scaler = with_functions(world, CountedFunctions())
    scaler._limits = replace(LIMITS, function_maximum=5)
    scaler.step()
    world.opened = [] if answered else [world.now]
    stop = Waits(world, 3)

    scaler._wait(stop, world.now + 2.0)  # type: ignore[arg-type]

    assert stop.waited == waited


def test_what_is_held_or_scheduled_is_the_minimum_and_never_over_the_maximum() -> None:
    world = World()
    scaler, fleet = make(world)
    scaler._orders = lambda: Standing(hold=3)
    run(scaler, world, 4)
    assert len(fleet.describe()) == 3

    scaler._orders = lambda: Standing(hold=400)
    run(scaler, world, 4)
    assert len(fleet.describe()) == LIMITS.maximum

    scaler, fleet = make(world)
    scaler._schedule = parse_schedule("mon-sun 0:00-24:00 2")
    run(scaler, world, 4)
    assert len(fleet.describe()) == 2


def test_an_instance_that_is_to_be_drained_is_asked_to_stop_once() -> None:
    world = World(visible=60, outstanding=60)
    scaler, fleet = make(world)
    run(scaler, world, 30)
    chosen = fleet.describe()[0].id
    fleet.holding.add(chosen)

    scaler._orders = lambda: Standing(drain=frozenset({chosen, "i-of-nobody"}))
    run(scaler, world, 6)

    assert [step.decision.drain for step in world.steps].count((chosen,)) == 1
    assert "drained by order" in next(
        step.decision.reason for step in world.steps if step.decision.drain
    )
