"""Jobs are written down together, and each client learns what became of its own."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import DataError, OperationalError

from faceweb.intake import submission, writing
from faceweb.intake.submission import stored
from faceweb.intake.writing import Entry, write_and_send, written
from faceweb.models import Job, JobState, Webhook
from faceweb.replies import patience
from faceweb.replies.gathering import Gathering
from faceweb.replies.threads import THREADS, run_in_thread
from tests.support.factories import make_upload
from tests.support.fakes import MemoryBucket
from tests.system.running import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    sent: list[Job] = []
    monkeypatch.setattr(writing, "send_task", lambda *jobs: sent.extend(jobs))
    return sent


@pytest.fixture
async def entries() -> Any:
    entries = writing.writing(lambda: 0)
    task = asyncio.create_task(entries.run())
    yield entries
    task.cancel()


async def unwritten(count: int = 1) -> list[Job]:
    def store() -> list[Job]:
        uploads = [make_upload(f"{number}.jpg") for number in range(count)]
        return [stored(one, uuid.uuid4(), MemoryBucket()) for one in uploads]

    return await asyncio.to_thread(store)


async def states() -> list[str]:
    return await asyncio.to_thread(lambda: list(Job.objects.values_list("state", flat=True)))


def entries_of(jobs: Sequence[Job]) -> list[Entry]:
    loop = asyncio.get_running_loop()
    return [Entry(job=job, written=loop.create_future()) for job in jobs]


async def test_a_job_is_written_down_and_then_sent(
    entries: Gathering[Entry], sent: list[Job]
) -> None:
    [job] = await unwritten()

    await written([job], entries)

    assert await states() == [JobState.STORED]
    await asyncio.to_thread(wait_for, lambda: sent == [job], 20)


async def test_jobs_of_a_burst_are_one_statement(
    sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, calls = await unwritten(3), []
    insert = submission.insert_jobs
    monkeypatch.setattr(
        writing, "insert_jobs", lambda rows: (calls.append(len(rows)), insert(rows))
    )
    waiting = entries_of(jobs)

    await asyncio.to_thread(write_and_send, waiting)

    await asyncio.gather(*(entry.written for entry in waiting))
    assert (calls, sent, len(await states())) == ([3], jobs, 3)


async def test_a_webhook_is_there_before_its_job_can_end(
    sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, silent, also_told = entries_of(await unwritten(3))
    told, also_told = (replace(one, webhook="https://a.example/") for one in (told, also_told))
    there: list[tuple[uuid.UUID, str]] = []
    monkeypatch.setattr(
        writing,
        "send_task",
        lambda *jobs: there.extend(Webhook.objects.order_by("pk").values_list("job", "url")),
    )

    await asyncio.to_thread(write_and_send, [told, silent, also_told])

    assert there == [(one.job.pk, "https://a.example/") for one in (told, also_told)]


async def test_no_job_is_written_down_without_its_webhook(
    sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client is told that it was not taken, and sends it again."""

    def refuse(jobs: Sequence[Job], url: str) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(writing, "register", refuse)
    [entry] = entries_of(await unwritten())

    await asyncio.to_thread(write_and_send, [replace(entry, webhook="https://a.example/")])

    with pytest.raises(OperationalError):
        await entry.written
    assert (await states(), sent) == ([], [])


