"""A reply that is larger than a message may be goes through S3, and nothing of it stays there."""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Iterable
from typing import Any

import pytest

from faceweb.models import Face, Job
from faceweb.replies import queues
from faceweb.replies.collector import ResponseCollector
from faceweb.replies.queues import response_queue
from foundation import aws, messages
from tests.support.factories import make_face, make_job, make_reply, make_settings
from tests.support.fakes import MemoryBucket
from workers import replying

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SETTINGS = make_settings(max_message_bytes=1024)


class SmallQueue:
    """SQS with messages of up to 1 KB. A message comes until it is deleted."""

    def __init__(self) -> None:
        self.bodies: deque[str] = deque()

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:
        assert len(MessageBody.encode()) <= SETTINGS.max_message_bytes
        self.bodies.append(MessageBody)

    def receive_message(self, **_: object) -> dict[str, Any]:
        one = [{"MessageId": body, "Body": body, "ReceiptHandle": body} for body in self.bodies]
        return {"Messages": one}

    def delete(self, _url: str, receipts: Iterable[str], _settings: object) -> None:
        for receipt in receipts:
            self.bodies.remove(receipt)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    bucket = MemoryBucket()
    for module in (replying, queues):
        monkeypatch.setattr(module, "gallery_bucket", lambda _: bucket)
    return bucket


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> SmallQueue:
    queue = SmallQueue()
    monkeypatch.setattr(aws, "client", lambda *_: queue)
    monkeypatch.setattr(aws, "queue_url", lambda *_: "url")
    monkeypatch.setattr(queues, "delete_messages", queue.delete)
    monkeypatch.setattr(replying, "get_settings", lambda: SETTINGS)
    return queue


def collect() -> None:
    ResponseCollector(response_queue(SETTINGS), lambda _: None).collect_once()


def replied(faces: int) -> Job:
    job = make_job()
    found = (make_face(embedding=bytes(2048), identity=None),) * faces
    reply = make_reply(job.pk, answer="unknown", faces=found)
    replying.send_reply(str(job.pk), messages.encode_reply(reply))
    return job


def test_a_thousand_faces_with_embeddings_come_through_a_small_queue(
    bucket: MemoryBucket, queue: SmallQueue
) -> None:
    job = replied(faces=1000)

    assert list(bucket.objects) == [f"replies/{job.pk}"]
    collect()

    job.refresh_from_db()
    assert (job.state, Face.objects.filter(job=job).count()) == ("succeeded", 1000)
    assert not bucket.objects and not queue.bodies


def test_a_reply_that_comes_again_after_its_object_went_is_over(
    bucket: MemoryBucket, queue: SmallQueue
) -> None:
    job = replied(faces=2)
    again = queue.bodies[0]
    collect()
    queue.bodies.append(again)

    collect()

    assert not queue.bodies and Face.objects.filter(job=job).count() == 2


def test_a_small_reply_needs_no_object(bucket: MemoryBucket, queue: SmallQueue) -> None:
    replied(faces=0)

    assert not bucket.objects and messages.decode_reply(queue.bodies[0]).answer == "unknown"


@pytest.mark.parametrize("claim", ["../gallery/manifest.json", 3, ["a"], {"v": 1}, "examples/x"])
def test_a_message_can_name_no_other_object(
    bucket: MemoryBucket, queue: SmallQueue, claim: object
) -> None:
    bucket.objects["gallery/manifest.json"] = b"secret"
    queue.bodies.append(json.dumps({"v": 1, "claim": claim, "job": str(uuid.uuid4())}))

    collect()

    assert queue.bodies and bucket.objects
