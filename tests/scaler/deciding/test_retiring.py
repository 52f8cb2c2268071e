"""Who goes, and when, at the moments where the answer changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scaler.deciding import retiring
from scaler.deciding.values import Instance, Limits, Observation, Phase, State

LIMITS = Limits(interval_seconds=2, minimum_billed_seconds=60, longest_task_seconds=25)
TEN_SECONDS = replace(LIMITS, scale_in_delay_seconds=10)


def instance(
    name: str, launched_at: float = 0.0, busy_at: float | None = None, phase: Phase = Phase.READY
) -> Instance:
    return Instance(id=name, phase=phase, launched_at=launched_at, last_busy_at=busy_at)


@pytest.mark.parametrize(
    ("configured", "boot_seconds", "delay"),
    [(None, 30, 30), (None, 1, 4.5), (10, 30, 10), (0, 30, 4.5), (4, 30, 4.5), (5, 30, 5)],
)
def test_the_longest_delay_is_a_boot_or_as_configured_and_never_under_three_looks(
    configured: float | None, boot_seconds: float, delay: float
) -> None:
    limits = replace(LIMITS, scale_in_delay_seconds=configured)
    assert retiring.longest_delay(boot_seconds, limits) == delay


@pytest.mark.parametrize(
    ("level", "boot_seconds", "delay"),
    [
        (1, 30, 21.709),  # ln(1 + (e - 1) 0.618) of a boot
        (2, 30, 10.214),  # 0.236
        (3, 30, 27.097),  # 0.854
        (5, 30, 7.5),  # 0.09 would be 4.3 s: never under a quarter of a boot
        (5, 100, 25),
        (1, 1, 4.5),  # never under three looks
    ],
)
def test_the_delay_of_each_level(level: int, boot_seconds: float, delay: float) -> None:
    assert retiring.level_delay(level, boot_seconds, LIMITS) == pytest.approx(delay, abs=0.001)
    assert retiring.level_delay(level, boot_seconds, TEN_SECONDS) == 10


@pytest.mark.parametrize(
    ("need", "delay", "staircase"),
    [
        (2, 10, ((95, 3), (100, 2))),  # what is as old as the delay is forgotten
        (2, 10.1, ((90, 5), (95, 3), (100, 2))),
        (3, 20, ((90, 5), (100, 3))),  # a later look that needed as many stands for the earlier
        (4, 20, ((90, 5), (100, 4))),
        (6, 20, ((100, 6),)),
    ],
)
def test_the_staircase_of_needs(
    need: int, delay: float, staircase: tuple[tuple[float, int], ...]
) -> None:
    assert retiring.push_need(((90, 5), (95, 3)), 100, need, delay) == staircase


@pytest.mark.parametrize(("present", "held"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 2)])
def test_a_level_is_held_until_its_delay_is_over(present: int, held: int) -> None:
    """The third was needed exactly ten seconds ago, a fourth never."""
    needs = ((90.0, 3), (95.0, 2), (100.0, 1))
    assert retiring.held_need(needs, present, 30, TEN_SECONDS) == held


def test_each_level_has_its_own_delay() -> None:
    """Level 1 is held for 21.7 s, level 2 for 10.2 s, level 3 for 27.1 s."""
    assert retiring.held_need(((0.0, 3), (10.0, 0)), 3, 30, LIMITS) == 3
    assert retiring.held_need(((0.0, 3), (11.0, 0)), 3, 30, LIMITS) == 2
    assert retiring.held_need(((0.0, 3), (22.0, 0)), 3, 30, LIMITS) == 1
    assert retiring.held_need(((0.0, 3), (28.0, 0)), 3, 30, LIMITS) == 0


def test_nothing_is_held_where_nothing_was_needed() -> None:
    assert retiring.held_need((), 3, 30, LIMITS) == 0


def test_an_instance_stays_until_its_least_price_is_used_up() -> None:
    """A minute, less one look: the next would come too late."""
    fleet = [instance("paid", launched_at=42), instance("not paid", launched_at=42.1)]
    assert retiring.surplus(fleet, 5, 100, False, LIMITS) == ("paid",)
    assert retiring.surplus(fleet, 5, 100, False, TEN_SECONDS) == ("paid", "not paid")


def test_the_least_recently_busy_goes_first() -> None:
    fleet = [
        instance("worked again", busy_at=90),
        instance("worked", busy_at=30),
        instance("never", launched_at=20),
        instance("earlier life", launched_at=35, busy_at=10),
    ]
    in_order = ("never", "worked", "earlier life", "worked again")
    assert retiring.surplus(fleet, 9, 100, False, LIMITS) == in_order
    assert retiring.surplus(fleet, 1, 100, False, LIMITS) == ("never",)
    assert retiring.surplus(fleet, 0, 100, False, LIMITS) == ()
    assert retiring.surplus(fleet, -1, 100, False, LIMITS) == ()


@pytest.mark.parametrize(
    ("busy", "longest_task_seconds", "order"),
    [
        (False, 25, ("worked at 74", "boots", "worked at 76")),
        (True, 25, ("worked at 74", "boots", "worked at 76")),  # 26 s: longer than any task
        (True, 26, ("worked at 74", "boots", "worked at 76")),
        (True, 26.1, ("boots", "worked at 74", "worked at 76")),
    ],
)
def test_while_messages_are_in_hand_those_go_first_that_hold_none(
    busy: bool, longest_task_seconds: float, order: tuple[str, ...]
) -> None:
    limits = replace(TEN_SECONDS, longest_task_seconds=longest_task_seconds)
    fleet = [
        instance("worked at 76", busy_at=76),
        instance("worked at 74", busy_at=74),
        instance("boots", launched_at=75, phase=Phase.BOOTING),
    ]
    assert retiring.surplus(fleet, 3, 100, busy, limits) == order


def fleet_of(*fleet: Instance, now: float = 1000.0) -> Observation:
    return Observation(now=now, instances=fleet)


@pytest.mark.parametrize(
    ("one", "is_useless"),
    [
        (instance("i", 999, phase=Phase.ENDED), True),
        (instance("i", 700, phase=Phase.BOOTING), False),
        (instance("i", 699.9, phase=Phase.BOOTING), True),
        (instance("asked at 940", phase=Phase.DRAINING), False),
        (instance("asked at 939", phase=Phase.DRAINING), True),
        (instance("asked by another", phase=Phase.DRAINING), False),
        (instance("i", 0, phase=Phase.READY), False),
    ],
)
def test_an_instance_is_useless_when_its_time_is_over(one: Instance, is_useless: bool) -> None:
    limits = replace(LIMITS, boot_timeout_seconds=300, drain_timeout_seconds=60)
    state = State(draining=(("asked at 940", 940), ("asked at 939", 939)))
    assert retiring.useless(fleet_of(one), state, limits) == ((one.id,) if is_useless else ())


def test_where_no_instance_could_be_seen_none_is_useless() -> None:
    assert retiring.useless(Observation(now=1000), State(), LIMITS) == ()


def test_who_is_ended_at_once_and_who_must_look_useless_twice() -> None:
    seen = fleet_of(
        instance("asked and ended", phase=Phase.ENDED),
        instance("ended by itself", phase=Phase.ENDED),
        instance("asked", phase=Phase.DRAINING),
        instance("seen before", phase=Phase.BOOTING),
    )
    state = State(draining=(("asked and ended", 990), ("asked", 990)), suspects=("seen before",))
    suspects = [one.id for one in seen.instances or ()]
    assert retiring.certain(seen, suspects, state) == ("asked and ended", "seen before")
    assert retiring.certain(seen, ["ended by itself"], state) == ()