async def test_one_that_the_database_refuses_harms_no_other(
    sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad, other = jobs = await unwritten(3)
    insert = submission.insert_jobs

    def refuse(rows: Sequence[Job]) -> None:
        if bad in rows:
            raise DataError("no")
        insert(rows)

    monkeypatch.setattr(writing, "insert_jobs", refuse)
    waiting = entries_of(jobs)

    await asyncio.to_thread(write_and_send, waiting)

    told = await asyncio.gather(*(entry.written for entry in waiting), return_exceptions=True)
    assert [type(one) for one in told] == [type(None), DataError, type(None)]
    assert sent == [good, other]


async def test_a_database_that_is_away_is_asked_once_for_all(
    sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def away(rows: Sequence[Job]) -> None:
        calls.append(len(rows))
        raise OperationalError("away")

    monkeypatch.setattr(writing, "insert_jobs", away)
    waiting = entries_of(await unwritten(3))

    await asyncio.to_thread(write_and_send, waiting)

    told = await asyncio.gather(*(entry.written for entry in waiting), return_exceptions=True)
    assert [type(one) for one in told] == [OperationalError] * 3
    assert (calls, sent) == ([3], [])


async def test_a_job_whose_client_was_told_to_send_it_again_is_cancelled(sent: list[Job]) -> None:
    """Its picture is in S3, so its row is needed to erase it."""
    [late, waiting] = entries_of(await unwritten(2))
    late.written.cancel()

    await asyncio.to_thread(write_and_send, [late, waiting])

    await waiting.written
    rows = await asyncio.to_thread(lambda: dict(Job.objects.values_list("pk", "state")))
    assert rows == {late.job.pk: JobState.CANCELLED, waiting.job.pk: JobState.STORED}
    assert sent == [waiting.job]


async def test_a_job_is_cancelled_whose_client_is_told_to_send_it_again_while_it_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The event loop was busy, and told the client before it heard that the job is there."""
    [entry, answered] = entries_of(await unwritten(2))

    def send(*jobs: Job) -> None:
        entry.written.cancel()
        answered.written.cancel()
        Job.objects.filter(pk=answered.job.pk).update(state=JobState.SUCCEEDED)

    monkeypatch.setattr(writing, "send_task", send)
    monkeypatch.setattr(writing, "_tell", lambda *_: None)

    await asyncio.to_thread(write_and_send, [answered, entry])

    rows = await asyncio.to_thread(lambda: dict(Job.objects.values_list("pk", "state")))
    assert rows == {entry.job.pk: JobState.CANCELLED, answered.job.pk: JobState.SUCCEEDED}


async def test_a_late_job_that_can_t_be_cancelled_keeps_no_other_from_being_sent(
    sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(submission, "cancel", fail)
    [late, waiting] = entries_of(await unwritten(2))
    late.written.cancel()

    with pytest.raises(OperationalError):
        await asyncio.to_thread(write_and_send, [late, waiting])

    await waiting.written
    assert sent == [waiting.job]


async def test_a_database_that_hangs_is_not_waited_for(
    entries: Gathering[Entry], sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "STEP_SECONDS", 0.01)
    monkeypatch.setattr(entries, "_act", lambda things: None)
    [job] = await unwritten()

    with pytest.raises(TimeoutError):
        await written([job], entries)


async def test_several_jobs_of_one_request_are_given_up_together(
    entries: Gathering[Entry], sent: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their client is told to send them again. They are cancelled when they are written at last."""
    held: list[Entry] = []
    monkeypatch.setattr(patience, "STEP_SECONDS", 0.01)
    monkeypatch.setattr(entries, "_act", held.extend)
    jobs = await unwritten(2)

    with pytest.raises(TimeoutError):
        await written(jobs, entries)
    await asyncio.to_thread(write_and_send, held)

    assert sent == []
    assert set(await states()) == {JobState.CANCELLED}


async def test_a_burst_that_has_all_threads_keeps_no_job_from_being_written_down(
    entries: Gathering[Entry], sent: list[Job]
) -> None:
    """Pictures that are being stored have the threads for longer than a client waits for a row."""
    [job], release = await unwritten(), threading.Event()
    burst = [asyncio.create_task(run_in_thread(release.wait, 20)) for _ in range(2 * THREADS)]

    await asyncio.sleep(0)  # the burst has the threads
    await written([job], entries)

    await asyncio.to_thread(wait_for, lambda: sent == [job], 20)
    release.set()
    await asyncio.gather(*burst)


async def test_too_many_that_wait_are_refused(entries: Gathering[Entry]) -> None:
    entries._most = 0
    [job] = await unwritten()

    with pytest.raises(TimeoutError, match=r"^the database hangs$"):
        await written([job], entries)
