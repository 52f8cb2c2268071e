"""A waiting client is told for what, and about how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from faceweb.models import Job
from faceweb.watch.waiting import MOST_PERCENT, Fleet, explained, waiting_json, waiting_now
from scaler.models import Lifeline, Look
from tests.support.factories import make_job, make_settings

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def since(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=one) for one in seconds]


@pytest.mark.parametrize(
    ("fleet", "words", "percent"),
    [
        (Fleet(start_seconds=20), "being started for your picture: about 20 seconds", 0),
        (Fleet(start_seconds=20, starting=since(5)), "starting: about 15 seconds more", 25),
        (Fleet(start_seconds=20, starting=since(5, 10)), "starting: about 10 seconds more", 50),
        (Fleet(start_seconds=20, starting=since(300)), "ready in a moment", MOST_PERCENT),
        (Fleet(ready=1, starting=since(5)), "in the queue", None),
        (Fleet(ready=20, work_seconds=39.6), "20 of 20 machines are busy: about 40 s", None),
        (Fleet(functions=1, starting=since(5)), "A function is answering", None),
        (Fleet(refused="VcpuLimitExceeded"), "The account's quota", None),
        (Fleet(refused="InsufficientInstanceCapacity"), "AWS has no machine just now", None),
        (Fleet(refused="VcpuLimitExceeded", functions=2), "A function is answering", None),
    ],
)
def test_what_is_waited_for(fleet: Fleet, words: str, percent: int | None) -> None:
    told = explained(fleet, NOW)

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


@pytest.mark.django_db
@pytest.mark.database
def test_functions_and_refusals_come_from_what_the_scaler_wrote() -> None:
    settings = make_settings(scaler_max=1, expected_service_seconds=10.0, worker_processes=1)
    Look.objects.create(
        at=timezone.now(), scaler="s", changed=False, refused="VcpuLimitExceeded",
        observation={}, state={}, limits={}, decision={},
    )  # fmt: skip
    job = make_job()

    assert "quota" in str(waiting_json(job, settings))
    Lifeline.objects.create(pk="burst-1", kind="function", launched_at=timezone.now())
    assert "function" in waiting_now(settings).sentence
    Lifeline.objects.create(pk="i-1", launched_at=timezone.now(), ready_at=timezone.now())
    assert "1 of 1 machines are busy: about 10 s" in waiting_now(settings).sentence
    Job.objects.update(state="succeeded")
    job.refresh_from_db()
    assert waiting_json(job, settings) is None
