"""The policy's decisions, case by case."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from scaler.deciding.policy import decide
from scaler.deciding.retiring import level_delay
from scaler.deciding.values import Decision, Instance, Limits, Observation, Phase, State

LIMITS = Limits(
    maximum=20,
    slots_per_instance=2,
    target_latency_seconds=45,
    interval_seconds=2,
    scale_in_delay_seconds=10,
    boot_seconds=30,
    service_seconds=0.5,
)


PROMISE = "of 0.50 s, 45 s promised, a boot takes 30 s"


def instances(phase: Phase, count: int, at: float = 0.0, prefix: str = "i") -> tuple[Instance, ...]:
    return tuple(
        Instance(id=f"{prefix}-{phase}-{number}", phase=phase, launched_at=at)
        for number in range(count)
    )


def look(now: float = 100.0, **seen: object) -> Observation:
    quiet: dict[str, object] = {
        "visible": 0,
        "in_flight": 0,
        "outstanding": 0,
        "arrived": 0,
        "instances": (),
    }
    return Observation(now=now, **{**quiet, **seen})  # type: ignore[arg-type]


def looks(
    *seen: Observation, state: State | None = None, limits: Limits = LIMITS
) -> list[Decision]:
    """The decisions of several looks in a row."""
    state, decisions = state or State(), []
    for one in seen:
        decision, state = decide(one, state, limits)
        decisions.append(decision)
    return decisions


def quiet_looks(count: int, fleet: tuple[Instance, ...], **seen: object) -> list[Observation]:
    return [look(100.0 + 2 * n, instances=fleet, **seen) for n in range(count)]


@pytest.mark.parametrize(
    ("outstanding", "fleet", "launch"),
    [
        (0, (), 0),
        (1, (), 1),  # the first picture boots one
        (50, (), 1),  # 12.5 s of one instance's work: done within the promise
        (100, (), 2),
        (800, (), 16),  # 200 s of work in the 12.6 s that the promise leaves after a boot
        (10_000, (), 20),  # never more than the maximum
        (100, instances(Phase.READY, 1), 0),  # 25 s of work, and it is there already
        (400, instances(Phase.READY, 1), 5),
        (100, instances(Phase.BOOTING, 2, at=90), 0),  # instances that are booting count
        (100, instances(Phase.BOOTING, 1, at=90), 1),  # it has 22.6 s left after its boot
        (170, instances(Phase.BOOTING, 1, at=60), 0),  # late, it may be ready now: 42.6 s
        (10_000, instances(Phase.DRAINING, 5), 15),  # and those that are leaving are billed, too
    ],
)
def test_a_backlog_launches_what_the_promise_needs(
    outstanding: int, fleet: tuple[Instance, ...], launch: int
) -> None:
    decision, _ = decide(look(outstanding=outstanding, instances=fleet), State(), LIMITS)

    assert decision.launch == launch
    assert decision.drain == decision.terminate == ()


@pytest.mark.parametrize(
    ("outstanding", "ready", "wanted", "reason"),
    [
        (1, 0, 1, f"1 picture {PROMISE}"),
        (400, 1, 6, f"400 pictures {PROMISE}"),
        (10_000, 0, 20, f"10000 pictures {PROMISE}; 199 are missing and 20 may be launched"),
        (10_000, 20, 20, f"10000 pictures {PROMISE}, but no more than 20 may run now"),
    ],
)
def test_a_launch_is_told_in_words_and_is_needed_from_then_on(
    outstanding: int, ready: int, wanted: int, reason: str
) -> None:
    seen = look(outstanding=outstanding, instances=instances(Phase.READY, ready))

    decision, state = decide(seen, State(), LIMITS)

    assert (decision.wanted, decision.reason) == (wanted, reason)
    assert state.needs == ((100.0, wanted),)


def test_a_slow_boot_asks_for_more_instances() -> None:
    quick, _ = decide(look(outstanding=500), State(boot_seconds=5), LIMITS)
    slow, _ = decide(look(outstanding=500), State(boot_seconds=30), LIMITS)

    assert quick.launch < slow.launch


def test_never_more_instances_than_messages_can_occupy() -> None:
    limits = replace(LIMITS, target_latency_seconds=0.1)

    decision, _ = decide(look(outstanding=7), State(), limits)

    assert decision.launch == 4


def test_a_tight_promise_launches_the_whole_fleet() -> None:
    limits = replace(LIMITS, target_latency_seconds=1)

    decision, _ = decide(look(outstanding=100), State(), limits)

    assert decision.launch == limits.maximum


def test_the_recorded_readings_of_a_noisy_queue_change_nothing() -> None:
    """100 messages were outstanding all the time in this recorded run."""
    readings = [29, 29, 78, 78, 100, 0, 100, 29, 100, 100, 100, 99, 0, 61, 73, 5, 0]
    fleet = instances(Phase.READY, 2)

    decisions = looks(
        *(
            look(100 + 2 * n, visible=count, outstanding=100, instances=fleet)
            for n, count in enumerate(readings)
        )
    )

    assert not any(decision.changes_something for decision in decisions)


def test_one_high_reading_launches_nothing() -> None:
    decisions = looks(look(100), look(102, visible=500), look(104), look(106))

    assert [decision.launch for decision in decisions] == [0, 0, 0, 0]


def test_messages_of_others_are_seen_through_the_depth() -> None:
    decisions = looks(look(100), look(102, visible=100), look(104, visible=100))

    assert [decision.launch for decision in decisions] == [0, 0, 2]


@pytest.mark.parametrize("missing", ["visible", "in_flight", "outstanding"])
def test_what_can_not_be_seen_is_unchanged_not_zero(missing: str) -> None:
    """Given work for two instances, when a part of it can't be seen for long, both stay."""
    fleet = instances(Phase.READY, 2)
    busy = {"visible": 190, "in_flight": 10, "outstanding": 0, "instances": fleet}
    if missing == "outstanding":
        busy |= {"visible": 0, "in_flight": 0, "outstanding": 200}
    blind = {**busy, missing: None}

    decisions = looks(
        *(look(100 + 2 * n, **busy) for n in range(3)),
        *(look(106 + 2 * n, **blind) for n in range(20)),
    )

    assert not any(decision.drain for decision in decisions)


