"""A job is told as server-sent events, until it has ended."""

from __future__ import annotations

import uuid

import pytest
from django.test import AsyncClient

from faceweb.models import Job
from faceweb.replies.responses import record_replies
from faceweb.replies.threads import run_in_thread
from faceweb.replies.waiters import Waiters
from tests.support.factories import make_reply

# Requests run on threads of their own, so what they see must be committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


async def test_a_job_that_has_ended_is_told_as_an_event(job: Job, waiters: Waiters) -> None:
    await run_in_thread(record_replies, [make_reply(job.pk)])

    answer = await AsyncClient().get(f"/api/v1/jobs/{job.pk}/events")

    assert answer["Content-Type"] == "text/event-stream"
    [event] = [part async for part in answer.streaming_content]
    assert event.startswith(b"event: ended\ndata: {") and event.endswith(b"}\n\n")


async def test_a_job_s_end_is_told_when_it_comes(job: Job, waiters: Waiters) -> None:
    answer = await AsyncClient().get(f"/api/v1/jobs/{job.pk}/events")
    parts = aiter(answer.streaming_content)

    first = await anext(parts)
    outcomes = await run_in_thread(record_replies, [make_reply(job.pk)])
    waiters.wake(outcomes)
    rest = [part async for part in parts]

    assert first.startswith(b"event: job\n")
    assert len(rest) == 1 and rest[0].startswith(b"event: ended\n")


async def test_events_end_when_the_process_stops_and_a_job_must_be_there(
    job: Job, waiters: Waiters
) -> None:
    answer = await AsyncClient().get(f"/api/v1/jobs/{job.pk}/events")
    waiters.give_up()
    missing = await AsyncClient().get(f"/api/v1/jobs/{uuid.uuid4()}/events")

    assert len([part async for part in answer.streaming_content]) == 1
    assert missing.status_code == 404
