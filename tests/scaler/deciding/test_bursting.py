"""How many functions, whatever is seen: never over what bounds them, and none with BURST=off."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from scaler.deciding import bursting
from scaler.deciding.estimates import Load
from scaler.deciding.policy import decide
from scaler.deciding.values import Decision, Instance, Limits, Observation, Phase, State

ON = Limits(function_maximum=50)

counts = st.one_of(st.none(), st.integers(0, 60))
seconds = st.floats(0.05, 30)
limits = st.builds(
    Limits,
    function_maximum=st.integers(0, 60),
    function_dollars_a_day=st.sampled_from([0.0, 0.01, 0.05, 5.0]),
    target_latency_seconds=st.sampled_from([5.0, 45.0]),
    maximum=st.integers(0, 20),
)
fleets = st.one_of(
    st.none(),
    st.lists(
        st.builds(
            Instance,
            id=st.uuids().map(str),
            phase=st.sampled_from(Phase),
            launched_at=st.floats(0, 1000),
        ),
        max_size=5,
    ).map(tuple),
)
looks = st.builds(
    Observation,
    now=st.just(1000.0),
    visible=counts,
    in_flight=counts,
    outstanding=st.one_of(st.none(), st.integers(0, 20_000)),
    arrived=counts,
    service_seconds=st.one_of(st.none(), seconds),
    instances=fleets,
    functions_running=counts,
    functions_allowed=counts,
    function_seconds_today=st.one_of(st.none(), st.floats(0, 200_000)),
    function_start_seconds=st.one_of(st.none(), seconds),
    function_service_seconds=st.one_of(st.none(), seconds),
)


def decided(seen: list[Observation], limits: Limits) -> list[Decision]:
    """The decisions of looks two seconds apart."""
    state, decisions = State(), []
    for number, one in enumerate(seen):
        decision, state = decide(replace(one, now=1000.0 + 2 * number), state, limits)
        decisions.append(decision)
    return decisions


@pytest.mark.parametrize(("outstanding", "words"), [(1, "1 function"), (40, "2 functions")])
def test_functions_are_told_before_the_reason_of_the_fleet(outstanding: int, words: str) -> None:
    seen = Observation(
        now=1000.0, visible=0, in_flight=0, outstanding=outstanding, arrived=0, instances=(),
        functions_running=0, functions_allowed=50, function_seconds_today=0.0,
    )  # fmt: skip

    (decision,) = decided([seen], ON)

    assert decision.reason == f"{words} at once; enough for what there is"


@settings(max_examples=60)
@given(seen=looks, limits=limits)
def test_never_over_setting_account_or_budget(seen: Observation, limits: Limits) -> None:
    (decision,) = decided([seen], limits)

    start, running = decision.start_functions, seen.functions_running or 0
    assert start >= 0
    if start:
        assert running + start <= limits.function_maximum
        assert start <= (seen.functions_allowed or 0)
        at_most = (running + start) * bursting.most_dollars_of_one(limits)
        spent = (seen.function_seconds_today or 0) * limits.function_second_dollars
        assert spent + at_most <= limits.function_dollars_a_day + 1e-9


@settings(max_examples=60)
@given(seen=st.lists(looks, min_size=1, max_size=12), limits=limits)
def test_off_decides_as_if_there_were_no_functions(seen: list[Observation], limits: Limits) -> None:
    off = decided(seen, replace(limits, function_maximum=0))
    unseen = [replace(one, functions_running=None, functions_allowed=None) for one in seen]

    assert off == decided(unseen, limits)
    assert all(one.start_functions == 0 for one in off)


@settings(max_examples=60)
@given(
    low=st.integers(0, 500),
    more=st.integers(0, 500),
    rate=st.floats(0, 50),
    ready=st.integers(0, 5),
)
def test_a_longer_queue_never_starts_fewer(low: int, more: int, rate: float, ready: int) -> None:
    seen = Observation(
        now=0.0, functions_running=3, functions_allowed=40, function_seconds_today=0.0
    )

    def started(backlog: int) -> int:
        return bursting.to_start(load(backlog, rate), ready, [5.0], seen, ON)

    assert started(low) <= started(low + more)


def load(backlog: int, rate: float = 0.0, slower: float = 1.25) -> Load:
    return Load(
        backlog_low=backlog,
        backlog_high=backlog,
        rate_low=rate,
        rate_high=rate,
        service_seconds=0.5,
        boot_seconds=30.0,
        function_service_seconds=0.5 * slower,
        function_start_seconds=2.0,
    )


def test_a_budget_holds_over_a_day_of_runs_that_all_take_their_longest() -> None:
    """Functions start and run to their limit; what they cost is what the next look sees."""
    limits = Limits(function_maximum=50, function_dollars_a_day=0.05)
    each = limits.function_run_seconds + limits.longest_task_seconds
    spent, state, started = 0.0, State(), 0
    for look in range(40):
        seen = Observation(
            now=100.0 * look,
            visible=1000,
            in_flight=0,
            outstanding=1000,
            arrived=0,
            instances=(),
            functions_running=0,
            functions_allowed=50,
            function_seconds_today=spent,
        )
        decision, state = decide(seen, state, limits)
        started += decision.start_functions
        spent += decision.start_functions * each

    cost = spent * limits.function_second_dollars + started * limits.function_start_dollars
    assert 0.03 < cost <= limits.function_dollars_a_day + started * limits.function_start_dollars


@pytest.mark.parametrize(
    ("rate", "instances"),
    [
        (0.02, 0),  # a trickle
        (1.0, 0),  # half a process
        (1.6, 1),  # 0.4 of an instance; functions would cost as much at 0.37
        (10.0, 3),  # 2.5 instances
    ],
)
def test_a_rate_pays_for_instances_by_the_prices(rate: float, instances: int) -> None:
    assert bursting.instances_that_pay(rate, 1.0, load(1, rate), ON) == instances


def test_functions_that_cost_less_than_any_instance_never_repay_one() -> None:
    cheap = replace(ON, function_second_dollars=1e-6)

    assert bursting.instances_that_pay(100.0, 1.0, load(1), cheap) == 0
    assert bursting.repaying_seconds(load(1), cheap) == float("inf")


def at(number: int, open_jobs: int, arrived: int, running: int) -> Observation:
    return Observation(
        now=1000.0 + 2 * number,
        visible=open_jobs,
        in_flight=0,
        outstanding=open_jobs,
        arrived=arrived,
        instances=(),
        functions_running=running,
        functions_allowed=50,
        function_seconds_today=0.0,
    )


def test_functions_that_answer_nothing_are_helped_by_an_instance() -> None:
    """All of them fail at once: they are gone at the next look, and the picture waits."""
    looks = [at(number, 1, int(number == 0), 0) for number in range(15)]

    decisions = decided(looks, ON)

    launched = [number for number, one in enumerate(decisions) if one.launch]
    assert launched[0] == bursting.DOUBT_SECONDS / ON.interval_seconds
    assert all(one.start_functions <= 1 for one in decisions)


def test_functions_help_where_a_ready_instance_answers_nothing() -> None:
    hung = Instance(id="i-1", phase=Phase.READY, launched_at=900.0)
    seen = Observation(
        now=1000.0, visible=2, in_flight=2, outstanding=4, arrived=0, instances=(hung,),
        functions_running=0, functions_allowed=50, function_seconds_today=0.0,
    )  # fmt: skip
    decisions = decided([seen] * 15, ON)
    doubted_at = round(bursting.DOUBT_SECONDS / ON.interval_seconds)

    assert [one.start_functions for one in decisions[:doubted_at]] == [0] * doubted_at
    assert decisions[doubted_at].start_functions == 1
    assert not any(one.terminate for one in decisions)


def test_the_queue_is_asked_at_each_look_while_there_are_instances_and_seldom_without() -> None:
    hung = Instance(id="i-1", phase=Phase.READY, launched_at=900.0)

    assert bursting.asks_queue((hung,), 2.0, ON)
    assert bursting.asks_queue(None, 2.0, ON)
    assert bursting.asks_queue((), 2.0, Limits())
    assert [bursting.asks_queue((), seconds, ON) for seconds in (2.0, 8.0, 10.0)] == [
        False, False, True,
    ]  # fmt: skip


def test_a_load_that_lasts_gets_an_instance_and_a_burst_does_not() -> None:
    lasting = [at(number, 4, 16, 4) for number in range(40)]  # eight a second
    burst = [at(number, max(60 - 4 * number, 0), 60 * (number == 0), 8) for number in range(40)]

    assert sum(one.launch for one in decided(lasting, ON)[:25]) >= 1
    assert sum(one.launch for one in decided(burst, ON)) == 0


def test_a_new_job_ends_the_pause_only_where_nobody_is_ready() -> None:
    idle = at(0, 0, 0, 0)
    ready = replace(idle, instances=(Instance(id="i", phase=Phase.READY, launched_at=0.0),))

    assert (bursting.wakes(idle, ON), bursting.wakes(ready, ON)) == (True, False)
    assert bursting.wakes(at(0, 1, 1, 1), ON)
    assert bursting.longest_pause(idle, ON) == 10.0
    assert bursting.longest_pause(ready, ON) == 2.0
    assert bursting.longest_pause(idle, Limits()) == 2.0
