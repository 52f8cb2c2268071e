"""The sweep: what was forgotten between two steps is found again."""

from __future__ import annotations

import base64
import json
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import OperationalError
from django.utils import timezone
from structlog.testing import capture_logs

from faceweb.intake.arriving import key_of
from faceweb.jobs import departures
from faceweb.models import DeadLetter, Job, JobState, PendingUpload, VideoState
from faceweb.replies import sweep
from faceweb.replies.queues import DEAD_LETTER_HIDDEN_SECONDS
from faceweb.replies.responses import JobOutcome, record_replies
from faceweb.replies.sweep import Sweep, send_open_jobs_now
from foundation import messages
from tests.support.factories import allow, make_job, make_reply, make_settings, make_video
from tests.support.fakes import MemoryBucket, MemoryQueue, RecordingQueue

pytestmark = [pytest.mark.django_db, pytest.mark.database]


class Swept:
    """A sweep over queues in memory."""

    send: RecordingQueue

    def __init__(self, waiting: int = 0, **settings: Any) -> None:
        self.requests = MemoryQueue(["task"] * waiting)
        self.dead_letters = MemoryQueue()
        self.told: list[JobOutcome] = []
        self.sweep = Sweep(
            make_settings(**settings),
            self.requests,  # type: ignore[arg-type]
            self.dead_letters,  # type: ignore[arg-type]
            self.told.extend,
        )

    def rounds(self, count: int = 2) -> None:
        for _ in range(count):
            self.sweep.sweep_once()


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> RecordingQueue:
    queue = RecordingQueue()
    monkeypatch.setattr(departures.sending, "send_tasks", queue)
    monkeypatch.setattr(Swept, "send", queue, raising=False)
    return queue


def long_ago(seconds: float = 3600) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def test_a_job_that_was_never_queued_is_sent() -> None:
    job = make_job(state=JobState.STORED, created_at=long_ago(), sent_at=None, sends=0)
    swept = Swept()

    swept.rounds(1)

    job.refresh_from_db()
    assert swept.send.sent == [str(job.id)]
    assert (job.state, job.sends) == (JobState.QUEUED, 1)


def test_a_job_that_is_being_submitted_just_now_is_left_alone() -> None:
    make_job(state=JobState.STORED, sent_at=None, sends=0)
    swept = Swept()

    swept.rounds()

    assert not swept.send.sent


def test_an_unanswered_job_is_sent_again_once_the_queue_is_empty() -> None:
    job = make_job(sent_at=long_ago())
    swept = Swept()

    swept.rounds(1)
    assert not swept.send.sent  # one look at an empty queue proves nothing: its counts are noisy
    swept.rounds(2)

    assert swept.send.sent == [str(job.id)]


def test_a_job_that_waits_in_a_long_queue_is_not_sent_twice() -> None:
    make_job(sent_at=long_ago())
    swept = Swept(waiting=5)

    swept.rounds(3)

    assert not swept.send.sent


def test_a_job_that_was_sent_too_often_fails_with_a_reason_and_its_client_is_told() -> None:
    job = make_job(sent_at=long_ago(), sends=3)
    swept = Swept(max_sends=3)

    swept.rounds()

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "No answer came after it was sent 3 times.")
    assert [outcome.job_id for outcome in swept.told] == [job.id]


def test_a_picture_that_s3_did_not_tell_of_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = allow("late.jpg")
    PendingUpload.objects.update(expires_at=long_ago())
    bucket = MemoryBucket()
    bucket.objects[key_of(upload)] = b"picture"
    monkeypatch.setattr(sweep, "in_bucket", lambda settings: bucket)
    swept = Swept()

    swept.rounds(1)

    assert swept.send.sent == [str(Job.objects.get().id)] == [str(upload.pk)]


def test_a_sweep_that_is_told_to_stop_ends() -> None:
    stop = threading.Event()
    stop.set()

    assert Swept().sweep.run(stop) is None


