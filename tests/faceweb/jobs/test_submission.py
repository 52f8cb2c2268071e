"""From a checked picture to a queued task."""

from __future__ import annotations

import uuid

import pytest
from structlog.testing import capture_logs

from faceweb.jobs import submission
from faceweb.jobs.submission import enqueue, store_privately, submit, task_of
from faceweb.models import Collection, Job, JobKind, JobState
from faceweb.replies.patience import steps_told_to
from foundation import messages
from tests.support.factories import make_job, make_upload
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

    job = store_privately(
        kind, job_id, bucket, make_upload(), other, options={"quality": "auto"},
        collection=collection,
    )  # fmt: skip

    key = f"collections/{collection}/{folder}{job_id}"
    assert (job.input_key, job.other_key, job.output_key) == (key, f"{key}-other", "")
    assert bucket.objects == {key: b"pixels", f"{key}-other": b"other"}
    assert set(bucket.put_as.values()) == {("image/jpeg", None)}
    stored = Job.objects.get(pk=job_id)
    assert (stored.kind, stored.state, stored.collection_id) == (kind, "stored", collection)
    assert stored.options == {"quality": "auto"}
    alone = store_privately(kind, uuid.uuid4(), bucket, make_upload())
    assert (alone.other_key, alone.options, alone.collection_id) == ("", {}, "default")


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

    assert task_of(job) == task


@pytest.mark.parametrize(
    ("key", "is_told"), [("k" * 150, True), ("k" * 151, False), ('"' + "k" * 146, True),
                         ('"' + "k" * 147, False)],
)  # fmt: skip
def test_a_long_name_is_told_once(key: str, is_told: bool) -> None:
    """A message may have 1,024 bytes only, and a quotation mark is four of them."""
    arguments = task_of(Job(kind=JobKind.RECOGNISE, input_key=key, output_key="a"))[1]

    assert ("output_key" in arguments) == is_told


def test_a_task_is_sent_by_its_name_under_the_job_s_id(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(submission.sending, "send_task", lambda *task: sent.append(task))
    job = make_job(kind=JobKind.DETECT)

    submission.send_task(job)

    assert sent == [("detect", {"input_key": "test_00.jpg"}, str(job.pk))]


def test_a_job_that_has_ended_is_not_sent(send: RecordingSender) -> None:
    assert enqueue(make_job(state=JobState.CANCELLED), send) is False
    assert send.sent == []


def test_a_picture_that_was_stored_too_late_is_cancelled(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    """Its client was told to send it again."""
    with steps_told_to(lambda: False):
        job = submit(make_upload(), uuid.uuid4(), bucket, send)

    job.refresh_from_db()
    assert (job.state, job.error, job.sends) == (JobState.CANCELLED, submission.TOO_LATE, 0)
    assert send.sent == []


def test_a_second_send_of_a_stored_job_queues_it(send: RecordingSender) -> None:
    job = make_job(state=JobState.STORED, queued_at=None, sends=1)

    assert enqueue(job, send) is True

    job.refresh_from_db()
    assert (job.state, job.sends) == (JobState.QUEUED, 2)
    assert job.queued_at == job.sent_at is not None


def test_the_log_says_what_was_accepted_and_what_was_not_queued(
    bucket: MemoryBucket, send: RecordingSender
) -> None:
    send.broken = True
    with capture_logs() as lines:
        job = submit(make_upload(), uuid.uuid4(), bucket, send)

    accepted, failed = lines
    assert accepted == {
        "event": "job_accepted", "log_level": "info", "job_id": str(job.pk), "kind": "recognise",
        "bytes": 6,
    }  # fmt: skip
    assert (failed["event"], failed["job_id"]) == ("job_not_queued", str(job.pk))
    assert failed["error"]
