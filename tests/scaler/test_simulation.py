"""The simulator: its engine, its bounds, its peers, and how the policy stands among them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from foundation.fleet.functions import GRACE_SECONDS
from scaler.deciding.bursting import WAKE_SECONDS
from scaler.deciding.values import Instance, Limits, Observation, Phase
from scaler.simulation import bounds
from scaler.simulation.bounds import clairvoyant
from scaler.simulation.contest import hold
from scaler.simulation.engine import Simulation
from scaler.simulation.functions import Functions, FunctionTimes
from scaler.simulation.hybrid_peers import LambdaAlone, Libra, Spock
from scaler.simulation.peers import Fixed, Keda, Ours, TargetTracking
from scaler.simulation.traces import Service, Trace, TraceError, make_trace, read_trace
from scaler.simulation.world import World

EXACT = World(boot_variation=0.0, noisy_queue=False)
HYBRID = replace(EXACT, limits=Limits(function_maximum=50))
TIMES = EXACT.functions


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

    outcome = Simulation(trace, Fixed(EXACT.limits, size=1), EXACT, initial=1).run()

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

    price = world.limits.instance_second_dollars
    assert clairvoyant(trace, world) == pytest.approx(2.0 * expected * price)


def first_minutes(minutes: int, trace: Trace) -> Trace:
    """The whole trace, of one or two hours, is for `simulatescaler`."""
    seconds = 60.0 * minutes
    is_early = trace.arrivals < seconds
    return replace(
        trace,
        arrivals=trace.arrivals[is_early],
        services=trace.services[is_early],
        duration_seconds=seconds,
    )


@pytest.mark.parametrize(
    ("name", "minutes"),
    [("burst-1000", 20), ("poisson-0.005", 20), ("poisson-0.02", 20), ("poisson-1", 120)],
)
@pytest.mark.parametrize("functions", [0, 50])
def test_nobody_is_cheaper_than_the_bound_or_beats_ours(
    name: str, minutes: int, functions: int
) -> None:
    world = World(limits=Limits(function_maximum=functions), seed=3)

    trace = first_minutes(minutes, make_trace(name, Service(), seed=3))

    contest = hold(trace, world)

    for score in contest.scores:
        is_bounded = functions or not score.outcome.function_starts
        if score.kept == 1.0 and is_bounded:
            assert score.compute >= contest.clairvoyant * 0.999, score.policy
    if functions:
        assert contest.beaten_by == ()


@pytest.mark.parametrize("functions", [1, 3, 50])
def test_a_window_of_functions_costs_what_trying_every_number_costs(functions: int) -> None:
    left = np.array([[3.0, 1.0, 7.0, 0.0]])

    (found,) = bounds._with_functions(left, 6, functions, 0.5)

    padded = [*left[0], np.inf, np.inf]
    for before, cost in enumerate(found):
        tried = range(min(functions, before) + 1)
        assert cost == min(padded[before - taken] + 0.5 * taken for taken in tried)


def test_a_function_starts_cold_then_warm_and_is_billed_to_its_last_receive() -> None:
    functions = Functions(TIMES, run_seconds=60)

    functions.start(0.0)
    assert functions.free_at(0.0) == TIMES.cold_seconds
    assert functions.take(TIMES.cold_seconds, 1.0) == TIMES.cold_seconds + TIMES.slowness
    assert (functions.running, functions.holding(2.5)) == (1, 1)
    functions.end_idle(100.0)
    cold = TIMES.cold_seconds + TIMES.slowness + TIMES.receive_seconds
    assert functions.billed_seconds == pytest.approx(cold)

    functions.start(100.0)
    assert functions.free_at(100.0) == 100.0 + TIMES.warm_seconds
    functions.end_idle(200.0)
    assert functions.billed_seconds == pytest.approx(cold + TIMES.grace_seconds)

    functions.start(200.0 + 2 * TIMES.keep_seconds)
    assert functions.free_at(0.0) == 200.0 + 2 * TIMES.keep_seconds + TIMES.cold_seconds


def test_a_function_that_took_nothing_yet_waits_for_a_picture_until_its_grace_is_over() -> None:
    functions = Functions(TIMES, run_seconds=60)
    functions.start(0.0)
    within = TIMES.cold_seconds + GRACE_SECONDS / 2

    functions.end_idle(within)
    assert functions.free_at(within) == within
    assert functions.free_at(TIMES.cold_seconds + 2 * GRACE_SECONDS) == float("inf")
    assert functions.billed_seconds == TIMES.cold_seconds + GRACE_SECONDS


def test_a_function_takes_no_more_when_its_time_is_over() -> None:
    functions = Functions(FunctionTimes(cold_seconds=0.0, slowness=1.0), run_seconds=5)
    functions.start(0.0)

    assert functions.take(0.0, 6.0) == 6.0
    assert functions.free_at(1.0) == float("inf")
    assert functions.running == 0


def test_the_first_picture_from_zero_waits_for_a_function_and_no_boot() -> None:
    outcome = Simulation(trace_of([4.0]), Ours(HYBRID.limits), HYBRID).run()

    expected = WAKE_SECONDS + TIMES.cold_seconds + TIMES.slowness
    assert outcome.latencies[0] == pytest.approx(expected, abs=WAKE_SECONDS)
    assert (outcome.launches, outcome.function_starts) == (0, 1)


def test_one_picture_at_a_time_waits_for_no_interval() -> None:
    """Each is sent right after the answer to the one before."""
    begun = [10.0]
    for _ in range(8):
        outcome = Simulation(trace_of(begun, service=0.2), Ours(HYBRID.limits), HYBRID).run()
        begun.append(begun[-1] + outcome.latencies[-1] + 0.05)

    took = TIMES.warm_seconds + 0.2 * TIMES.slowness
    assert outcome.latencies[1:].max() <= 2 * WAKE_SECONDS + took


def test_a_router_gives_a_function_only_what_finds_no_free_process() -> None:
    trace = trace_of([10.0] * 3 + [20.0])
    alone = Simulation(trace, LambdaAlone(HYBRID.limits), HYBRID).run()
    limits = replace(HYBRID.limits, minimum=1)
    spock = Spock(limits, service_seconds=1.0, boot_seconds=30.0)
    mixed = Simulation(trace, spock, HYBRID, initial=1).run()

    assert (alone.function_starts, mixed.function_starts) == (4, 1)
    assert mixed.latencies.tolist() == [1, 1, TIMES.cold_seconds + TIMES.slowness, 1]


def test_libra_launches_for_what_is_cheaper_on_an_instance() -> None:
    """Two processes of 1 s: 3.5 a second are one and three quarters, 2.5 one and a quarter."""

    def wanted(rate: float) -> int:
        libra = Libra(Limits(), service_seconds=1.0, function_slowness=1.25)
        return libra.step(Observation(now=0.0, arrived=round(rate * 10), instances=())).wanted

    assert (wanted(3.5), wanted(2.5), wanted(0.5)) == (2, 1, 0)


def test_spock_launches_for_the_load_that_its_line_predicts() -> None:
    spock = Spock(Limits(), service_seconds=1.0, boot_seconds=30.0)
    looks = [
        spock.step(Observation(now=10.0 * n, arrived=20 * n, instances=())).wanted for n in range(3)
    ]

    assert looks == [0, 4, 5]


def test_under_constant_load_the_fleet_changes_direction_at_most_once_a_cooldown() -> None:
    """Ten a second for half an hour, read through a noisy queue."""
    trace = trace_of(np.arange(0, 1800, 0.1).tolist(), service=0.5, duration=1800)
    world = World()

    outcome = Simulation(trace, Ours(world.limits), world).run()

    sizes = [look.billed for look in outcome.timeline if look.at < 1790]
    steps = [now - before for before, now in itertools.pairwise(sizes) if now != before]
    turns = sum(one * other < 0 for one, other in itertools.pairwise(steps))
    assert turns <= 2


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


def test_counts_of_minutes_become_pictures_within_them(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("minute,count\n0,40\n1,0\n2,7\n")

    trace = read_trace(path, Service(), seed=1)

    first = int((trace.arrivals < 60).sum())
    assert (trace.jobs, len(trace.services), first) == (47, 47, 40)
    assert trace.arrivals.max() > 60 and (np.diff(trace.arrivals) >= 0).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("minute,count\n0,0\n", "counts no picture"),
        ("minute,count\n0,many\n", "line 2: count is 'many'"),
        ("", "needs a header"),
        ("when\n1\n", "needs a header"),
        ("arrival\n1\nsoon\n", "line 3: arrival is 'soon'"),
    ],
)
def test_a_trace_that_can_not_be_read_says_where(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bad.csv").write_text(text)

    with pytest.raises(TraceError, match=words):
        read_trace(tmp_path / "bad.csv", Service(), seed=1)


def test_the_command_prints_tables_and_a_summary_and_draws_plots(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("simulatescaler", "burst-10", "--out", str(tmp_path), stdout=StringIO())

    said = " ".join(capsys.readouterr().out.split())
    assert "target tracking" in said
    assert "Beaten by a peer in both cost and p95 latency: on no trace." in said
    assert "The promise was kept on 1 of 1 traces" in said
    assert (tmp_path / "burst-10.png").stat().st_size > 10_000
    assert (tmp_path / "cost-against-latency.png").exists()


def test_a_trace_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="No trace is named nonsense"):
        call_command("simulatescaler", "nonsense")
