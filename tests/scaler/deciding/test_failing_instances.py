"""The policy's decisions, case by case: instances that do not boot, hang, or end by themselves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from scaler.deciding.policy import decide
from scaler.deciding.values import Limits, Observation, Phase, State
from tests.scaler.deciding.looks import LIMITS, instances, look, looks


def test_an_instance_that_never_gets_ready_is_replaced_once_seen_so_twice() -> None:
    stuck = instances(Phase.BOOTING, 1, at=0)
    limits = replace(LIMITS, boot_timeout_seconds=90)

    first, second = looks(
        look(100, outstanding=10, instances=stuck),
        look(102, outstanding=10, instances=stuck),
        limits=limits,
    )

    assert first.terminate == () and first.launch == 1
    assert second.terminate == (stuck[0].id,)
    assert second.reason.endswith("30 s; 1 took too long to boot")


def test_after_three_failed_boots_one_is_tried_at_a_time() -> None:
    doubtful = State(boot_failures=3, boot_failed_at=70)

    early, _ = decide(look(99, outstanding=1_000), doubtful, LIMITS)
    alone, _ = decide(look(outstanding=1_000), doubtful, LIMITS)
    beside_one, _ = decide(
        look(outstanding=1_000, instances=instances(Phase.BOOTING, 1, at=99)), doubtful, LIMITS
    )

    assert early.launch == 0 and early.reason.endswith("; the next in a while")
    assert alone.launch == 1 and "one at a time" in alone.reason
    assert beside_one.launch == 0


def test_a_boot_that_succeeds_ends_the_doubt() -> None:
    ready = instances(Phase.READY, 1)
    doubtful = State(boot_failures=5, booting=(ready[0].id,))

    _, state = decide(look(instances=ready), doubtful, LIMITS)
    _, still = decide(look(instances=ready), replace(doubtful, booting=()), LIMITS)

    assert state.boot_failures == 0
    assert still.boot_failures == 5  # one that was ready before proves nothing about boots


def test_instances_that_die_at_boot_are_counted_and_launched_less_and_less() -> None:
    """600 launches an hour were billed, each for a minute, and none was ever useful."""
    launches, state, fleet = [], State(), ()
    for now in range(0, 3600, 2):
        decision, state = decide(look(now, outstanding=5, instances=fleet), state, LIMITS)
        launches += [now] * decision.launch
        fleet = instances(Phase.BOOTING, decision.launch, at=now, prefix=str(now))

    assert len(launches) <= 15
    pauses = [later - earlier for earlier, later in pairwise(launches)]
    assert pauses[-1] >= 500 > pauses[0]


def test_one_that_was_let_go_while_it_booted_is_no_failed_boot() -> None:
    booting = instances(Phase.BOOTING, 1, at=90)
    state = State(booting=(booting[0].id,), draining=((booting[0].id, 98.0),))

    _, state = decide(look(100), state, LIMITS)

    assert state.boot_failures == 0


def working(now: float, answered: float, count: int = 1, **seen: object) -> Observation:
    fleet = tuple(
        replace(one, last_busy_at=answered if number == 0 else now)
        for number, one in enumerate(instances(Phase.READY, count))
    )
    return look(now, **{"instances": fleet, "visible": 3, **seen})


def ended_at(*seen: Observation, limits: Limits = LIMITS) -> float | None:
    """The first look whose decision ends the first instance."""
    decisions = zip(seen, looks(*seen, limits=limits), strict=True)
    return next((one.now for one, decision in decisions if decision.terminate), None)


@pytest.mark.parametrize(
    ("count", "outstanding"),
    [(1, 4), (1, 1), (3, 5)],  # alone; alone with one job; beside two that hold 4 jobs at most
)
def test_a_worker_that_hangs_is_replaced_within_the_promise(count: int, outstanding: int) -> None:
    seen = [working(100 + 2.0 * n, 99, count, outstanding=outstanding) for n in range(40)]

    moment = ended_at(*seen)

    assert moment is not None
    assert LIMITS.hang_seconds <= moment - 100 <= LIMITS.target_latency_seconds


def test_a_queue_that_is_misread_once_hides_no_hanging_worker() -> None:
    seen = [
        working(100 + 2.0 * n, 99, outstanding=4, visible=0 if n % 4 == 0 else 4) for n in range(40)
    ]

    assert ended_at(*seen) is not None


def test_what_replaces_a_hanging_worker_is_launched_at_once() -> None:
    seen = [working(100 + 2.0 * n, 99, outstanding=4) for n in range(40)]
    decision = next(one for one in looks(*seen) if one.terminate)

    assert decision.launch == 1
    assert "1 answered nothing while pictures waited" in decision.reason


@pytest.mark.parametrize(
    "seen",
    [
        # Nothing is open: an idle worker is silent.
        [working(100 + 2.0 * n, 0, outstanding=0) for n in range(60)],
        # It answers, if slowly.
        [working(100 + 2.0 * n, 90 + 20 * (n // 10), outstanding=3) for n in range(60)],
        # The others can hold all that is open, and answer.
        [working(100 + 2.0 * n, 0, 3, outstanding=4) for n in range(60)],
        # The queue is empty: the answers are there, and nobody collects them.
        [working(100 + 2.0 * n, 99, outstanding=3, visible=0) for n in range(60)],
        # The database, or the queue, can't be seen.
        [working(100 + 2.0 * n, 99, outstanding=None) for n in range(60)],
        [working(100 + 2.0 * n, 99, outstanding=3, visible=None) for n in range(60)],
        # Nobody looked for a while: what happened meanwhile is not known.
        [working(100, 99, outstanding=3), working(400, 99, outstanding=3)],
    ],
)
def test_a_worker_that_only_looks_silent_is_kept(seen: list[Observation]) -> None:
    assert ended_at(*seen) is None


def test_an_instance_that_just_got_ready_has_its_time() -> None:
    limits = replace(LIMITS, scale_in_delay_seconds=1000)
    booting = [
        look(100 + 2.0 * n, outstanding=9, instances=instances(Phase.BOOTING, 1, at=100))
        for n in range(40)
    ]
    ready = [
        look(180 + 2.0 * n, outstanding=9, instances=instances(Phase.READY, 1, at=100))
        for n in range(15)
    ]

    assert ended_at(*booting, *ready, limits=limits) is None


def test_one_that_was_asked_and_has_ended_goes_at_once() -> None:
    ended = instances(Phase.ENDED, 1)
    state = State(draining=((ended[0].id, 90.0),))

    decision, _ = decide(look(instances=ended), state, LIMITS)

    assert decision.terminate == (ended[0].id,)


def test_one_that_ended_unasked_goes_when_seen_twice() -> None:
    ended = instances(Phase.ENDED, 1)

    first, second = looks(look(100, instances=ended), look(102, instances=ended))

    assert first.terminate == ()
    assert second.terminate == (ended[0].id,)


def test_one_that_does_not_finish_is_ended_after_the_drain_timeout() -> None:
    draining = instances(Phase.DRAINING, 1)
    limits = replace(LIMITS, drain_timeout_seconds=30)

    decisions = looks(*(look(100 + 2 * n, instances=draining) for n in range(20)), limits=limits)

    ended = [100 + 2 * n for n, decision in enumerate(decisions) if decision.terminate]
    assert 130 <= ended[0] <= 136
