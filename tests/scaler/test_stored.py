"""What the scaler reads from and keeps in the database."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from faceweb.models import JobState
from scaler.history import KEPT, SAMPLE_SECONDS, Step, StoredHistory, prune, steps
from scaler.lease import SECONDS, ScalerLease
from scaler.ledger import JobTable, last_answers, mean_service
from scaler.models import Look
from scaler.policy import decide
from scaler.replay import Replay, replay
from scaler.values import Instance, Limits, Observation, Phase, State
from tests.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: float = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


class TestLease:
    def test_one_holds_it_the_other_waits_and_follows(self) -> None:
        clock = Clock()
        first, second = (ScalerLease("faces", name, clock) for name in ("a", "b"))

        assert first.hold()
        assert not second.hold()
        assert second.current_holder() == "a"
        clock.now += SECONDS / 2
        assert first.hold()  # renewed
        clock.now += SECONDS / 2 + 1
        assert not second.hold()
        clock.now += SECONDS
        assert not first.is_held()
        assert second.hold()
        assert not first.hold()

    def test_a_released_lease_is_free_at_once(self) -> None:
        clock = Clock()
        first, second = (ScalerLease("faces", name, clock) for name in ("a", "b"))
        first.hold()

        first.release()

        assert second.hold()

    def test_systems_do_not_share_a_lease(self) -> None:
        clock = Clock()

        assert ScalerLease("faces", "a", clock).hold()
        assert ScalerLease("others", "b", clock).hold()

    @pytest.mark.django_db(transaction=True)
    def test_of_many_that_start_at_once_one_holds_it(self) -> None:
        clock = Clock()
        barrier = threading.Barrier(6)
        held: list[bool] = []

        def take(name: str) -> None:
            barrier.wait(10)
            held.append(ScalerLease("faces", name, clock).hold())
            connection.close()

        threads = [threading.Thread(target=take, args=(str(n),)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(held) == [False] * 5 + [True]


class TestLedger:
    def test_open_jobs_and_arrivals_are_counted(self) -> None:
        make_job(created_at=NOW, sent_at=NOW)
        make_job(created_at=NOW - timedelta(minutes=5), sent_at=NOW - timedelta(minutes=5))
        make_job(state=JobState.SUCCEEDED, created_at=NOW, sent_at=NOW)
        make_job(state=JobState.STORED, created_at=NOW - timedelta(minutes=5), sent_at=None)

        reading = JobTable(3600).read((NOW - timedelta(seconds=2)).timestamp(), NOW.timestamp())

        assert (reading.outstanding, reading.arrived) == (2, 2)
        assert reading.service_seconds is None

    def test_a_job_that_was_given_up_counts_no_more(self) -> None:
        make_job(sent_at=NOW - timedelta(hours=2))

        assert JobTable(3600).read(0, NOW.timestamp()).outstanding == 0

    def test_service_time_and_last_answers_come_from_the_jobs(self) -> None:
        for seconds, instance in ((1.0, "i-a"), (3.0, "i-b")):
            make_job(
                state=JobState.SUCCEEDED, sent_at=NOW, instance_id=instance,
                started_at=NOW, finished_at=NOW + timedelta(seconds=seconds),
            )  # fmt: skip

        reading = JobTable(3600).read(0, NOW.timestamp())

        assert reading.service_seconds == 2.0
        assert reading.last_busy == {"i-a": NOW.timestamp() + 1, "i-b": NOW.timestamp() + 3}

    def test_the_extremes_are_left_out_of_the_mean(self) -> None:
        took = [100.0, *[1.0] * 18, 0.001]
        answers = [("i", NOW, NOW + timedelta(seconds=seconds)) for seconds in took]

        assert mean_service(answers) == pytest.approx(1.0)
        assert last_answers([("", NOW, NOW), ("i", NOW, None)]) == {}


def observation(now: float, outstanding: int) -> Observation:
    busy = Instance(id="i-1", phase=Phase.READY, launched_at=now - 100, last_busy_at=now - 1)
    return Observation(
        now=now, visible=outstanding, in_flight=0, outstanding=outstanding, arrived=0,
        instances=(busy,),
    )  # fmt: skip


def recorded(looks: int, limits: Limits, outstanding: int = 500) -> list[Step]:
    """A short history, recorded as the loop records it."""
    history, state, made = StoredHistory("me"), State(), []
    for number in range(looks):
        seen = observation(NOW.timestamp() + number * 2, outstanding)
        before = state
        decision, state = decide(seen, before, limits)
        step = Step(observation=seen, state=before, limits=limits, decision=decision)
        history.record(step)
        made.append(step)
    return made


class TestHistory:
    def test_every_decision_that_changed_something_is_kept(self) -> None:
        made = recorded(20, Limits(maximum=5))

        assert all(step.decision.changes_something for step in made)
        assert Look.objects.filter(changed=True).count() == 20

    def test_of_the_others_a_sample_is_kept(self) -> None:
        made = recorded(20, Limits(maximum=1))

        assert not any(step.decision.changes_something for step in made)
        assert Look.objects.filter(changed=False).count() == 40 / SAMPLE_SECONDS

    def test_a_kept_step_is_the_step_that_was(self) -> None:
        made = recorded(1, Limits(maximum=5))

        assert list(steps(Look.objects.all())) == made

    def test_a_week_is_kept(self) -> None:
        recorded(3, Limits(maximum=5))

        assert prune(NOW + KEPT - timedelta(seconds=1)) == 0
        assert prune(NOW + KEPT + timedelta(days=1)) > 0
        assert not Look.objects.exists()

    def test_the_admin_shows_and_plots_it(self, admin_client: Client) -> None:
        recorded(10, Limits(maximum=5))

        page = admin_client.get(reverse("admin:scaler_look_changelist"))

        assert page.status_code == 200
        text = page.content.decode()
        assert "<svg" in text
        assert "pictures of" in text  # a reason in words

    def test_the_admin_opens_without_history(self, admin_client: Client) -> None:
        page = admin_client.get(reverse("admin:scaler_look_changelist"))

        assert page.status_code == 200
        assert "Nothing was decided yet" in page.content.decode()


class TestReplay:
    def test_the_same_policy_decides_the_same_again(self) -> None:
        made = recorded(12, Limits(maximum=5))

        assert replay(made, {}) == Replay(steps=12, differences=())

    def test_other_limits_decide_otherwise_and_it_shows_where(self) -> None:
        made = recorded(12, Limits(maximum=5))

        differences = replay(made, {"maximum": 2}).differences

        assert differences
        assert differences[0].then.launch > differences[0].now.launch

    def test_the_command_prints_where(self, capsys: pytest.CaptureFixture[str]) -> None:
        recorded(12, Limits(maximum=5))
        hours = (timezone.now() - NOW).total_seconds() / 3600 + 24

        out = io.StringIO()
        call_command("replayscaler", "--hours", str(max(hours, 24)), "--max", "2", stdout=out)

        assert "12 situations, " in out.getvalue()
        assert "launch" in capsys.readouterr().out
