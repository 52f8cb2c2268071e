"""Pictures that clients send to S3 themselves: once each, within bounds, and nothing is left."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.utils import timezone

from faceweb.intake import arriving
from faceweb.intake.arriving import (
    Arrival,
    arrivals_in,
    arrived,
    key_of,
    look_after,
    take_messages,
)
from faceweb.intake.uploads import UploadRefused
from faceweb.models import Collection, Job, PendingUpload, Webhook
from faceweb.people.examples import embedding_run
from faceweb.replies.collector import QueueMessage
from foundation.collections import collection_of_key
from foundation.messages import answer_key
from tests.support.factories import Announced, allow, make_settings
from tests.support.fakes import MemoryBucket, RecordingSender

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SETTINGS = make_settings(max_upload_mb=1)


@pytest.fixture
def bucket() -> Any:
    return MemoryBucket()


@pytest.fixture
def send() -> RecordingSender:
    return RecordingSender()


class FakeQueue:
    """A response queue with one message."""

    def __init__(self, message: QueueMessage) -> None:
        self._message = message
        self.deleted: list[str] = []

    def receive(self) -> list[QueueMessage]:
        return [self._message]

    def delete(self, messages: Iterable[QueueMessage]) -> None:
        self.deleted += [message.handle for message in messages]


def sent(bucket: MemoryBucket, upload: PendingUpload, content: bytes = b"picture") -> Arrival:
    bucket.objects[key_of(upload)] = content
    return Arrival(key=key_of(upload), size_bytes=len(content))


def test_an_arrival_becomes_a_job_of_its_collection(bucket: Any, send: RecordingSender) -> None:
    staff = Collection.objects.create(name="staff", threshold=0.5)
    upload = allow("a b/Zoë.jpg", "https://example.org/", staff.pk, candidates=1)

    arrived([sent(bucket, upload)], bucket, send, SETTINGS)

    job = Job.objects.get(pk=upload.pk)
    assert (job.state, job.filename, job.size_bytes) == ("stored", "a b_Zoë.jpg", 7)
    assert job.options == {"candidates": 1, "threshold": 0.5}
    assert send.sent == [str(job.pk)]
    assert list(bucket.objects) == [job.input_key]
    assert collection_of_key(job.input_key) == collection_of_key(job.output_key) == staff.pk
    assert job.output_key == answer_key(job.input_key)
    assert Webhook.objects.get().job == job and not PendingUpload.objects.exists()


def test_what_is_sent_or_told_again_changes_nothing(bucket: Any, send: RecordingSender) -> None:
    upload = allow("a.jpg")
    arrival = sent(bucket, upload)
    arrived([arrival], bucket, send, SETTINGS)
    bucket.objects[arrival.key] = b"another picture"

    for _ in range(2):
        arrived([arrival], bucket, send, SETTINGS)

    job = Job.objects.get()
    assert bucket.objects == {job.input_key: b"picture"} and len(send.sent) == 1


@pytest.mark.django_db(transaction=True)  # arrivals are taken by other threads
def test_a_command_that_collects_replies_takes_arrivals_too(
    bucket: Any, send: RecordingSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = allow("a.jpg")
    arrival = sent(bucket, upload)
    record = {"s3": {"object": {"key": arrival.key, "size": arrival.size_bytes}}}
    queue = FakeQueue(
        QueueMessage(message_id="1", body=json.dumps({"Records": [record]}), handle="handle")
    )
    monkeypatch.setattr(arriving, "in_bucket", lambda _: bucket)
    monkeypatch.setattr(embedding_run, "send_task", send)
    monkeypatch.setattr(embedding_run.queues, "response_queue", lambda _: queue)

    embedding_run.collector(SETTINGS).collect_once()

    assert send.sent == [str(upload.pk)]
    assert queue.deleted == ["handle"]


def test_pictures_that_arrive_together_each_get_what_is_theirs(send: RecordingSender) -> None:
    """Each waits for S3, and one after the other they would keep the replies waiting."""
    bucket: Any = MemoryBucket()
    both, copy = threading.Barrier(2, timeout=10), bucket.copy

    def copy_together(key: str, to: str) -> None:
        both.wait()
        copy(key, to)

    bucket.copy = copy_together
    good, empty = (
        allow("good.jpg", "https://example.org/"),
        allow("empty.jpg"),
    )
    nobody_s = Arrival(key="uploads/1c3a8f4e-0000-4000-8000-000000000001.upload", size_bytes=1)

    [outcome], _ = arrived(
        [sent(bucket, good), nobody_s, sent(bucket, empty, b"")], bucket, send, SETTINGS
    )

    assert outcome.job_id == empty.pk and send.sent == [str(good.pk)]
    assert Webhook.objects.get().job_id == good.pk and not PendingUpload.objects.exists()
    assert set(bucket.objects) == {job.input_key for job in Job.objects.all()}


def test_a_picture_that_s3_does_not_copy_comes_again_and_harms_no_other(
    bucket: Any, send: RecordingSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (allow(name) for name in ("good.jpg", "bad.jpg"))
    copy = bucket.copy

    def copied(key: str, to: str) -> None:
        if key == key_of(bad):
            raise EndpointConnectionError(endpoint_url="s3")
        copy(key, to)

    monkeypatch.setattr(bucket, "copy", copied)
    monkeypatch.setattr(arriving, "in_bucket", lambda _: bucket)
    told = [{"s3": {"object": {"key": sent(bucket, one).key, "size": 7}}} for one in (bad, good)]
    texts = [json.dumps({"Records": [record]}) for record in told]

    assert take_messages(texts, send, SETTINGS, lambda _: None) == [False, True]

    assert send.sent == [str(good.pk)]
    assert PendingUpload.objects.get() == bad and key_of(bad) in bucket.objects


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (bytes(2**20 + 1), "1 MiB")])
def test_a_file_of_no_size_or_too_large_is_refused_with_its_reason(
    bucket: Any, send: RecordingSender, content: bytes, words: str
) -> None:
    upload = allow("a.jpg")

    [outcome], _ = arrived([sent(bucket, upload, content)], bucket, send, SETTINGS)

    assert (outcome.state, outcome.error_kind) == ("failed", "bad-picture")
    assert words in outcome.error and send.sent == []


@pytest.mark.parametrize(
    "key",
    ["uploads/1c3a8f4e-0000-4000-8000-000000000001.upload", f"uploads/{'f' * 36}.upload"],
)
def test_what_nobody_waits_for_is_deleted(bucket: Any, send: RecordingSender, key: str) -> None:
    bucket.objects[key] = b"late"

    arrived([Arrival(key=key, size_bytes=4)], bucket, send, SETTINGS)

    assert not bucket.objects and not Job.objects.exists()


def test_a_picture_that_happens_to_be_called_so_stays(bucket: Any, send: RecordingSender) -> None:
    bucket.objects["my.upload"] = b"picture"

    arrived([Arrival(key="my.upload", size_bytes=7)], bucket, send, SETTINGS)

    assert bucket.objects == {"my.upload": b"picture"}


def test_an_upload_of_one_collection_can_t_come_from_another(
    bucket: Any, send: RecordingSender
) -> None:
    upload = allow("a.jpg")
    elsewhere = f"collections/0123456789ab/{key_of(upload)}"
    bucket.objects[elsewhere] = b"picture"

    arrived([Arrival(key=elsewhere, size_bytes=7)], bucket, send, SETTINGS)

    assert not bucket.objects and not Job.objects.exists()


def test_an_upload_that_never_came_is_forgotten_and_a_lost_event_is_made_good(
    bucket: Any, send: RecordingSender
) -> None:
    never, untold = (allow(name) for name in ("never.jpg", "untold.jpg"))
    sent(bucket, untold)
    now = timezone.now()

    look_after(bucket, send, SETTINGS, now)
    assert PendingUpload.objects.count() == 2
    look_after(bucket, send, SETTINGS, now + timedelta(minutes=8))

    assert not PendingUpload.objects.exists()
    assert Job.objects.get().filename == "untold.jpg" and send.sent == [str(untold.pk)]
    assert not Job.objects.filter(pk=never.pk).exists()


def test_uploads_on_their_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "MOST_PENDING", 2)
    allow("a.jpg")

    with pytest.raises(UploadRefused, match="send those first"):
        arriving.allow([Announced("b.jpg"), Announced("c.jpg")], {}, "default")

    assert PendingUpload.objects.count() == 1
    allow("b.jpg")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps({"Records": [{"s3": {"object": {"key": "a+b%2B", "size": 3}}}]}),
         [Arrival(key="a b+", size_bytes=3)]),
        (json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}), []),
        (json.dumps({"Records": [{"s3": {}}]}), None),
        ("{", None),
        ("[1]", None),
    ],
)  # fmt: skip
def test_a_message_of_s3_tells_what_arrived(text: str, found: object) -> None:
    assert arrivals_in(text) == found
