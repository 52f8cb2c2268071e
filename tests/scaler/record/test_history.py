"""What is recorded can be asked again; what the jobs tell is exact."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from faceweb.jobs.ledger import JobTable
from faceweb.models import JobState
from scaler.deciding.policy import decide
from scaler.deciding.values import Instance, Limits, Observation, Phase, State
from scaler.models import Look
from scaler.record.history import RecordedDecision, StoredHistory, from_json, steps, to_json
from scaler.record.ledger import mean_service
from scaler.record.replay import replay
from scaler.record.report import action_text
from tests.support.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime.now(UTC)


def recorded(outstanding: int = 500, maximum: int = 20) -> RecordedDecision:
    instance = Instance(id="i-1", phase=Phase.READY, launched_at=NOW.timestamp() - 300)
    seen = Observation(
        now=NOW.timestamp(), visible=3, outstanding=outstanding, instances=(instance,)
    )
    limits = Limits(maximum=maximum)
    decision, _ = decide(seen, State(), limits)
    return RecordedDecision(observation=seen, state=State(), limits=limits, decision=decision)


def test_a_step_comes_back_as_it_went() -> None:
    _, state = decide(recorded().observation, State(), Limits())

    assert from_json(State, json.loads(json.dumps(to_json(state)))) == state
    StoredHistory("one").record(recorded())
    assert list(steps(Look.objects.all())) == [recorded()]


def test_rows_from_before_functions_are_read_as_without_functions() -> None:
    StoredHistory("one").record(recorded())
    row = Look.objects.get()
    for column in (row.observation, row.limits, row.decision):
        for name in [name for name in column if "function" in name]:
            del column[name]
    row.save()

    assert list(steps(Look.objects.all())) == [recorded()]


def test_a_decision_that_starts_other_functions_differs() -> None:
    then = replace(recorded(), decision=replace(recorded().decision, start_functions=3))

    (difference,) = replay([then], {}).differences

    assert action_text(difference.then).endswith("start 3 functions")


def test_the_same_policy_says_the_same_and_another_limit_shows() -> None:
    assert replay([recorded()], {}).differences == ()

    (difference,) = replay([recorded()], {"maximum": 2}).differences

    assert (difference.then.launch > 1, difference.now.launch) == (True, 1)


def test_the_replay_command_shows_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    StoredHistory("one").record(recorded())
    same, other = StringIO(), StringIO()

    call_command("replayscaler", stdout=same)
    call_command("replayscaler", "--max", "2", stdout=other)

    assert "1 situations, 0 decided differently" in same.getvalue()
    assert "1 situations, 1 decided differently" in other.getvalue()
    assert "launch 1" in capsys.readouterr().out


def test_a_replay_without_history_says_so() -> None:
    out = StringIO()

    call_command("replayscaler", stdout=out)

    assert "Nothing was recorded" in out.getvalue()


def test_the_ledger_counts_exactly() -> None:
    began, ended = NOW - timedelta(seconds=9), NOW - timedelta(seconds=8)
    make_job(created_at=NOW - timedelta(minutes=5))
    make_job(created_at=NOW - timedelta(seconds=1))
    make_job(sent_at=NOW - timedelta(hours=2))  # given up long ago, if it is not on the queue
    make_job(state=JobState.STORED, created_at=NOW - timedelta(minutes=1))
    make_job(
        state=JobState.SUCCEEDED, instance_id="i-1", started_at=began, finished_at=ended,
        answered_at=ended + timedelta(seconds=1), created_at=NOW - timedelta(minutes=1),
    )  # fmt: skip
    make_job(state=JobState.FAILED, instance_id="i-2", answered_at=NOW, created_at=began)

    reading = JobTable(forget_after_seconds=600).read(NOW.timestamp() - 10, NOW.timestamp())

    assert reading.outstanding == 2
    assert reading.arrived >= 1
    assert reading.service_seconds == pytest.approx(1.0)
    assert reading.last_busy == {
        "i-1": pytest.approx(ended.timestamp() + 1),
        "i-2": pytest.approx(NOW.timestamp()),  # a bad picture was answered, too
    }


def test_the_next_picture_of_one_at_a_time_is_told_from_others() -> None:
    table, look = JobTable(forget_after_seconds=600), NOW.timestamp()
    assert not table.next_follows(look, 0.2)
    make_job(state=JobState.SUCCEEDED, answered_at=NOW + timedelta(seconds=1))
    assert not table.next_follows(look, 0.2)

    following = make_job(sent_at=NOW + timedelta(seconds=1.1))
    assert table.next_follows(look, 0.2)
    assert not table.next_follows(look, 0.05)
    assert not table.next_follows(following.sent_at.timestamp(), 0.2)
    make_job(sent_at=NOW - timedelta(seconds=1))

    assert not table.next_follows(look, 0.2), "one that the look saw is still open"


def test_extremes_do_not_move_the_mean_service_time() -> None:
    took = [0.1] * 18 + [30.0, 0.001]
    answers = [("i", NOW, NOW + timedelta(seconds=seconds), NOW) for seconds in took]

    assert mean_service(answers) == pytest.approx(0.1)
    assert mean_service([]) is None
