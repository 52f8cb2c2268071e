"""The policy's decisions, case by case: what is launched, and when nothing changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.deciding.policy import decide
from scaler.deciding.values import Instance, Phase, State
from tests.scaler.deciding.looks import LIMITS, instances, look, looks, quiet_looks

PROMISE = "of 0.50 s, 45 s promised, a boot takes 30 s"


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
