"""A task whose reply could not be sent is not acknowledged."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from billiard.exceptions import TimeLimitExceeded
from celery.worker.request import Request

from foundation import aws
from foundation.config import Settings
from foundation.errors import ResponseNotSent
from foundation.provisioning import provision_queues
from workers.request import HAND_BACK_SECONDS, ReplyBeforeAcknowledge, hand_back, keep_hidden


@pytest.fixture
def request_in_work(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A request in the worker's parent process, with what Celery would do noted."""
    request = ReplyBeforeAcknowledge.__new__(ReplyBeforeAcknowledge)
    request.done = []  # type: ignore[attr-defined]
    monkeypatch.setattr(
        Request, "reject", lambda self, requeue: self.done.append(("reject", requeue))
    )
    monkeypatch.setattr(Request, "on_failure", lambda self, info, *a, **k: self.done.append("ack"))
    return request


def failed(error: BaseException) -> Any:
    return SimpleNamespace(exception=error)


def test_an_unsent_reply_puts_the_task_back(request_in_work: Any) -> None:
    request_in_work.on_failure(failed(ResponseNotSent("away")))

    assert request_in_work.done == [("reject", False)]


def test_an_unsent_reply_is_recognised_inside_celerys_wrapper(request_in_work: Any) -> None:
    wrapped = RuntimeError()
    wrapped.exc = ResponseNotSent("away")  # type: ignore[attr-defined]

    request_in_work.on_failure(failed(wrapped))

    assert request_in_work.done == [("reject", False)]


def test_any_other_failure_goes_celerys_way(request_in_work: Any) -> None:
    request_in_work.on_failure(failed(ValueError("odd")))

    assert request_in_work.done == ["ack"]


def test_a_time_out_whose_reply_was_not_sent_puts_the_task_back(
    request_in_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Any, soft: bool, timeout: float) -> None:
        raise ResponseNotSent("away")

    monkeypatch.setattr(Request, "on_timeout", away)

    request_in_work.on_timeout(False, 25)

    assert request_in_work.done == [("reject", False)]


def test_a_worker_that_stood_still_says_nothing_of_a_picture_that_others_have(
    request_in_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Request, "on_timeout", lambda *_: request_in_work.done.append("replied"))
    monkeypatch.setattr(ReplyBeforeAcknowledge, "id", "1", raising=False)
    request_in_work._ours_until = time.monotonic() - 1

    request_in_work.on_timeout(False, 25)
    request_in_work.on_failure(failed(TimeLimitExceeded(25)))  # as billiard goes on

    assert request_in_work.done == [("reject", False), ("reject", False)]


@pytest.mark.parametrize(("stood_still", "says"), [(0.0, "replied"), (3600.0, ("reject", False))])
def test_time_counts_from_when_the_process_took_the_picture(
    stood_still: float, says: object, request_in_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was stopped before its parent heard of that hears of it when it goes on."""
    hub = SimpleNamespace(call_repeatedly=lambda *_: None)
    monkeypatch.setattr("workers.request.get_event_loop", lambda: hub)
    monkeypatch.setattr(Request, "on_accepted", lambda *_: None)
    monkeypatch.setattr(Request, "on_timeout", lambda *_: request_in_work.done.append("replied"))
    monkeypatch.setattr(ReplyBeforeAcknowledge, "id", "1", raising=False)
    request_in_work.acknowledged = False

    request_in_work.on_accepted(1, time.monotonic() - stood_still)
    request_in_work.on_timeout(False, 25)

    assert request_in_work.done == [says]


def test_a_message_that_others_may_have_is_not_taken_back(
    request_in_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: list[str] = []
    monkeypatch.setattr("workers.request.keep_hidden", hidden.append)
    monkeypatch.setattr(
        ReplyBeforeAcknowledge, "message", SimpleNamespace(delivery_tag="handle"), raising=False
    )
    request_in_work._ours_until = time.monotonic() - 1

    request_in_work._beat()

    assert hidden == []


def test_a_worker_that_kept_its_picture_hidden_says_that_it_took_too_long(
    request_in_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Request, "on_timeout", lambda *_: request_in_work.done.append("replied"))
    request_in_work._ours_until = time.monotonic() + 10

    request_in_work.on_timeout(False, 25)
    request_in_work.on_failure(failed(TimeLimitExceeded(25)))

    assert request_in_work.done == ["replied", "ack"]


def test_a_task_whose_process_died_is_handed_back_at_once(
    request_in_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[str] = []
    monkeypatch.setattr("workers.request.hand_back", handed.append)
    monkeypatch.setattr(
        ReplyBeforeAcknowledge, "message", SimpleNamespace(delivery_tag="handle"), raising=False
    )

    request_in_work.reject(requeue=True)

    assert request_in_work.done == [("reject", False)]
    assert handed == ["handle"]


def test_handing_back_shows_a_message_again(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision_queues(cloud_settings)
    monkeypatch.setattr("workers.request.get_settings", lambda: cloud_settings)
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
    monkeypatch.setattr("workers.request.get_settings", lambda: cloud_settings)

    hand_back("of a queue that is not there")


def test_a_message_in_work_stays_hidden_for_another_timeout(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = cloud_settings.model_copy(update={"visibility_timeout_seconds": 60})
    monkeypatch.setattr("workers.request.get_settings", lambda: short)
    provision_queues(short)
    sqs, url = aws.client("sqs", short), aws.queue_url(short.request_queue, short)
    sqs.send_message(QueueUrl=url, MessageBody="a task")
    received = sqs.receive_message(QueueUrl=url, VisibilityTimeout=1, WaitTimeSeconds=1)

    keep_hidden(received["Messages"][0]["ReceiptHandle"])

    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)


def test_a_message_that_can_not_be_kept_hidden_stops_nobody(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.request.get_settings", lambda: cloud_settings)
    provision_queues(cloud_settings)

    keep_hidden("no such receipt")
