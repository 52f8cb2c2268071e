"""Tasks on their way to the request queue: in few calls, and none is lost."""

from __future__ import annotations

import asyncio
import threading
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from faceweb.jobs import departures
from faceweb.jobs.departures import depart_by, enqueue, send_task, task_of
from faceweb.models import Job, JobKind, JobState
from tests.support.factories import make_job
from tests.support.fakes import RecordingQueue
from tests.system.running import wait_for

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> RecordingQueue:
    queue = RecordingQueue()
    monkeypatch.setattr(departures.sending, "send_tasks", queue)
    return queue


def stored() -> Job:
    return make_job(state=JobState.STORED, queued_at=None, sent_at=None, sends=0)


ASKED = {"candidates": 1}


@pytest.mark.parametrize(
    ("kind", "options", "task"),
    [
        (JobKind.EMBED, {"model": "dlib"}, ("embed", {"input_key": "a.jpg", "model": "dlib"})),
        (JobKind.DETECT, {}, ("detect", {"input_key": "a.jpg"})),
        (JobKind.DETECT, ASKED, ("detect", {"input_key": "a.jpg", "options": ASKED})),
        (JobKind.SEARCH, {}, ("search", {"input_key": "a.jpg", "options": {}})),
        (JobKind.VERIFY, {}, ("verify", {"input_key": "a.jpg", "other_key": "b.jpg"})),
        (
            JobKind.VERIFY,
            ASKED,
            ("verify", {"input_key": "a.jpg", "other_key": "b.jpg", "options": ASKED}),
        ),
        (JobKind.RECOGNISE, {}, ("recognise", {"input_key": "a.jpg", "output_key": "a"})),
    ],
)
def test_the_task_of_each_kind(
    kind: JobKind, options: dict[str, object], task: tuple[str, dict[str, object]]
) -> None:
    job = Job(kind=kind, input_key="a.jpg", other_key="b.jpg", output_key="a", options=options)

    made = task_of(job)

    assert ((made.name, made.named), made.job_id) == (task, job.id)


@pytest.mark.parametrize(
    ("key", "is_told"), [("k" * 150, True), ("k" * 151, False), ('"' + "k" * 146, True),
                         ('"' + "k" * 147, False)],
)  # fmt: skip
def test_a_long_name_is_told_once(key: str, is_told: bool) -> None:
    """A message may have 1,024 bytes only, and a quotation mark is four of them."""
    task = task_of(Job(kind=JobKind.RECOGNISE, input_key=key, output_key="a"))

    assert ("output_key" in task.named) == is_told


def test_tasks_go_ten_at_a_time_and_are_noted(queue: RecordingQueue) -> None:
    jobs = [stored() for _ in range(21)]

    assert enqueue(jobs) == jobs

    assert (queue.sent, queue.calls) == ([str(job.pk) for job in jobs], 3)
    rows = Job.objects.filter(state=JobState.QUEUED, sends=1, queued_at__isnull=False)
    assert rows.count() == 21


def test_tasks_are_noted_before_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call may hang for long. The sweep must not send again what went before it."""
    noted: list[int] = []

    def send_tasks(tasks: object) -> dict[uuid.UUID, str]:
        noted.append(Job.objects.filter(sends=1).count())
        return {}

    monkeypatch.setattr(departures.sending, "send_tasks", send_tasks)

    enqueue([stored() for _ in range(12)])

    assert noted == [0, 10]


def test_what_the_queue_refuses_is_kept_for_the_sweep(
    queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of a call may fail."""
    first, second = stored(), stored()
    monkeypatch.setattr(
        departures.sending, "send_tasks", lambda tasks: {second.pk: "InternalError"}
    )

    with capture_logs() as lines:
        assert enqueue([first, second]) == [first]

    assert lines == [{
        "event": "job_not_queued", "log_level": "warning", "job_id": str(second.pk),
        "error": "InternalError",
    }]  # fmt: skip
    second.refresh_from_db()
    assert (second.state, second.queued_at, second.sends) == (JobState.STORED, None, 0)


def test_a_queue_that_does_not_answer_raises_nothing(queue: RecordingQueue) -> None:
    queue.broken = True
    job = stored()

    with capture_logs() as lines:
        assert enqueue([job]) == []

    assert [(line["event"], line["job_id"]) for line in lines] == [("job_not_queued", str(job.pk))]
    job.refresh_from_db()
    assert (job.state, job.sends) == (JobState.STORED, 0)


