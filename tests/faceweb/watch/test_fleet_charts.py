"""The fleet's last hours in numbers for the page."""

from __future__ import annotations

import pytest

from faceweb.watch.fleet_charts import (
    SEEN,
    AnsweredStep,
    Span,
    charts,
    promise_kept,
)
from faceweb.watch.fleet_cost import Life, costs_of, most_at_once

NOW = 1_800_000_005.0
SPAN = Span.ending(NOW, 60)
HOURLY = {"instance": 1.0, "function": 3.0}
LIFE = Life(id="i-1", launched=NOW - 600, ready=NOW - 580, leaving=NOW - 320, ended=NOW - 300)


def test_steps_cover_the_time_up_to_now_and_stay_where_they_are() -> None:
    later = Span.ending(NOW + SPAN.step, 60)

    assert len(SPAN.starts) == 60 * 60 / SPAN.step
    assert SPAN.starts[-1] <= NOW == SPAN.ends[-1] < SPAN.starts[-1] + SPAN.step
    assert set(SPAN.starts) & set(later.starts) == set(SPAN.starts[1:])


def test_a_step_without_a_look_is_a_gap_and_one_without_answers_is_none() -> None:
    step = SPAN.starts[4]
    seen = {step: dict.fromkeys(SEEN, 1) | {"waiting": 7}}
    answered = {step: AnsweredStep(count=5, slowest=1.234, late=0)}

    drawn = charts(SPAN, seen, answered, [LIFE], costs(), 45.0)

    assert drawn["waiting"] == [None] * 4 + [7] + [None] * (len(SPAN.starts) - 5)
    assert drawn["answered"] == [0] * 4 + [15.0] + [0] * (len(SPAN.starts) - 5)
    assert drawn["slowest"] == [None] * 4 + [1.23] + [None] * (len(SPAN.starts) - 5)
    assert drawn["lives"] == [
        {"id": "i-1", "kind": "instance", "launched": NOW - 600, "ready": NOW - 580,
         "leaving": NOW - 320, "ended": NOW - 300}
    ]  # fmt: skip


def costs(*lives: Life, known_since: float = NOW - 3600, minimum: float = 60.0):
    return costs_of(lives or [LIFE], SPAN.ends, known_since, HOURLY, minimum)


def test_what_ran_is_billed_by_the_second_beside_a_fixed_fleet() -> None:
    told = costs()

    assert told.spent == pytest.approx(300 / 3600)
    assert told.so_far[0] == 0.0
    assert told.so_far == sorted(told.so_far)
    assert (told.most, told.fixed_spent) == (1, pytest.approx(1.0))
    assert told.times_as_much == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        (Life(id="short", launched=NOW - 500, ended=NOW - 490), 60),
        (Life(id="runs", launched=NOW - 90), 90),
        (Life(id="has just begun", launched=NOW - 5), 5),
        (Life(id="began before", launched=NOW - 9000, ended=NOW - 3500), 100),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_each_life_is_billed_as_ec2_bills_it(life: Life, seconds: float) -> None:
    assert costs(life).spent == pytest.approx(seconds / 3600)


def test_nothing_that_ran_costs_nothing() -> None:
    told = costs_of([], SPAN.ends, NOW - 60, HOURLY, 60.0)

    assert (told.spent, told.fixed_spent, told.times_as_much) == (0.0, 0.0, None)


def test_the_most_at_once_counts_those_that_overlap() -> None:
    assert most_at_once([(0, 10), (5, 15), (10, 20)]) == 2
    assert most_at_once([]) == 0


def test_a_promise_that_one_in_a_thousand_broke_was_not_kept_wholly() -> None:
    answered = {
        1: AnsweredStep(count=9_999, slowest=3.0, late=1),
        2: AnsweredStep(count=1, slowest=50.0, late=0),
    }

    assert promise_kept(answered) == {"percent": 99.9, "answers": 10_000, "late": 1}
    assert promise_kept({})["percent"] is None


def test_functions_are_billed_for_what_they_took_at_their_own_price() -> None:
    run = Life(id="burst-1", kind="function", launched=NOW - 500, ended=NOW - 490)

    told = costs(LIFE, run)
    alone = costs(run)

    assert told.spent == pytest.approx((300 * 1.0 + 10 * 3.0) / 3600)
    assert told.functions == pytest.approx(10 * 3.0 / 3600)
    assert (told.most, alone.most) == (1, 1)  # one machine would have done it
