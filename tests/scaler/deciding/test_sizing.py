"""The arithmetic of backlog and rate, at the numbers where it changes its answer.

An instance has two slots of half a second: four jobs a second. The promise is 45 s and a boot
takes 30, so that what waits has 42.6 s, of which a new instance works 12.6: 50.4 jobs.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from scaler.deciding import bursting, sizing
from scaler.deciding.estimates import Load
from scaler.deciding.values import Limits

LIMITS = Limits(slots_per_instance=2, target_latency_seconds=45)


def work(
    backlog: int = 0, rate: float = 0.0, boot_seconds: float = 30.0, service_seconds: float = 0.5
) -> Load:
    return Load(
        backlog_low=backlog,
        backlog_high=backlog,
        rate_low=rate,
        rate_high=rate,
        service_seconds=service_seconds,
        boot_seconds=boot_seconds,
    )


def test_an_instance_serves_its_slots_in_a_service_time() -> None:
    assert sizing.jobs_per_second(work(), LIMITS) == 4
    assert sizing.jobs_per_second(work(service_seconds=2), LIMITS) == 1
    assert sizing.jobs_per_second(work(), replace(LIMITS, slots_per_instance=3)) == 6


@pytest.mark.parametrize(
    ("boot_seconds", "plan"),
    [
        (10, 36),  # four fifths of the promise
        (30, 42.6),  # a boot, and what a new instance gets at least
        (60, 72.6),  # also where the boot alone breaks the promise
    ],
)
def test_the_planned_time(boot_seconds: float, plan: float) -> None:
    assert sizing.plan_seconds(work(boot_seconds=boot_seconds), LIMITS) == pytest.approx(plan)


@pytest.mark.parametrize(
    ("backlog", "ready", "boots_left", "missing"),
    [
        (0, 0, (), 0),
        (1, 0, (), 1),
        (50, 0, (), 1),
        (51, 0, (), 2),
        (100, 0, (), 2),
        (101, 0, (), 3),
        (170, 1, (), 0),  # a ready one works for all of the 42.6 s
        (171, 1, (), 1),
        (340, 2, (), 0),
        (341, 2, (), 1),
        (50, 0, (30,), 0),  # one that boots works from the end of its boot
        (51, 0, (30,), 1),
        (70, 0, (25,), 0),
        (71, 0, (25,), 1),
        (120, 0, (30, 25), 0),
        (121, 0, (30, 25), 1),
        (40, 0, (100,), 1),  # one that comes too late serves nothing, and no less
        (171, 1, (100,), 1),
    ],
)
def test_instances_that_a_backlog_misses(
    backlog: int, ready: int, boots_left: tuple[float, ...], missing: int
) -> None:
    assert sizing.missing_for_backlog(work(backlog), ready, boots_left, LIMITS) == missing


@pytest.mark.parametrize(
    ("rate", "missing"),
    [
        (9.3, 0),  # 10 + 279 jobs in 72.6 s, of which one instance serves 290.4
        (9.4, 1),
        (15.0, 1),  # 460 - 290.4: a second one serves 170.4 of them
        (15.1, 2),
        (20.7, 2),
        (20.8, 3),
    ],
)
def test_what_comes_during_a_boot_counts(rate: float, missing: int) -> None:
    assert sizing.missing_for_backlog(work(10, rate), 1, (), LIMITS) == missing


@pytest.mark.parametrize("functions", [1, 5, 20])
def test_what_functions_answer_in_time_needs_no_instance(functions: int) -> None:
    """As many jobs fewer as they answer in the planned time, which is shorter than repaying's."""
    asked = work(1000)
    answered = bursting.served_by_functions(asked, functions, sizing.plan_seconds(asked, LIMITS))
    fewer = work(max(math.ceil(1000 - answered), 0))

    found = sizing.missing_for_backlog(asked, 0, (), LIMITS, functions)

    assert found == sizing.missing_for_backlog(fewer, 0, (), LIMITS)
    assert found < sizing.missing_for_backlog(asked, 0, (), LIMITS)


