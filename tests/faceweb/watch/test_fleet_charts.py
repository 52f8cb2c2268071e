"""The fleet's last hour in numbers for the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from faceweb.watch.fleet_charts import HEIGHT, TOP, WIDTH, Sample, fleet_chart
from faceweb.watch.fleet_view import answered_by_minute, by_state
from tests.support.factories import make_job

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def sample(minutes_ago: float, queued: int, instances: int = 0) -> Sample:
    return Sample(at=NOW - timedelta(minutes=minutes_ago), queued=queued, instances=instances)


def test_time_goes_from_left_to_right_and_values_upwards() -> None:
    chart = fleet_chart([sample(60, 0), sample(30, 10, 2), sample(0, 5)], {}, NOW)

    points = [tuple(map(float, point.split(","))) for point in chart.queue.split()]
    assert points == [(0, HEIGHT), (WIDTH / 2, TOP), (WIDTH, HEIGHT - (HEIGHT - TOP) / 2)]
    assert (chart.most_queued, chart.most_instances) == (10, 2)


def test_a_minute_is_a_bar() -> None:
    minute = NOW - timedelta(minutes=15)

    chart = fleet_chart([], {minute: 4, minute + timedelta(minutes=1): 2}, NOW)

    high, low = chart.bars
    assert (high.x, high.y, high.count) == (WIDTH * 0.75, TOP, 4)
    assert low.height == pytest.approx(high.height / 2)
    assert (chart.answered, chart.most_answered, chart.is_empty) == (6, 4, False)


def test_an_hour_in_which_nothing_happened_is_empty() -> None:
    assert fleet_chart([], {}, NOW).is_empty
    assert fleet_chart([sample(90, 5), sample(80, 5)], {}, NOW).is_empty


@pytest.mark.django_db
@pytest.mark.database
def test_answers_are_counted_by_minute() -> None:
    for seconds in (1, 59, 61, 4000):
        make_job(answered_at=NOW - timedelta(seconds=seconds))
    make_job()

    assert answered_by_minute(NOW) == {
        NOW - timedelta(minutes=2): 1, NOW - timedelta(minutes=1): 2,
    }  # fmt: skip


def test_instances_are_counted_by_state() -> None:
    states = ("running", "pending", "running")

    assert by_state([{"state": state} for state in states]) == {"running": 2, "pending": 1}
