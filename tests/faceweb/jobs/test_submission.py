"""From a checked picture to a queued task."""

from __future__ import annotations

import uuid

import pytest

from faceweb.jobs.submission import enqueue, submit, task_of
from faceweb.models import Job, JobState
from foundation import messages
from tests.support.factories import make_upload
from tests.support.fakes import MemoryBucket, RecordingSender

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket()


@pytest.fixture
def send() -> RecordingSender:
    return RecordingSender()


def test_a_picture_is_stored_written_down_and_sent(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    job_id = uuid.uuid4()

    submit(make_upload("test_00.jpg", b"pixels"), job_id, bucket, send)

    job = Job.objects.get(pk=job_id)
    assert bucket.objects == {"test_00.jpg": b"pixels"}
    assert (job.state, job.input_key, job.output_key, job.sends) == (
        JobState.QUEUED, "test_00.jpg", "test_00", 1,
    )  # fmt: skip
    assert send.sent == [str(job_id)]


def test_a_job_that_the_queue_did_not_take_is_kept_for_the_sweep(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    send.broken = True

    job = submit(make_upload(), uuid.uuid4(), bucket, send)

    job.refresh_from_db()
    assert (job.state, job.queued_at, job.sends) == (JobState.STORED, None, 0)


def test_the_same_picture_again_keeps_its_name(bucket: MemoryBucket, send: RecordingSender) -> None:
    first, second = (submit(make_upload(), uuid.uuid4(), bucket, send) for _ in range(2))

    assert first.input_key == second.input_key == "test_00.jpg"
    assert len(bucket.objects) == 1
    assert Job.objects.count() == 2


def test_another_picture_of_a_taken_name_overwrites_nothing(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    submit(make_upload(content=b"one"), uuid.uuid4(), bucket, send)
    other = submit(make_upload(content=b"two"), uuid.uuid4(), bucket, send)

    assert bucket.objects["test_00.jpg"] == b"one"
    assert bucket.objects[other.input_key] == b"two"
    assert other.input_key.startswith("test_00-")


def test_pictures_that_differ_in_their_extension_have_answers_of_their_own(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    jpg = submit(make_upload("a.jpg", b"one"), uuid.uuid4(), bucket, send)
    png = submit(make_upload("a.png", b"two"), uuid.uuid4(), bucket, send)

    assert jpg.output_key != png.output_key


def test_an_object_that_somebody_else_put_there_is_not_overwritten(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    bucket.objects["test_00.jpg"] = b"not from us"

    job = submit(make_upload(), uuid.uuid4(), bucket, send)

    assert bucket.objects["test_00.jpg"] == b"not from us"
    assert job.input_key != "test_00.jpg"


def test_an_answer_that_was_faster_than_the_note_stays(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    """The worker may answer before the web process has written down that it sent the task."""

    def answered_at_once(job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED, result="Ada")

    job = submit(make_upload(), uuid.uuid4(), bucket, answered_at_once)

    job.refresh_from_db()
    assert (job.state, job.result, job.sends) == (JobState.SUCCEEDED, "Ada", 1)
    assert job.queued_at is not None


def test_a_job_that_is_sent_again_keeps_the_time_of_its_first_sending(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    job = submit(make_upload(), uuid.uuid4(), bucket, send)
    job.refresh_from_db()
    first = job.queued_at

    enqueue(job, send)

    job.refresh_from_db()
    assert (job.state, job.queued_at, job.sends) == (JobState.QUEUED, first, 2)
    assert job.sent_at > first


def test_what_a_request_asks_stays_with_its_job_and_goes_with_every_send(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    asked = {"candidates": 5, "least_probability": 0.8}
    job = submit(make_upload(), uuid.uuid4(), bucket, send, asked)

    name, arguments = task_of(Job.objects.get(pk=job.pk))
    assert (name, arguments["options"]) == (messages.RECOGNISE_TASK, asked)
    plain = submit(make_upload(), uuid.uuid4(), bucket, send)
    assert "options" not in task_of(plain)[1]
