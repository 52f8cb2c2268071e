"""Our looks at a queue see what moto's own see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs.models import Queue, sqs_backends

from localcloud.long_queues import bear_long_queues

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
    kept = {name: getattr(Queue, name) for name in LOOKS}
    yield kept
    for name, look in kept.items():
        setattr(Queue, name, look)


def test_the_same_messages_are_seen(queue: Any, moto_s_own: dict[str, Any]) -> None:
    expected = [moto_s_own[name].fget(queue) for name in LOOKS]

    bear_long_queues()

    assert [getattr(queue, name) for name in LOOKS] == expected
    assert expected[1:] == [1, 1] and len(expected[0]) == 3