def test_nothing_is_launched_for_a_rate_while_nothing_waits() -> None:
    assert sizing.missing_for_backlog(work(0, rate=100), 0, (), LIMITS) == 0


@pytest.mark.parametrize(
    ("backlog", "ready", "boots_left", "missing"),
    [(7, 0, (), 4), (8, 0, (), 4), (9, 0, (), 5), (7, 1, (), 3), (7, 1, (20,), 2), (2, 0, (20,), 0),
     (2, 1, (20,), 0)],
)  # fmt: skip
def test_no_more_than_the_jobs_can_occupy(
    backlog: int, ready: int, boots_left: tuple[float, ...], missing: int
) -> None:
    slow = work(backlog, service_seconds=100)
    hurried = replace(LIMITS, target_latency_seconds=0.1)
    assert sizing.missing_for_backlog(slow, ready, boots_left, hurried) == missing


@pytest.mark.parametrize(
    ("rate", "needed"),
    [(0, 0), (-1, 0), (0.1, 1), (2.6, 1), (2.7, 2), (6.6, 2), (6.7, 3), (10.6, 3), (10.7, 4)],
)
def test_instances_that_keep_up_with_a_rate(rate: float, needed: int) -> None:
    """Busy slots and two thirds of a slot to spare, so that 95 % wait under 2.25 s."""
    assert sizing.short_wait_seconds(LIMITS) == 2.25
    assert sizing.needed_for_rate(rate, work(), LIMITS) == needed


@pytest.mark.parametrize(
    ("backlog", "rate", "present", "missing"),
    [
        (4, 20, 2, 0),  # everything that is here is in hand
        (5, 20, 2, 3),
        (5, 3, 2, 0),  # two serve eight a second
        (5, 8, 2, 0),
        (5, 8.1, 2, 1),
        (5, 12, 2, 1),
        (5, 12.1, 2, 2),
        (1, 0, 0, 0),
        (1, 0.1, 0, 1),
    ],
)
def test_instances_that_a_rate_misses(
    backlog: int, rate: float, present: int, missing: int
) -> None:
    assert sizing.missing_for_rate(work(backlog, rate), present, LIMITS) == missing


@pytest.mark.parametrize(
    ("backlog", "rate", "present", "kept"),
    [
        (0, 20, 3, 0),  # what may still come is the delay's concern
        (1, 0, 3, 1),
        (2, 0, 3, 1),
        (3, 0, 3, 2),
        (9, 0, 3, 3),  # no more than are here
        (22, 2.2, 2, 1),  # 18 wait: a short wait of two instances
        (23, 2.2, 2, 2),  # 19: a queue
        (22, 2.0, 2, 2),  # one slot is enough for the rate: what is in hand counts
        (1, 6.7, 3, 3),
        (1, 6.6, 3, 2),
        (55, 2.2, 5, 1),
        (56, 2.2, 5, 5),
    ],
)
def test_instances_that_have_something_to_do(
    backlog: int, rate: float, present: int, kept: int
) -> None:
    assert sizing.needed_to_keep(work(backlog, rate), present, LIMITS) == kept


def test_each_estimate_has_its_side() -> None:
    """Only the low estimates launch, and only the high ones keep."""
    low = replace(work(), backlog_low=200, rate_low=20)
    high = replace(work(), backlog_high=200, rate_high=20)
    assert sizing.missing_for_backlog(low, 0, (), LIMITS) == 5
    assert sizing.missing_for_backlog(high, 0, (), LIMITS) == 0
    assert sizing.missing_for_rate(low, 1, LIMITS) == 4
    assert sizing.missing_for_rate(high, 1, LIMITS) == 0
    assert sizing.needed_to_keep(low, 2, LIMITS) == 0
    assert sizing.needed_to_keep(high, 2, LIMITS) == 2
