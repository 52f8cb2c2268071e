"""The simulator: its engine, its bounds, its peers, and how the policy stands among them."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from scaler.deciding.values import Instance, Limits, Observation, Phase
from scaler.simulation.bounds import clairvoyant, makespan_floor, no_waiting
from scaler.simulation.contest import hold
from scaler.simulation.engine import Simulation, World
from scaler.simulation.peers import Fixed, Keda, OnePerMessage, Ours, TargetTracking
from scaler.simulation.traces import Service, Trace, TraceError, make_trace, read_trace

EXACT = World(boot_variation=0.0, noisy_queue=False)


def trace_of(arrivals: list[float], service: float = 1.0, duration: float = 120.0) -> Trace:
    return Trace(
        name="made",
        arrivals=np.array(arrivals),
        services=np.full(len(arrivals), service),
        duration_seconds=duration,
    )


def with_limits(world: World, **changes: float) -> World:
    return replace(world, limits=replace(world.limits, **changes))  # type: ignore[arg-type]


def test_a_queue_is_served_first_come_first_served() -> None:
    """Two slots, one second each: the n-th of five at once is answered after ceil(n / 2)."""
    trace = trace_of([10.0] * 5)

    outcome = Simulation(trace, Fixed(1, EXACT.limits), EXACT, initial=1).run()

    assert outcome.latencies.tolist() == [1, 1, 2, 2, 3]
    assert outcome.launches == 1


def test_nothing_is_served_before_the_boot_is_over() -> None:
    outcome = Simulation(trace_of([4.0]), Ours(EXACT.limits), EXACT).run()

    assert outcome.latencies[0] == pytest.approx(30 + 1)  # launched at the look at 4 s


def test_a_launch_costs_the_least_that_is_billed() -> None:
    world = with_limits(EXACT, minimum_billed_seconds=300)

    outcome = Simulation(trace_of([4.0]), Ours(world.limits), world).run()

    assert outcome.billed_seconds >= 300


def cheapest_by_trying_everything(work: list[int], most: int, boot: int, promised: int) -> int:
    """Every plan of instances per slot that serves in time, one by one."""
    best = 10**9
    for plan in itertools.product(range(most + 1), repeat=len(work)):
        left, arrived, is_late = [], 0, False
        waiting = 0
        for slot, serving in enumerate(plan):
            arrived += work[slot]
            waiting = max(waiting + work[slot] - serving, 0)
            left.append(waiting)
            is_late = is_late or waiting > sum(work[max(slot + 1 - promised, 0) : slot + 1])
        if is_late or waiting:
            continue
        launches = sum(max(now - before, 0) for before, now in itertools.pairwise((0, *plan)))
        best = min(best, sum(plan) + boot * launches)
    return best


@pytest.mark.parametrize("work", [[2, 0, 0, 3, 0, 0], [0, 4, 1, 0, 0, 2], [1, 1, 1, 1, 1, 1]])
def test_the_dynamic_programme_finds_what_trying_everything_finds(work: list[int]) -> None:
    """Slots of 2 s, instances of one slot, pictures of exactly one slot's work."""
    limits = Limits(
        maximum=3, slots_per_instance=1, target_latency_seconds=4, minimum_billed_seconds=0
    )
    world = World(limits=limits, boot_seconds=4.0)
    arrivals = [2.0 * slot + 0.5 for slot, count in enumerate(work) for _ in range(count)]
    # The last slots are given time to serve what is left, as the programme's grid has.
    padded = [*work, 0, 0]
    trace = trace_of(arrivals, service=2.0, duration=2.0 * len(padded))

    expected = cheapest_by_trying_everything(padded, 3, boot=2, promised=2)

    assert clairvoyant(trace, world).cost == pytest.approx(2.0 * expected)


@pytest.mark.parametrize("name", ["burst-50", "burst-1000", "poisson-0.02", "poisson-1"])
def test_no_policy_that_keeps_the_promise_is_cheaper_than_the_bound(name: str) -> None:
    contest = hold(make_trace(name, Service(), seed=3), World(seed=3), 0.01, lambda step: None)

    assert contest.clairvoyant <= contest.reactive * 1.0001
    for score in contest.scores:
        if score.kept == 1.0:
            assert score.cost >= contest.clairvoyant * 0.999, score.policy


