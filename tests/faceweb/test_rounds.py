"""What every web process does again and again costs the same, however long the history is."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from faceweb.jobs.erasing import RETENTION
from faceweb.models import Bookmark, Job, JobState
from faceweb.people.upkeep import Upkeep
from faceweb.replies.responses import finished_among
from faceweb.replies.sweep import Sweep
from faceweb.videos.following import VideoWatch
from faceweb.webhooks.delivery import Deliveries
from tests.faceweb.videos.buckets import MemoryVideoBuckets
from tests.support.factories import make_settings
from tests.support.fakes import MemoryQueue, RecordingSender

pytestmark = pytest.mark.django_db

LONG = 1000
STEPS_AT_ONCE = 10


def look_for_answers() -> None:
    finished_among([uuid.uuid4() for _ in range(20)])


def deliver_webhooks() -> None:
    Deliveries(make_settings()).begin_due(threading.Event())


def sweep() -> None:
    queues = MemoryQueue(), MemoryQueue()
    swept = Sweep(make_settings(), *queues, lambda _: None)  # type: ignore[arg-type]
    for _ in range(2):
        swept.sweep_once()


def look_at_videos() -> None:
    buckets = MemoryVideoBuckets()
    VideoWatch(make_settings(), buckets.all, MemoryQueue(), RecordingSender()).look()


def look_after_people() -> None:
    upkeep = Upkeep(make_settings(), clock=lambda: 0.0)
    upkeep._copied_at = 0.0  # storage is asked, not the database
    Bookmark.objects.get_or_create(
        name=RETENTION, defaults={"place": {"at": timezone.now().isoformat()}}
    )
    upkeep.once()


WORK = [look_for_answers, deliver_webhooks, sweep, look_at_videos, look_after_people]


@pytest.mark.parametrize("work", WORK)
def test_a_round_reads_none_of_the_history(work: Callable[[], None]) -> None:
    without = steps_of_sqlite(work)
    make_history(LONG)

    assert steps_of_sqlite(work) < without + LONG / 2


def make_history(jobs: int) -> None:
    """Jobs that were answered, one a second."""
    ended = [timezone.now() - timedelta(seconds=number) for number in range(jobs)]
    Job.objects.bulk_create(
        Job(
            state=JobState.SUCCEEDED,
            filename=f"{number}.jpg",
            created_at=at,
            queued_at=at,
            sent_at=at,
            answered_at=at,
        )
        for number, at in enumerate(ended)
    )


def steps_of_sqlite(work: Callable[[], None]) -> int:
    """How many instructions of its virtual machine SQLite takes for something, in tens."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += STEPS_AT_ONCE
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, STEPS_AT_ONCE)
    try:
        work()
    finally:
        connection.connection.set_progress_handler(None, STEPS_AT_ONCE)
    return steps
