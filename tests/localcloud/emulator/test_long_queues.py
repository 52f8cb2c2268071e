"""Our looks at a queue see what moto's own see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from localcloud.emulator.long_queues import bear_long_queues, is_kept

AWS = "https://sqs.us-east-1.amazonaws.com"
"""As moto knows it, whatever the environment has."""

LOOKS = (
    "messages",
    "approximate_number_of_messages_not_visible",
    "approximate_number_of_messages_delayed",
)


@pytest.fixture
def queue() -> Iterator[Any]:
    """Five messages: two in flight, one of them for no time; one delayed; two that wait."""
    with mock_aws():
        client = boto3.client(
            "sqs", "us-east-1", endpoint_url=AWS, aws_access_key_id="x", aws_secret_access_key="x"
        )
        url = client.create_queue(QueueName="q")["QueueUrl"]
        for number in range(4):
            client.send_message(QueueUrl=url, MessageBody=str(number))
        client.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=60)
        client.receive_message(QueueUrl=url, MaxNumberOfMessages=1, VisibilityTimeout=60)
        client.receive_message(QueueUrl=url, MaxNumberOfMessages=1, VisibilityTimeout=0)
        yield next(iter(sqs_backends["123456789012"]["us-east-1"].queues.values()))


@pytest.fixture
def moto_s_own() -> Iterator[dict[str, Any]]:
    kept = {name: getattr(Queue, name) for name in (*LOOKS, "delete_message")}
    kept_age = SQSBackend.is_message_valid_based_on_retention_period
    yield kept
    for name, look in kept.items():
        setattr(Queue, name, look)
    SQSBackend.is_message_valid_based_on_retention_period = kept_age


def test_the_same_messages_are_seen(queue: Any, moto_s_own: dict[str, Any]) -> None:
    expected = [moto_s_own[name].fget(queue) for name in LOOKS]

    bear_long_queues()

    assert list(queue.messages) == expected[0]
    assert len(queue.messages) == 3 and bool(queue.messages)
    assert [getattr(queue, name) for name in LOOKS[1:]] == expected[1:] == [1, 1]


def test_a_deletion_takes_out_one_message_by_any_of_its_handles(
    queue: Any, moto_s_own: dict[str, Any]
) -> None:
    bear_long_queues()
    first, *others = queue._messages
    handle = first.receipt_handle
    first.mark_received(visibility_timeout=0)

    queue.delete_message(handle)
    queue.delete_message(first.receipt_handle)

    assert queue._messages == others
    assert first not in queue.pending_messages
    with pytest.raises(ReceiptHandleIsInvalid):
        queue.delete_message("nobody's")


def test_what_is_sent_while_another_message_is_deleted_stays(
    queue: Any, moto_s_own: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto's own deletion writes the list anew, as it was when it began to look."""
    bear_long_queues()
    late = Message("late", "sent meanwhile")
    had = Message.had_receipt_handle

    def had_and_sent(message: Message, handle: str) -> bool:
        if late not in queue._messages:
            queue.add_message(late)
        return had(message, handle)

    monkeypatch.setattr(Message, "had_receipt_handle", had_and_sent)
    queue.delete_message(queue._messages[0].receipt_handle)

    assert late in queue._messages
    assert len(queue._messages) == 5


def test_a_message_is_not_given_after_its_retention_period(
    queue: Any, moto_s_own: dict[str, Any]
) -> None:
    backend = sqs_backends["123456789012"]["us-east-1"]
    young, old = queue._messages[2:4]
    old.sent_timestamp -= (queue.message_retention_period + 1) * 1000
    theirs = [
        backend.is_message_valid_based_on_retention_period("q", message) for message in (young, old)
    ]
    bear_long_queues()

    assert theirs == [True, False]
    assert [is_kept(backend, "q", message) for message in (young, old)] == theirs
