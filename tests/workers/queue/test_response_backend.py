"""What becomes of a task, as a reply."""

from __future__ import annotations

import uuid

import pytest
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from botocore.exceptions import EndpointConnectionError
from celery import states
from celery.exceptions import Ignore, Reject, Retry

from foundation import aws, messages
from foundation.config import get_settings
from foundation.errors import ObjectMissing, ResponseNotSent
from recognition.errors import NotAPicture
from workers.queue.response_backend import reply_text
from workers.replying import explain, send_reply

JOB = str(uuid.uuid4())


def test_a_finished_task_is_its_own_reply() -> None:
    assert reply_text(JOB, "the reply", states.SUCCESS) == "the reply"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (NotAPicture("The file is not a picture."), messages.BAD_PICTURE, "not a picture"),
        (ObjectMissing("in/a.jpg is not there"), messages.INTERNAL_ERROR, "gone from storage"),
        (TimeLimitExceeded(25), messages.TOO_SLOW, "longer than 25 seconds"),
        (ValueError("odd"), messages.INTERNAL_ERROR, "ValueError: odd"),
    ],
)
def test_a_failed_task_is_a_reply_with_a_reason(
    error: BaseException, kind: str, words: str
) -> None:
    text = reply_text(JOB, error, states.FAILURE)

    assert text is not None
    reply = messages.decode_reply(text)
    assert (str(reply.job_id), reply.state, reply.error_kind) == (JOB, messages.FAILED, kind)
    assert words in reply.error


@pytest.mark.parametrize("state", [states.STARTED, states.RETRY, states.REJECTED, states.IGNORED])
def test_what_is_not_finished_has_no_reply(state: str) -> None:
    assert reply_text(JOB, None, state) is None


def wrapped(error: Exception) -> Exception:
    """As billiard carries it from the pool's process to its parent."""
    carrier = RuntimeError()
    carrier.exc = error  # type: ignore[attr-defined]
    return carrier


@pytest.mark.parametrize(
    "error",
    [Reject(), Ignore(), Retry(), ResponseNotSent("away"), wrapped(ResponseNotSent("away"))],
)
def test_what_comes_again_has_no_reply(error: BaseException) -> None:
    assert reply_text(JOB, error, states.FAILURE) is None


def test_a_long_error_is_cut() -> None:
    assert len(explain(ValueError("x" * 5000))[1]) <= 500


def test_a_queue_that_does_not_take_a_reply_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class AwayQueue:
        def get_queue_url(self, QueueName: str) -> dict[str, str]:
            return {"QueueUrl": "http://127.0.0.1:9/queue"}

        def send_message(self, QueueUrl: str, MessageBody: str) -> None:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr("foundation.aws.client", lambda service, settings: AwayQueue())

    with pytest.raises(ResponseNotSent, match=JOB):
        send_reply(JOB, "text")
    aws.forget_queue_urls()


@pytest.mark.parametrize("more", [0, 1])
def test_a_reply_that_no_message_holds_goes_into_storage_and_is_named(
    monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    kept: dict[str, bytes] = {}
    sent: list[str] = []

    class Queue:
        def send_message(self, QueueUrl: str, MessageBody: str) -> None:
            sent.append(MessageBody)

    class Storage:
        def put(self, key: str, content: bytes, kind: str) -> None:
            kept[key] = content

    monkeypatch.setattr(aws, "client", lambda service, settings: Queue())
    monkeypatch.setattr(aws, "queue_url", lambda name, settings: name)
    monkeypatch.setattr("workers.replying.gallery_bucket", lambda settings: Storage())
    text = "x" * (get_settings().max_message_bytes + more)

    send_reply(JOB, text)

    if more:
        (key,) = kept
        assert (kept[key], messages.claimed_key(sent[0])) == (text.encode(), key)
    else:
        assert (kept, sent) == ({}, [text])


def test_a_lost_worker_is_explained() -> None:
    assert "WorkerLostError" in explain(WorkerLostError("signal 9"))[1]
