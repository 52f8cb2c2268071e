"""Whoever waits is told for what, and about how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from faceweb.watch.waiting import MOST_PERCENT, explained, waiting_now
from scaler.models import Lifeline
from tests.support.factories import make_settings

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starting_since", "is_ready", "words", "percent"),
    [
        ([], False, "being started for your picture: about 20 seconds", 0),
        ([5], False, "starting: about 15 seconds more", 25),
        ([5, 10], False, "starting: about 10 seconds more", 50),
        ([300], False, "ready in a moment", MOST_PERCENT),
        ([5], True, "in the queue", None),
    ],
)
def test_what_is_waited_for(
    starting_since: list[float], is_ready: bool, words: str, percent: int | None
) -> None:
    starting = [NOW - timedelta(seconds=seconds) for seconds in starting_since]

    told = explained(starting, is_ready, 20.0, NOW)

    assert words in told.sentence
    assert told.percent == percent


@pytest.mark.django_db
@pytest.mark.database
def test_a_start_is_measured_by_those_before() -> None:
    begun = timezone.now() - timedelta(hours=1)
    ready = begun + timedelta(seconds=12)
    Lifeline.objects.create(
        instance_id="i-1", launched_at=begun, ready_at=ready, ended_at=timezone.now()
    )

    assert "about 12 seconds" in waiting_now(make_settings()).sentence
    Lifeline.objects.all().delete()
    told = waiting_now(make_settings(expected_boot_seconds=33.0))
    assert "about 33 seconds" in told.sentence
