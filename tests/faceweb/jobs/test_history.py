"""Filters, pages by cursor, cancelling and deleting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from faceweb.jobs.history import JobFilter, NotOpen, cancel, page_of
from faceweb.jobs.paging import CursorRefused
from faceweb.models import Job, JobState
from faceweb.replies.responses import record_replies
from tests.support.factories import make_job, make_reply

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_pages_hold_every_job_once_though_jobs_arrive_in_between() -> None:
    now = timezone.now()
    jobs = [make_job(created_at=now - timedelta(seconds=n // 2)) for n in range(7)]
    seen, cursor = [], None
    while True:
        page = page_of(JobFilter(), cursor, 3)
        seen += [job.pk for job in page.jobs]
        make_job(created_at=now + timedelta(seconds=1))
        if (cursor := page.next_cursor) is None:
            break

    assert sorted(seen) == sorted(job.pk for job in jobs)


@pytest.mark.parametrize("cursor", ["x", "####", "bm9w", "MjAyNnw", "é"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(CursorRefused):
        page_of(JobFilter(), cursor, 3)


@pytest.mark.parametrize(
    "wanted",
    [
        JobFilter(state="succeeded"),
        JobFilter(result="Paul"),
        JobFilter(filename="TEST_00"),
        JobFilter(instance="i-1", model="dlib"),
    ],
)
def test_jobs_are_filtered(wanted: JobFilter) -> None:
    job = make_job()
    record_replies([make_reply(job.id)])
    make_job(filename="other.png")

    assert [found.pk for found in page_of(wanted, None, 10).jobs] == [job.pk]


def test_a_cancelled_job_stays_cancelled_when_its_reply_comes() -> None:
    job = make_job()

    cancel(job)
    record_replies([make_reply(job.id)])

    assert Job.objects.get().state == JobState.CANCELLED


def test_an_answered_job_is_not_cancelled() -> None:
    job = make_job()
    record_replies([make_reply(job.id)])

    with pytest.raises(NotOpen, match="succeeded"):
        cancel(job)