def test_two_sweeps_send_a_job_once() -> None:
    job = make_job(state=JobState.STORED, created_at=long_ago(), sent_at=None, sends=0)
    first, second = Swept(), Swept()

    first.rounds(1)
    second.rounds(1)

    assert first.send.sent == [str(job.id)]


def test_a_queue_that_refuses_is_tried_again_later() -> None:
    job = make_job(state=JobState.STORED, created_at=long_ago(), sent_at=None, sends=0)
    swept = Swept()
    swept.send.broken = True

    swept.rounds()

    job.refresh_from_db()
    assert job.state == JobState.STORED
    Job.objects.filter(pk=job.pk).update(sent_at=long_ago())
    swept.send.broken = False
    swept.rounds(1)
    assert swept.send.sent == [str(job.id)]


def celery_message(job_id: uuid.UUID) -> str:
    """A task as kombu puts it on SQS."""
    message = {"headers": {"id": str(job_id), "task": "recognise"}, "body": "W10="}
    return base64.b64encode(json.dumps(message).encode()).decode()


def test_a_dead_letter_fails_its_job_and_stays_on_its_queue() -> None:
    job = make_job()
    swept = Swept()
    swept.dead_letters.send(celery_message(job.id))

    swept.rounds(1)

    job.refresh_from_db()
    assert (job.state, job.error_kind) == (JobState.FAILED, messages.DEAD_LETTER)
    assert "none could finish it" in job.error
    assert DeadLetter.objects.get().job == job
    assert len(swept.dead_letters.messages) == 1
    assert [outcome.job_id for outcome in swept.told] == [job.id]


def test_a_dead_letter_that_is_seen_again_is_noted_once() -> None:
    swept = Swept()
    swept.dead_letters.send(celery_message(make_job().id))

    swept.rounds(1)
    swept.dead_letters.show_again()
    swept.rounds(1)

    assert DeadLetter.objects.count() == 1


@pytest.mark.parametrize("body", ["", "rubbish", "{}", '{"headers": 3}', "\x00\x01"])
def test_a_dead_letter_of_nobody_is_noted_too(body: str) -> None:
    swept = Swept()
    swept.dead_letters.send(body)

    swept.rounds(1)

    assert DeadLetter.objects.get().reason == "The message belongs to no job."


def test_a_reply_that_died_is_still_the_answer() -> None:
    job = make_job()
    swept = Swept()
    swept.dead_letters.send(messages.encode_reply(make_reply(job.id)))

    swept.rounds(1)

    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.SUCCEEDED, "Paul")


def test_a_job_with_an_answer_is_not_failed_by_a_dead_copy_of_its_task() -> None:
    job = make_job()
    record_replies([make_reply(job.id)])
    swept = Swept()
    swept.dead_letters.send(celery_message(job.id))

    swept.rounds(1)

    job.refresh_from_db()
    assert job.state == JobState.SUCCEEDED


def test_an_outage_of_s3_holds_up_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job(state=JobState.STORED, created_at=long_ago(), sent_at=None, sends=0)
    swept = Swept()

    def away(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="s3")

    monkeypatch.setattr(sweep, "look_after", away)

    with pytest.raises(EndpointConnectionError):  # `repeat` logs it
        swept.rounds(1)

    assert swept.send.sent == [str(job.id)]


def test_open_jobs_are_sent_again_when_the_queue_was_lost(queue: RecordingQueue) -> None:
    stored, queued, done = make_job(state=JobState.STORED), make_job(), make_job()
    record_replies([make_reply(done.id)])

    assert send_open_jobs_now() == 2

    assert set(queue.sent) == {str(stored.id), str(queued.id)}


def test_a_resolved_dead_letter_leaves_its_queue() -> None:
    swept = Swept()
    swept.dead_letters.send("one")
    swept.dead_letters.send("two")
    swept.rounds(1)
    DeadLetter.objects.filter(message_id="0").update(resolved_at=timezone.now())
    swept.dead_letters.show_again()

    swept.rounds(1)

    assert swept.dead_letters.deleted == ["0"]
    assert DeadLetter.objects.count() == 2


