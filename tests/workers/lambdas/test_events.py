"""What functions are invoked with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foundation.errors import MalformedMessage
from workers.lambdas.events import Delivery, deliveries
from workers.lambdas.running import run_all
from workers.videos.layout import ObjectRef


def s3_record(key: str, bucket: str = "b") -> dict[str, Any]:
    return {"eventSource": "aws:s3", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}


def sqs_record(message_id: str, *keys: str) -> dict[str, Any]:
    body = json.dumps({"Records": [s3_record(key) for key in keys]})
    return {"eventSource": "aws:sqs", "messageId": message_id, "body": body}


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("test_00.mp4", "test_00.mp4"),
        ("a/b/my+film.mp4", "a/b/my film.mp4"),
        ("1%2B1.mp4", "1+1.mp4"),
        ("Zo%C3%AB/%E9%A1%94.mp4", "Zoë/顔.mp4"),
        ("100%25.mp4", "100%.mp4"),
    ],
)
def test_keys_are_decoded(encoded: str, key: str) -> None:
    (delivery,) = deliveries({"Records": [s3_record(encoded)]})

    assert delivery.objects == (ObjectRef(bucket="b", key=key),)


def test_a_direct_payload_is_taken_as_it_is() -> None:
    found = deliveries({"bucket_name": "stage", "image_file_name": "1+1 %41.jpg"})

    assert found == (Delivery(objects=(ObjectRef(bucket="stage", key="1+1 %41.jpg"),)),)


def test_what_s3_sends_to_try_a_notification_is_about_nothing() -> None:
    assert deliveries({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}) == ()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({}, "it has nothing"),
        ({"hello": 1}, "it has hello"),
        ({"Records": ["x"]}, "a record is str"),
        ({"Records": [{"eventSource": "aws:s3"}]}, "lacks s3.bucket.name"),
        ({"bucket_name": "b"}, "image_file_name"),
        ({"bucket_name": "b", "image_file_name": 3}, "both as text"),
        ({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": "{"}]}, "message m"),
    ],
)
def test_an_event_of_another_shape_says_what_is_missing(event: Any, words: str) -> None:
    with pytest.raises(MalformedMessage, match=words):
        deliveries(event)


def fails_on_bad(ref: ObjectRef) -> str:
    if "bad" in ref.key:
        raise ConnectionError(ref.key)
    return "done"


def test_of_a_batch_only_what_failed_comes_again() -> None:
    event = {
        "Records": [sqs_record("1", "a"), sqs_record("2", "bad", "b"), sqs_record("3", "c", "d")]
    }

    answer = run_all(event, fails_on_bad)

    assert answer["batchItemFailures"] == [{"itemIdentifier": "2"}]
    assert [entry["key"] for entry in answer["done"]] == ["a", "c", "d"]


def test_an_event_that_failed_is_raised_after_all_of_it_was_tried() -> None:
    tried: list[str] = []

    def work(ref: ObjectRef) -> str:
        tried.append(ref.key)
        return fails_on_bad(ref)

    with pytest.raises(ConnectionError, match="bad-1"):
        run_all({"Records": [s3_record(key) for key in ("bad-1", "a", "bad-2", "b")]}, work)

    assert tried == ["bad-1", "a", "bad-2", "b"]