def test_an_unseen_fleet_is_left_as_it_is() -> None:
    decision, state = decide(look(outstanding=500, instances=None), State(), LIMITS)

    assert not decision.changes_something
    assert "can't be seen" in decision.reason
    assert state.outstanding == 500


def test_scale_in_waits_for_the_delay_and_goes_to_zero() -> None:
    fleet = instances(Phase.READY, 3)

    decisions = looks(*quiet_looks(8, fleet))

    waited = [number for number, decision in enumerate(decisions) if decision.drain]
    assert waited[0] * 2 == pytest.approx(LIMITS.scale_in_delay_seconds, abs=2)
    assert len(decisions[waited[0]].drain) == 3


def test_nothing_shrinks_on_fewer_than_three_looks() -> None:
    limits = replace(LIMITS, scale_in_delay_seconds=0)

    decisions = looks(*quiet_looks(4, instances(Phase.READY, 3)), limits=limits)

    assert [bool(decision.drain) for decision in decisions] == [False, False, False, True]


def test_a_long_pause_between_looks_proves_nothing() -> None:
    """A scaler that stood still for a minute does not shrink on its first look after that."""
    fleet = instances(Phase.READY, 3)
    busy = look(100, outstanding=500, instances=fleet)

    decisions = looks(busy, look(200, instances=fleet), look(202, instances=fleet))

    assert not any(decision.drain for decision in decisions)


def test_a_pause_of_four_intervals_is_none() -> None:
    fleet = instances(Phase.READY, 3)

    decisions = looks(*(look(100 + 8 * n, instances=fleet) for n in range(6)))

    assert any(decision.drain for decision in decisions)


def test_unneeded_instances_go_one_by_one_within_the_break_even_time() -> None:
    """The measured boot is the longest delay; the levels are spread over the time before."""
    limits = replace(LIMITS, scale_in_delay_seconds=None, minimum_billed_seconds=0)
    fleet = instances(Phase.READY, 10)

    decisions = looks(*quiet_looks(30, fleet), state=State(boot_seconds=20), limits=limits)

    surplus = [len(decision.drain) for decision in decisions]
    assert surplus == sorted(surplus)
    assert surplus[2] == 0
    assert 3 <= surplus[7] <= 7
    assert surplus[9] < 10
    assert surplus[10] == 10
    held = 10 - surplus[7]
    delay = level_delay(held + 1, 20, limits)
    assert decisions[7].reason == f"{held} of 10 needed for {delay:.0f} s"


