"""The policy's decisions, case by case: when instances are let go, and which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.deciding.retiring import level_delay
from scaler.deciding.values import Instance, Phase, State
from tests.scaler.deciding.looks import LIMITS, instances, look, looks, quiet_looks


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