def dead_step(video_id: uuid.UUID) -> str:
    """The message of one frame's task, as kombu wraps it."""
    headers = {"id": str(uuid.uuid4()), "root_id": str(video_id)}
    return base64.b64encode(json.dumps({"headers": headers}).encode()).decode()


def test_a_dead_step_of_a_video_fails_the_video() -> None:
    swept, video = Swept(), make_video()
    swept.dead_letters.send(dead_step(video.pk))
    swept.dead_letters.send(dead_step(video.pk))

    swept.sweep.note_dead_letters()

    video.refresh_from_db()
    assert (video.state, video.error_kind) == (VideoState.FAILED, messages.DEAD_LETTER)
    assert "step of the video" in video.error
    assert DeadLetter.objects.filter(reason=video.error).count() == 2


def test_a_dead_step_of_a_video_that_is_deleted_belongs_to_nobody() -> None:
    swept = Swept()
    swept.dead_letters.send(dead_step(uuid.uuid4()))

    swept.sweep.note_dead_letters()

    assert DeadLetter.objects.get().reason == "The message belongs to no job."


def test_only_a_letter_that_was_noted_is_put_out_of_sight_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that could not be written down comes again soon, and its client is told then."""
    swept, job = Swept(), make_job()
    swept.dead_letters.send(celery_message(job.id))

    def away(*_: object) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patched:
        patched.setattr("faceweb.replies.sweep._note", away)
        with pytest.raises(OperationalError):
            swept.sweep.note_dead_letters()
    assert swept.dead_letters.hidden_for == {}
    swept.dead_letters.show_again()
    swept.sweep.note_dead_letters()

    assert swept.dead_letters.hidden_for == {"0": DEAD_LETTER_HIDDEN_SECONDS}
    assert DeadLetter.objects.count() == 1


def test_only_a_job_that_nobody_changed_meanwhile_is_claimed() -> None:
    answered, sent, forgotten = (make_job(state=JobState.STORED, sent_at=None) for _ in range(3))
    Job.objects.filter(pk=answered.pk).update(state=JobState.SUCCEEDED)
    Job.objects.filter(pk=sent.pk).update(sent_at=timezone.now())

    assert [sweep._claim(job) for job in (answered, sent, forgotten)] == [False, False, True]
    forgotten.refresh_from_db()
    assert forgotten.sent_at is not None
    assert Job.objects.get(pk=answered.pk).sent_at is None


def test_a_job_that_another_sweep_claimed_keeps_none_of_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, *others = (
        make_job(state=JobState.STORED, created_at=long_ago(age), sent_at=None, sends=0)
        for age in (50, 40, 30)
    )
    claim = sweep._claim
    monkeypatch.setattr(sweep, "_claim", lambda job: job.pk != first.pk and claim(job))
    swept = Swept()

    swept.rounds(1)

    assert swept.send.sent == [str(job.id) for job in others], "the oldest first"


def test_the_log_says_what_was_sent_again_and_what_died() -> None:
    lost, dead = make_job(sent_at=long_ago()), make_job()
    swept = Swept()
    swept.dead_letters.send(celery_message(dead.id))
    with capture_logs() as lines:
        swept.rounds()
        swept.dead_letters.show_again()
        swept.rounds(1)

    letter, again = (line for line in lines if line["event"] in ("dead_letter", "job_sent_again"))
    assert again == {
        "event": "job_sent_again", "log_level": "warning", "job_id": str(lost.id), "sends": 2,
    }  # fmt: skip
    note = DeadLetter.objects.get()
    assert letter == {
        "event": "dead_letter", "log_level": "error", "message_id": note.message_id,
        "job_id": str(dead.id), "reason": note.reason,
    }  # fmt: skip
    assert note.reason == "3 workers were given the picture, and none could finish it."


def test_the_reason_of_a_reply_that_died_is_told() -> None:
    swept = Swept()
    swept.dead_letters.send(messages.encode_reply(make_reply(make_job().id)))

    swept.rounds(1)

    assert DeadLetter.objects.get().reason == "The reply could not be written down in time."
