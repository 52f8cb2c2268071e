"""What the database tells of the fleet's last hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from faceweb.watch.fleet_charts import AnsweredStep, Span
from faceweb.watch.fleet_history import (
    answered_by_step,
    fold,
    folded_decisions,
    known_since,
    lives_within,
    seen_by_step,
)
from scaler.deciding.values import State
from scaler.models import Lifeline, Look
from scaler.record.history import to_json
from tests.support.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime(2026, 11, 25, 12, 0, 1, tzinfo=UTC)
SPAN = Span.ending(NOW.timestamp(), 60)


def look(seconds_ago: float, *, changed: bool = False, **counts: int | None) -> Look:
    values = {"observation": {}, "state": to_json(State(boot_seconds=12.0)), "limits": {}}
    return Look(
        at=NOW - timedelta(seconds=seconds_ago), changed=changed, reason="enough", decision={},
        **values, **counts,
    )  # fmt: skip


def test_the_most_of_each_step_is_seen() -> None:
    counts = {"in_flight": 1, "booting": 0, "ready": 2, "leaving": None}
    Look.objects.bulk_create(
        [look(45, visible=3, **counts), look(50, visible=9, **counts), look(4000, visible=99),
         look(10, visible=None)]
    )  # fmt: skip

    ((step, seen),) = seen_by_step(SPAN).items()

    assert step in SPAN.starts
    assert step <= (NOW - timedelta(seconds=45)).timestamp() < step + SPAN.step
    assert seen == {
        "waiting": 9, "in_work": 1, "starting": 0, "ready": 2, "leaving": 0, "functions": 0,
    }  # fmt: skip


def test_answers_are_counted_by_step_with_the_slowest_and_the_late() -> None:
    for took in (1.5, 50.25):
        answered = NOW - timedelta(seconds=45)
        make_job(created_at=answered - timedelta(seconds=took), answered_at=answered)
    make_job(answered_at=NOW - timedelta(seconds=4000))
    make_job()

    ((step, told),) = answered_by_step(SPAN, promise_seconds=45).items()

    assert step in SPAN.starts
    assert told == AnsweredStep(count=2, slowest=pytest.approx(50.25, abs=1e-3), late=1)


def test_lives_that_ended_before_are_left_out() -> None:
    begun = NOW - timedelta(hours=3)
    Lifeline.objects.bulk_create(
        [Lifeline(instance_id="i-over", launched_at=begun, ended_at=NOW - timedelta(hours=2)),
         Lifeline(instance_id="i-runs", launched_at=begun, ready_at=begun)]
    )  # fmt: skip

    (life,) = lives_within(SPAN)

    assert (life.id, life.launched, life.ready) == ("i-runs", begun.timestamp(), begun.timestamp())
    assert (life.leaving, life.ended) == (None, None)


def test_known_since_is_the_first_look_where_that_is_in_the_time() -> None:
    assert known_since(SPAN) == SPAN.until
    first = look(600, visible=0)
    first.save()
    assert known_since(SPAN) == first.at.timestamp()
    look(9000, visible=0).save()
    assert known_since(SPAN) == SPAN.since


def test_looks_that_changed_nothing_are_folded_between_those_that_did() -> None:
    looks = [look(0), look(10), look(20, changed=True), look(30, changed=True), look(40)]

    folded = [(one.newest.changed, one.looks, one.since) for one in fold(looks)]

    assert folded == [
        (False, 2, looks[1].at), (True, 1, looks[2].at), (True, 1, looks[3].at),
        (False, 1, looks[4].at),
    ]  # fmt: skip


def test_a_decision_brings_what_the_scaler_had_learned() -> None:
    look(5, changed=True, visible=3, launched=1).save()

    (change,) = folded_decisions()

    assert (change.newest.launched, change.learned.boot_seconds) == (1, 12.0)
