"""What is known of functions that run: by their rows, and by what they report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.fleet.function_reports import FunctionReport
from scaler.models import Kind, Lifeline
from scaler.record import function_runs
from scaler.record.lifelines import Lifelines, moment
from tests.scaler.record.test_lifelines import look as fleet_look

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOON = 1_800_014_400.0
"""2027-01-15 12:00 UTC."""
LIMIT = 150.0
FOREVER = 1e9


def report(name: str, *, ended: bool = False) -> FunctionReport:
    return FunctionReport(
        function=name, began_at=NOON, ended_at=NOON + 9 if ended else None, answered=3
    )


def test_a_run_counts_from_before_its_invocation_until_it_says_that_it_ended() -> None:
    function_runs.begin("burst-1", NOON)
    function_runs.begin("burst-2", NOON)
    assert function_runs.look(NOON + 1, 5, LIMIT, FOREVER, {}).running == 2

    function_runs.note_reports([report("burst-1")])
    assert function_runs.look(NOON + 1, 5, LIMIT, FOREVER, {}).running == 2
    function_runs.note_reports([report("burst-1", ended=True)])

    assert function_runs.look(NOON + 1, 5, LIMIT, FOREVER, {}).running == 1
    assert Lifeline.objects.get(pk="burst-1").answered == 3


def test_reports_that_come_twice_or_in_another_order_change_nothing() -> None:
    function_runs.begin("burst-1", timezone.now().timestamp() - 60)
    function_runs.note_reports([report("burst-1", ended=True), report("burst-1")])
    line = Lifeline.objects.get()

    function_runs.note_reports([report("burst-1"), report("burst-1", ended=True)])

    again = Lifeline.objects.get()
    assert (again.ready_at, again.ended_at) == (line.ready_at, line.ended_at)


def test_a_report_ends_no_instance_and_makes_no_row() -> None:
    Lifeline.objects.create(pk="i-1", launched_at=moment(NOON))

    function_runs.note_reports([report("i-1", ended=True), report("nobody", ended=True)])

    assert Lifeline.objects.get().ended_at is None


def test_a_run_that_says_nothing_is_forgotten_after_its_time() -> None:
    function_runs.begin("burst-1", NOON)

    assert function_runs.look(NOON + LIMIT - 1, 5, LIMIT, FOREVER, {}).running == 1
    assert function_runs.look(NOON + LIMIT + 1, 5, LIMIT, FOREVER, {}).running == 0
    line = Lifeline.objects.get()
    assert line.ended_at == line.launched_at + timedelta(seconds=LIMIT)


def test_todays_seconds_are_those_that_ended_today_and_those_that_run() -> None:
    for name, began, ended in (
        ("yesterday", NOON - 86_400, NOON - 86_390), ("today", NOON - 60, NOON - 40),
        ("runs", NOON - 5, None),
    ):  # fmt: skip
        Lifeline.objects.create(
            pk=name,
            kind=Kind.FUNCTION,
            launched_at=moment(began),
            ended_at=ended and moment(ended),
        )

    assert function_runs.look(NOON, 5, LIMIT, FOREVER, {}).seconds_today == 25.0


def test_a_start_is_the_mean_of_the_last() -> None:
    for name, seconds in (("one", 2), ("two", 4)):
        Lifeline.objects.create(
            pk=name, kind=Kind.FUNCTION, launched_at=moment(NOON), ready_at=moment(NOON + seconds)
        )

    assert function_runs.look(NOON + 5, 5, LIMIT, FOREVER, {}).start_seconds == 3.0


def test_a_look_at_instances_ends_no_function() -> None:
    function_runs.begin("burst-1", NOON)

    Lifelines().note(fleet_look(NOON + 2))

    assert Lifeline.objects.get().ended_at is None


def test_a_run_that_begun_and_answers_nothing_is_lost_before_its_time() -> None:
    """Its process was killed: it reports no end, and pictures may wait for it."""
    for name, began in (("dead", NOON), ("busy", NOON), ("starts", None)):
        Lifeline.objects.create(
            pk=name, kind=Kind.FUNCTION, launched_at=moment(NOON), ready_at=began and moment(began)
        )

    runs = function_runs.look(NOON + 31, 5, LIMIT, 30.0, {"busy": NOON + 20, "dead": NOON + 0.5})

    assert runs.running == 2
    assert Lifeline.objects.get(pk="dead").ended_at == moment(NOON + 31)
