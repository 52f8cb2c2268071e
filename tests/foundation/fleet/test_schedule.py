"""The fewest instances by time of day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foundation.config import ConfigurationError, load_settings
from foundation.fleet.schedule import minimum_at, parse_schedule

WEEK = "mon-fri 07:30-18:00 2; sat 9:00-12:00 1; fri-mon 20:00-24:00 3"


@pytest.mark.parametrize(
    ("day", "time", "fewest"),
    [
        (2, "07:29", 0), (2, "07:30", 2), (2, "17:59", 2), (2, "18:00", 0),  # a Wednesday
        (5, "10:00", 1), (6, "10:00", 0), (6, "23:59", 3), (0, "20:00", 3), (1, "20:00", 0),
    ],
)  # fmt: skip
def test_the_most_that_an_entry_asks_for(day: int, time: str, fewest: int) -> None:
    hour, minute = map(int, time.split(":"))
    moment = datetime(2027, 1, 4 + day, hour, minute, tzinfo=UTC)

    assert minimum_at(parse_schedule(WEEK), moment) == fewest


def test_no_schedule_asks_for_nothing() -> None:
    assert minimum_at(parse_schedule(" ; "), datetime(2027, 1, 4, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("always 2", "is not like"),
        ("mon 08:00-18:00", "is not like"),
        ("day 08:00-18:00 1", "is no day"),
        ("mon 18:00-08:00 1", "ends before it begins"),
        ("mon 08:00-25:00 1", "no time of day"),
        ("mon 08:61-09:00 1", "no time of day"),
    ],
)
def test_a_wrong_schedule_is_told_at_the_start(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALER_SCHEDULE", text)

    with pytest.raises(ConfigurationError, match=words):
        load_settings()