@pytest.mark.parametrize("name", ["burst-10", "burst-1000", "poisson-10", "on-off", "flash-crowd"])
@pytest.mark.parametrize("noisy", [True, False])
def test_no_peer_is_better_in_both_cost_and_latency(name: str, noisy: bool) -> None:
    world = World(noisy_queue=noisy)
    trace = make_trace(name, Service(), seed=1)
    limits = world.limits
    ours = Simulation(trace, Ours(limits), world).run()
    for peer in (Keda(limits), TargetTracking(limits, 0.5), OnePerMessage(limits)):
        other = Simulation(trace, peer, world, initial=int(isinstance(peer, TargetTracking))).run()
        cheaper = other.billed_seconds < ours.billed_seconds
        faster = np.percentile(other.latencies, 95) < np.percentile(ours.latencies, 95)
        assert not (cheaper and faster), peer.name


def test_under_constant_load_the_fleet_changes_direction_at_most_once_a_cooldown() -> None:
    """Ten a second for half an hour, read through a noisy queue."""
    trace = trace_of(np.arange(0, 1800, 0.1).tolist(), service=0.5, duration=1800)
    world = World()

    outcome = Simulation(trace, Ours(world.limits), world).run()

    sizes = [look.billed for look in outcome.timeline if look.at < 1790]
    steps = [now - before for before, now in itertools.pairwise(sizes) if now != before]
    turns = sum(one * other < 0 for one, other in itertools.pairwise(steps))
    assert turns <= 2


def test_no_waiting_pays_for_every_gap_as_the_rule_says() -> None:
    """One instance: 2 s on, a gap under a boot is idled through, a longer one costs two boots."""
    short = trace_of([10.0, 30.0], service=0.5)
    long = trace_of([10.0, 100.0], service=0.5)

    assert no_waiting(long, EXACT) - no_waiting(short, EXACT) == pytest.approx(60 - 18, abs=2)


def test_the_makespan_floor_is_a_boot_and_the_work_over_all_slots() -> None:
    trace = trace_of([0.0] * 400)

    assert makespan_floor(trace, EXACT) == pytest.approx(30 + 400 / 40)


def seen(now: float, messages: int, ready: int) -> Observation:
    fleet = tuple(
        Instance(id=str(number), phase=Phase.READY, launched_at=0) for number in range(ready)
    )
    return Observation(now=now, visible=messages, in_flight=0, instances=fleet)


def test_keda_divides_by_its_queue_length_and_waits_for_its_cooldown() -> None:
    keda = Keda(Limits())

    assert keda.step(seen(0, 100, 0)).launch == 1  # from zero its operator starts one
    assert keda.step(seen(15, 100, 1)).launch == 4  # the HPA adds four, or doubles
    assert keda.step(seen(30, 100, 5)).launch == 5
    assert keda.step(seen(300, 0, 20)).drain == ()
    assert len(keda.step(seen(700, 0, 20)).drain) == 20


def test_target_tracking_needs_three_minutes_above_its_target() -> None:
    tracking = TargetTracking(Limits(target_latency_seconds=45), service_seconds=1.0)
    launches = [tracking.step(seen(60.0 * n, 180, 1)).launch for n in range(3)]

    assert launches == [0, 0, 1]  # 180 messages on one are twice the acceptable 90


def test_a_recorded_trace_is_read(tmp_path: Path) -> None:
    path = tmp_path / "monday.csv"
    path.write_text("arrival,service\n1005,0.4\n1000,0.2\n")

    trace = read_trace(path, Service(), seed=1)

    assert trace.name == "monday"
    assert trace.arrivals.tolist() == [0.0, 5.0]
    assert trace.services.tolist() == [0.2, 0.4]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs a header"),
        ("when\n1\n", "needs a header"),
        ("arrival\n1\nsoon\n", "line 3: arrival is 'soon'"),
    ],
)
def test_a_trace_that_can_not_be_read_says_where(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bad.csv").write_text(text)

    with pytest.raises(TraceError, match=words):
        read_trace(tmp_path / "bad.csv", Service(), seed=1)


def test_the_command_prints_tables_plots_and_one_object_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = StringIO()

    call_command("simulatescaler", "burst-10", "--json", "--out", str(tmp_path), stdout=out)

    figures = json.loads(out.getvalue().splitlines()[-1])
    assert figures["traces"]["burst-10"]["policies"]["ours"]["kept"] == 1.0
    assert figures["beaten"] == {}
    assert "target tracking" in capsys.readouterr().out
    assert (tmp_path / "burst-10.png").stat().st_size > 10_000
    assert (tmp_path / "cost-against-latency.png").exists()


def test_a_trace_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="No trace is named nonsense"):
        call_command("simulatescaler", "nonsense")
