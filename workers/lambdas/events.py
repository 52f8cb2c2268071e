"""Reads the objects from the event of a Lambda function. Pure.

Three shapes: S3's own events, the same inside messages of an SQS queue, and the direct payload
`{"bucket_name": ..., "image_file_name": ...}`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from foundation.errors import MalformedMessage
from workers.videos.layout import ObjectRef

DIRECT = ("bucket_name", "image_file_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Objects that succeed or fail together, and the SQS message that brought them, if any."""

    objects: tuple[ObjectRef, ...]
    message_id: str | None = None


def deliveries(event: Mapping[str, object]) -> tuple[Delivery, ...]:
    """The object that an event names. Raises MalformedMessage."""
    if DIRECT[0] in event:
        return (Delivery(objects=(_direct(event),)),)
    if event.get("Event") == "s3:TestEvent":  # what S3 sends when a notification is set up
        return ()
    records = event.get("Records")
    if not isinstance(records, list):
        raise MalformedMessage(
            "the event is neither S3's (Records) nor a direct payload "
            f"({', '.join(DIRECT)}); it has {', '.join(sorted(event)) or 'nothing'}"
        )
    return tuple(delivery for record in records for delivery in _deliveries_of(record))


def _direct(event: Mapping[str, object]) -> ObjectRef:
    bucket, key = (event.get(name) for name in DIRECT)
    if not (isinstance(bucket, str) and bucket and isinstance(key, str) and key):
        raise MalformedMessage(f"a direct payload needs {' and '.join(DIRECT)}, both as text")
    return ObjectRef(bucket=bucket, key=key)


def _deliveries_of(record: object) -> tuple[Delivery, ...]:
    if not isinstance(record, Mapping):
        raise MalformedMessage(f"a record is {type(record).__name__}, not an object")
    if record.get("eventSource") != "aws:sqs":
        return (Delivery(objects=(_from_s3(record),)),)
    message_id = str(record.get("messageId", ""))
    try:
        body = json.loads(record.get("body", ""))
        found = tuple(ref for inner in deliveries(body) for ref in inner.objects)
    except (ValueError, TypeError, AttributeError):
        raise MalformedMessage(f"the message {message_id} holds no event") from None
    return (Delivery(objects=found, message_id=message_id),)


def _from_s3(record: Mapping[str, object]) -> ObjectRef:
    match record:
        case {"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}:
            return ObjectRef(bucket=str(bucket), key=unquote_plus(str(key)))
        case _:
            raise MalformedMessage("a record lacks s3.bucket.name or s3.object.key")
