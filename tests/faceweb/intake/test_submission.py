"""From a checked picture to a queued task."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from structlog.testing import capture_logs

from faceweb.intake import submission
from faceweb.intake.names import candidate_keys
from faceweb.intake.submission import stored, stored_privately, submit, taken
from faceweb.jobs.departures import task_of
from faceweb.models import Collection, Job, JobKind, JobState
from faceweb.replies.patience import StepClock, step_clock
from foundation import messages
from foundation.errors import NameTaken
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
        JobState.STORED, "test_00.jpg", "test_00", 0,
    )  # fmt: skip
    assert send.sent == [str(job_id)]


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


def test_a_picture_for_which_no_name_is_free_is_not_taken(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    upload = make_upload()
    for key, _ in candidate_keys(upload.filename, upload.sha256):
        bucket.objects[key] = b"not from us"

    with pytest.raises(NameTaken, match=r"no name is free for test_00\.jpg"):
        submit(upload, uuid.uuid4(), bucket, send)

    assert not send.sent and not Job.objects.exists()


def test_what_a_request_asks_stays_with_its_job_and_goes_with_every_send(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    asked = {"candidates": 5, "least_probability": 0.8}
    job = submit(make_upload(), uuid.uuid4(), bucket, send, asked)

    task = task_of(Job.objects.get(pk=job.pk))
    assert (task.name, task.named["options"]) == (messages.RECOGNISE_TASK, asked)
    plain = submit(make_upload(), uuid.uuid4(), bucket, send)
    assert "options" not in task_of(plain).named


class TypedBucket(MemoryBucket):
    """Notes with which content type, and which hash, each object was put."""

    def __init__(self) -> None:
        super().__init__()
        self.put_as: dict[str, tuple[str, str | None]] = {}

    def put(self, key: str, body: bytes, content_type: str) -> None:
        super().put(key, body, content_type)
        self.put_as[key] = (content_type, None)

    def put_new(self, key: str, body: bytes, content_type: str, content_hash: str) -> None:
        super().put_new(key, body, content_type, content_hash)
        self.put_as[key] = (content_type, content_hash)


def test_a_job_knows_its_picture_and_its_collection(send: RecordingSender) -> None:
    collection = "0123456789ab"
    folder = f"collections/{collection}/"
    Collection.objects.create(pk=collection, name="doors", threshold=0.7)
    bucket, upload = TypedBucket(), make_upload()

    job = submit(upload, uuid.uuid4(), bucket, send, {"candidates": 2}, collection)

    job = Job.objects.get(pk=job.pk)
    assert (job.filename, job.sha256, job.size_bytes) == ("test_00.jpg", upload.sha256, 6)
    assert (job.width, job.height) == (64, 48)
    assert (job.input_key, job.output_key) == (f"{folder}test_00.jpg", f"{folder}test_00")
    assert (job.kind, job.collection_id) == (JobKind.RECOGNISE, collection)
    assert job.options == {"candidates": 2, "threshold": 0.7}
    assert bucket.put_as == {job.input_key: ("image/jpeg", upload.sha256)}


@pytest.mark.parametrize(
    ("kind", "folder"), [(JobKind.EMBED, "enrolment/"), (JobKind.VERIFY, "work/")]
)
def test_private_pictures_lie_under_their_job(kind: JobKind, folder: str) -> None:
    bucket, job_id, collection = TypedBucket(), uuid.uuid4(), "0123456789ab"
    other = make_upload("b.png", b"other")

    [job] = stored_privately(
        kind, job_id, bucket, make_upload(), other, options={"quality": "auto"},
        collection=collection,
    )  # fmt: skip

    key = f"collections/{collection}/{folder}{job_id}"
    assert (job.input_key, job.other_key, job.output_key) == (key, f"{key}-other", "")
    assert bucket.objects == {key: b"pixels", f"{key}-other": b"other"}
    assert set(bucket.put_as.values()) == {("image/jpeg", None)}
    assert (job.pk, job.kind, job.state, job.collection_id) == (job_id, kind, "stored", collection)
    assert job.options == {"quality": "auto"}
    [alone] = stored_privately(kind, uuid.uuid4(), bucket, make_upload())
    assert (alone.other_key, alone.options, alone.collection_id) == ("", {}, "default")


class Hanging(MemoryBucket):
    """Stores a picture, and says so when its client was told to send it again."""

    def __init__(self, clock: StepClock) -> None:
        super().__init__()
        self._clock = clock

    def put(self, *args: Any) -> None:
        super().put(*args)
        self._clock.is_over = True

    def put_new(self, *args: Any) -> None:
        super().put_new(*args)
        self._clock.is_over = True


def test_a_picture_that_was_stored_too_late_has_a_row_to_erase_it_by() -> None:
    """Its client was told to send it again."""
    clock = StepClock(time.monotonic)
    bucket = Hanging(clock)

    with step_clock(clock), pytest.raises(TimeoutError):
        taken(stored(make_upload(), uuid.uuid4(), bucket) for _ in range(3))

    job = Job.objects.get()
    assert (job.state, job.error, job.sends) == (JobState.CANCELLED, submission.TOO_LATE, 0)
    assert list(bucket.objects) == [job.input_key]


def test_a_private_picture_that_was_stored_too_late_is_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its client was told to send it again, and it has no job to delete it by."""
    clock = StepClock(time.monotonic)
    bucket = Hanging(clock)
    monkeypatch.setattr(submission, "gallery_bucket", lambda _: bucket)

    with step_clock(clock), pytest.raises(TimeoutError):
        taken(two_pictures(bucket))

    assert (bucket.objects, Job.objects.count()) == ({}, 0)


def test_a_private_picture_is_not_stored_once_its_client_was_told_to_send_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Storing is a step of its own, so one that hangs is told to the client."""
    clock, bucket = StepClock(time.monotonic), TypedBucket()
    clock.is_over = True
    monkeypatch.setattr(submission, "gallery_bucket", lambda _: bucket)

    with step_clock(clock), pytest.raises(TimeoutError):
        taken(two_pictures(bucket))

    assert not bucket.put_as


class FailsAtTheSecond(MemoryBucket):
    def put(self, key: str, body: bytes, content_type: str) -> None:
        super().put(key, body, content_type)
        if len(self.objects) == 2:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")


def test_of_two_private_pictures_none_stays_where_the_second_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even the second, which storage may have taken without saying so."""
    bucket = FailsAtTheSecond()
    monkeypatch.setattr(submission, "gallery_bucket", lambda _: bucket)

    with pytest.raises(EndpointConnectionError):
        taken(two_pictures(bucket))

    assert (bucket.objects, Job.objects.count()) == ({}, 0)


def two_pictures(bucket: Any) -> Iterator[Job]:
    return stored_privately(JobKind.VERIFY, uuid.uuid4(), bucket, make_upload(), make_upload())


def test_the_log_says_what_was_accepted(bucket: MemoryBucket, send: RecordingSender) -> None:
    with capture_logs() as lines:
        job = submit(make_upload(), uuid.uuid4(), bucket, send)

    assert lines == [{
        "event": "job_accepted", "log_level": "info", "job_id": str(job.pk), "kind": "recognise",
        "bytes": 6,
    }]  # fmt: skip