def test_an_answer_that_was_faster_than_the_note_stays(queue: RecordingQueue) -> None:
    """The worker may answer before the web process has written down that it sent the task."""
    job = stored()
    answered = {"state": JobState.SUCCEEDED, "result": "Ada"}
    queue.on_task = lambda task: Job.objects.filter(pk=task.job_id).update(**answered)

    enqueue([job])

    job.refresh_from_db()
    assert (job.state, job.result, job.sends) == (JobState.SUCCEEDED, "Ada", 1)
    assert job.queued_at is not None


def test_a_job_that_is_sent_again_keeps_the_time_of_its_first_sending(
    queue: RecordingQueue,
) -> None:
    job = stored()
    enqueue([job])
    job.refresh_from_db()
    first = job.queued_at

    enqueue([job])

    job.refresh_from_db()
    assert (job.state, job.queued_at, job.sends) == (JobState.QUEUED, first, 2)
    assert job.sent_at > first


def test_a_second_send_of_a_stored_job_queues_it(queue: RecordingQueue) -> None:
    job = make_job(state=JobState.STORED, queued_at=None, sends=1)

    enqueue([job])

    job.refresh_from_db()
    assert (job.state, job.sends) == (JobState.QUEUED, 2)
    assert job.queued_at == job.sent_at is not None


def test_a_job_that_has_ended_is_not_sent(queue: RecordingQueue) -> None:
    assert enqueue([make_job(state=JobState.CANCELLED)]) == []
    assert queue.calls == 0


def test_a_command_sends_at_once(queue: RecordingQueue) -> None:
    """No web tier runs in its process."""
    job = stored()

    send_task(job)

    assert queue.sent == [str(job.pk)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("clients", [1, 50])
async def test_jobs_of_other_threads_are_sent_together(
    clients: int, queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = await asyncio.to_thread(lambda: [stored() for _ in range(5)])
    running = departures.departures(lambda: clients)
    monkeypatch.setattr(departures, "_running", None)
    depart_by(running)
    task = asyncio.create_task(running.run())

    await asyncio.to_thread(lambda: [send_task(job) for job in jobs])
    await asyncio.to_thread(wait_for, lambda: len(queue.sent) >= 5, 20)
    task.cancel()

    assert queue.sent == [str(job.pk) for job in jobs]
    assert clients == 1 or queue.calls == 1


@pytest.mark.django_db(transaction=True)
async def test_a_queue_that_hangs_holds_one_thread_and_what_is_late_is_the_sweeps(
    queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, release = await asyncio.to_thread(stored), threading.Event()
    queue.on_task = lambda task: task.job_id == hanging.pk and release.wait(20)
    running = departures.departures(lambda: 0)
    task = asyncio.create_task(running.run())
    monkeypatch.setattr(running, "_most", 3)
    running.add(hanging)
    await asyncio.to_thread(wait_for, lambda: bool(queue.sent), 20)
    late, soon, last, too_many = await asyncio.to_thread(lambda: [stored() for _ in range(4)])
    late.created_at = timezone.now() - timedelta(seconds=11)

    with capture_logs() as lines:
        for job in (late, soon, last, too_many):
            running.add(job)
    release.set()
    await asyncio.to_thread(wait_for, lambda: len(queue.sent) >= 3, 20)
    task.cancel()

    assert queue.sent == [str(job.pk) for job in (hanging, soon, last)]
    assert [line["job_id"] for line in lines] == [str(too_many.pk)]


def test_what_gets_late_behind_a_slow_call_is_the_sweeps(queue: RecordingQueue) -> None:
    """It has sent them by now, and a second task would be done, too."""
    jobs = [stored() for _ in range(20)]

    def slow(_: object) -> None:
        for job in jobs[10:]:
            job.created_at = timezone.now() - timedelta(seconds=11)

    queue.on_task = slow

    departures.send_soon(jobs)

    assert queue.sent == [str(job.pk) for job in jobs[:10]]
    assert queue.calls == 1


async def test_departures_outlive_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def away(jobs: list[Job], is_ours: object) -> None:
        asked.append(len(jobs))
        if len(asked) == 1:
            raise ConnectionError("away")

    monkeypatch.setattr(departures, "enqueue", away)
    running = departures.departures(lambda: 0)
    task = asyncio.create_task(running.run())

    for wanted in (1, 2):
        running.add(Job(created_at=timezone.now()))
        await asyncio.to_thread(wait_for, lambda wanted=wanted: len(asked) >= wanted, 20)

    assert not task.done()
    task.cancel()
