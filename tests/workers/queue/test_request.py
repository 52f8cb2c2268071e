"""A task whose reply could not be sent is not acknowledged."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from billiard.einfo import ExceptionInfo
from billiard.exceptions import TimeLimitExceeded
from celery import Celery
from celery.backends.base import DisabledBackend
from kombu import Message
from kombu.asynchronous import Hub, set_event_loop

from foundation import aws
from foundation.aws.provisioning import provision_queues
from foundation.config import Settings
from foundation.errors import ResponseNotSent
from workers.queue.hiding import HAND_BACK_SECONDS, hand_back, keep_hidden
from workers.queue.request import RepliedTask, ReplyBeforeAcknowledge


class Replies(DisabledBackend):
    """Where replies go: their states are noted, unless the queue is away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.states: list[str] = []
        self.is_away = False

    def mark_as_failure(self, *_: object, **__: object) -> None:
        if self.is_away:
            raise ResponseNotSent("away")
        self.states.append("FAILURE")


class Parent:
    """A worker's parent process with one message in hand: what it tells its queue is noted."""

    def __init__(self) -> None:
        app = Celery(broker="memory://", set_as_current=False)
        self.replies = Replies(app=app)
        self.told: list[object] = []

        @app.task(base=RepliedTask, name="work", acks_late=True, shared=False, backend=self.replies)
        def work(key: str) -> None:
            """What the pool's process would run."""

        message = Message(
            body=json.dumps([["a.jpg"], {}, {}]),
            headers={"id": "1", "task": "work", "root_id": "1"},
            content_type="application/json",
            content_encoding="utf-8",
            delivery_tag="handle",
            accept={"application/json"},
        )
        self.request = ReplyBeforeAcknowledge(
            message,
            app=app,
            task=app.tasks["work"],
            hostname="worker",
            connection_errors=(),
            on_ack=lambda *_: self.told.append("ack"),
            on_reject=lambda _, __, requeue: self.told.append(("reject", requeue)),
        )


@pytest.fixture
def parent() -> Parent:
    return Parent()


def failed(error: BaseException, is_wrapped: bool = True) -> ExceptionInfo:
    """An error, as billiard brings it from the pool's process."""
    try:
        raise error
    except type(error):
        return ExceptionInfo(internal=not is_wrapped)


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_an_unsent_reply_puts_the_task_back(is_wrapped: bool, parent: Parent) -> None:
    """Also inside billiard's wrapper, in which errors come from another process."""
    parent.request.on_failure(failed(ResponseNotSent("away"), is_wrapped))

    assert parent.told == [("reject", False)]


def test_any_other_failure_is_replied_and_acknowledged(parent: Parent) -> None:
    parent.request.on_failure(failed(ValueError("odd")))

    assert (parent.replies.states, parent.told) == (["FAILURE"], ["ack"])


def test_a_time_out_whose_reply_was_not_sent_puts_the_task_back(parent: Parent) -> None:
    parent.replies.is_away = True

    parent.request.on_timeout(False, 25)

    assert parent.told == [("reject", False)]


def test_a_worker_that_stood_still_says_nothing_of_a_picture_that_others_have(
    parent: Parent,
) -> None:
    parent.request._ours_until = time.monotonic() - 1

    parent.request.on_timeout(False, 25)
    parent.request.on_failure(failed(TimeLimitExceeded(25)))  # as billiard goes on

    assert (parent.replies.states, parent.told) == ([], [("reject", False)])


@pytest.mark.parametrize(
    ("stood_still", "replied", "told"),
    [(0.0, ["FAILURE"], ["ack"]), (3600.0, [], [("reject", False)])],
)
def test_time_counts_from_when_the_process_took_the_picture(
    stood_still: float, replied: list[str], told: list[object], parent: Parent
) -> None:
    """A worker that was stopped before its parent heard of that hears of it when it goes on."""
    hub = Hub()
    set_event_loop(hub)
    try:
        parent.request.on_accepted(1, time.monotonic() - stood_still)
        parent.request.on_timeout(False, 25)
    finally:
        set_event_loop(None)
        hub.close()

    assert (parent.replies.states, parent.told) == (replied, told)


def test_a_message_that_others_may_have_is_not_taken_back(
    parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: list[str] = []
    monkeypatch.setattr("workers.queue.request.keep_hidden", hidden.append)
    parent.request._ours_until = time.monotonic() - 1

    parent.request._beat()

    assert hidden == []


def test_a_worker_that_kept_its_picture_hidden_says_that_it_took_too_long(parent: Parent) -> None:
    parent.request._ours_until = time.monotonic() + 10

    parent.request.on_timeout(False, 25)

    assert (parent.replies.states, parent.told) == (["FAILURE"], ["ack"])


def test_a_task_whose_process_died_is_handed_back_at_once(
    parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[str] = []
    monkeypatch.setattr("workers.queue.request.hand_back", handed.append)

    parent.request.reject(requeue=True)

    assert parent.told == [("reject", False)]
    assert handed == ["handle"]


def test_handing_back_shows_a_message_again(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision_queues(cloud_settings)
    monkeypatch.setattr("workers.queue.hiding.get_settings", lambda: cloud_settings)
    sqs = aws.client("sqs", cloud_settings)
    url = aws.queue_url(cloud_settings.request_queue, cloud_settings)
    sqs.send_message(QueueUrl=url, MessageBody="task")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]

    hand_back(message["ReceiptHandle"])

    again = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=HAND_BACK_SECONDS + 3)
    assert [m["Body"] for m in again["Messages"]] == ["task"]


def test_a_queue_that_cant_be_asked_is_no_error(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.queue.hiding.get_settings", lambda: cloud_settings)

    hand_back("of a queue that is not there")


def test_a_message_in_work_stays_hidden_for_another_timeout(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = cloud_settings.model_copy(update={"visibility_timeout_seconds": 60})
    monkeypatch.setattr("workers.queue.hiding.get_settings", lambda: short)
    provision_queues(short)
    sqs, url = aws.client("sqs", short), aws.queue_url(short.request_queue, short)
    sqs.send_message(QueueUrl=url, MessageBody="a task")
    received = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1, WaitTimeSeconds=1)

    keep_hidden(received["Messages"][0]["ReceiptHandle"])

    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)


def test_a_message_that_can_not_be_kept_hidden_stops_nobody(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.queue.hiding.get_settings", lambda: cloud_settings)
    provision_queues(cloud_settings)

    keep_hidden("no such receipt")