def test_an_instance_is_kept_for_the_minute_that_is_paid_already() -> None:
    limits = replace(LIMITS, scale_in_delay_seconds=None, boot_seconds=4)
    fleet = instances(Phase.READY, 1, at=90)

    decisions = looks(*quiet_looks(30, fleet), limits=limits)

    first = next(number for number, decision in enumerate(decisions) if decision.drain)
    assert 148 <= 100 + 2 * first <= 150


def test_a_working_fleet_is_not_shrunk_while_messages_wait() -> None:
    fleet = instances(Phase.READY, 10)

    decisions = looks(
        *(
            look(
                now,
                visible=300,
                outstanding=300,
                instances=tuple(replace(one, last_busy_at=now) for one in fleet),
            )
            for now in range(100, 180, 2)
        )
    )

    assert not any(decision.changes_something for decision in decisions)


def test_the_silent_ones_go_before_those_that_may_hold_a_message() -> None:
    """Given slow pictures (so that two instances are needed) and two that answered just now."""
    busy = [
        Instance(id=f"busy-{n}", phase=Phase.READY, launched_at=0, last_busy_at=99)
        for n in range(2)
    ]
    idle = [
        Instance(id=f"idle-{n}", phase=Phase.READY, launched_at=1, last_busy_at=20)
        for n in range(2)
    ]
    fleet = (*busy, *idle)

    decisions = looks(*quiet_looks(10, fleet, outstanding=4, service_seconds=10.0))

    drained = next(decision.drain for decision in decisions if decision.drain)
    assert set(drained) == {"idle-0", "idle-1"}


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


def test_the_boot_time_is_learned_from_the_first_look_that_shows_it_ready() -> None:
    booting = Instance(id="i-1", phase=Phase.BOOTING, launched_at=90)
    ready = replace(booting, phase=Phase.READY)

    _, state = decide(look(100, instances=(booting,)), State(), LIMITS)
    _, state = decide(look(102, instances=(ready,)), state, LIMITS)

    assert state.boot_seconds == 12


def test_a_burst_is_not_mistaken_for_a_rate() -> None:
    """1,000 at once are 1,000; nobody expects another 1,000 while instances boot."""
    burst, _ = decide(look(outstanding=1_000, arrived=1_000), State(), LIMITS)
    alone, _ = decide(look(outstanding=1_000, arrived=0), State(), LIMITS)

    assert burst.launch == alone.launch


def test_the_minimum_is_launched_and_kept() -> None:
    limits = replace(LIMITS, minimum=2)

    first, _ = decide(look(), State(), limits)
    later = looks(*quiet_looks(20, instances(Phase.READY, 3)), limits=limits)

    assert first.launch == 2 and "minimum" in first.reason
    assert len(next(decision.drain for decision in later if decision.drain)) == 1


def test_a_lowered_maximum_lets_the_rest_go() -> None:
    limits = replace(LIMITS, maximum=2)

    decisions = looks(*quiet_looks(3, instances(Phase.READY, 5), outstanding=1_000), limits=limits)

    assert len(decisions[0].drain) == 3


def test_nothing_is_launched_again_just_after_the_last_answer() -> None:
    """Pictures came for half a minute; all are answered, and the fleet was let go."""
    busy = [look(100 + 2 * n, outstanding=10, arrived=10) for n in range(15)]
    over = [look(130 + 2 * n) for n in range(20)]

    decisions = looks(*busy, *over)

    assert not any(decision.launch for decision in decisions[15:])


def test_one_picture_boots_one_instance_though_others_came_before() -> None:
    """A trickle is a rate, too, but one instance is far from busy with it."""
    limits = replace(LIMITS, target_latency_seconds=5, slots_per_instance=1)
    trickle = [look(100 + 2 * n, arrived=int(n % 4 == 0)) for n in range(15)]

    decisions = looks(*trickle, look(130, outstanding=1, arrived=1), limits=limits)

    assert decisions[-1].launch == 1
