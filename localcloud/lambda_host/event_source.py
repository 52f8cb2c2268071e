"""The events of one function: S3's notifications in an SQS queue, each until it is done with.

The queue counts the deliveries, so that the attempts of an event outlive this process.
"""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_plus

from foundation import aws
from foundation.aws.typed import FilterRuleTypeDef, QueueConfigurationTypeDef, SQSClient
from foundation.config import Settings
from localcloud.lambda_host.functions import LambdaFunction
from localcloud.lambda_host.runtime_api import InvocationResult, json_or_text
from workers.videos import layout
from workers.videos.naming import known_name
from workers.videos.objects import S3Objects

HIDDEN_LONGER_SECONDS = 30
"""A queue hides an event for as long as its function may take, and so much longer."""

TEST_EVENT = '"s3:TestEvent"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, and which attempt at it this is (1 is the first)."""

    body: str
    attempt: int
    receipt: str


class EventSource:
    """One function's queue of events and its dead letters. Raises botocore's errors."""

    def __init__(self, function: LambdaFunction, settings: Settings) -> None:
        self._function, self._settings = function, settings

    @property
    def _sqs(self) -> SQSClient:
        return aws.client("sqs", self._settings)

    @property
    def _url(self) -> str:
        return aws.queue_url(self._function.event_queue, self._settings)

    def prepare(self) -> None:
        """Make the queue, and have the notifications of its bucket, if any, sent to it."""
        hidden = int(self._function.timeout_seconds) + HIDDEN_LONGER_SECONDS
        aws.forget_queue_urls()
        url = self._sqs.create_queue(
            QueueName=self._function.event_queue, Attributes={"VisibilityTimeout": str(hidden)}
        )["QueueUrl"]
        if self._function.bucket:
            self._notify(url)

    def _notify(self, url: str) -> None:
        arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        wanted: QueueConfigurationTypeDef = {
            "QueueArn": arn["Attributes"]["QueueArn"],
            "Events": ["s3:ObjectCreated:*"],
        }
        if self._function.suffix:
            rule: FilterRuleTypeDef = {"Name": "suffix", "Value": self._function.suffix}
            wanted["Filter"] = {"Key": {"FilterRules": [rule]}}
        aws.client("s3", self._settings).put_bucket_notification_configuration(
            Bucket=self._function.bucket,
            NotificationConfiguration={"QueueConfigurations": [wanted]},
        )

    def receive(self, wait_seconds: int) -> Event | None:
        """The next event, or None if none came."""
        found = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["ApproximateReceiveCount"],
        ).get("Messages", [])
        if not found:
            return None
        message = found[0]
        event = Event(
            body=message["Body"],
            attempt=int(message["Attributes"]["ApproximateReceiveCount"]),
            receipt=message["ReceiptHandle"],
        )
        if TEST_EVENT in event.body:  # S3 sends it to queues only, never to functions
            self.done(event)
            return None
        return event

    def send(self, body: str) -> None:
        """Put an event into the queue, as an asynchronous invocation does."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body)

    def done(self, event: Event) -> None:
        """Take an event off the queue for good."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=event.receipt)

    def try_again(self, event: Event) -> None:
        """Have an event come again after the function's pause."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url,
            ReceiptHandle=event.receipt,
            VisibilityTimeout=self._function.pause_after(event.attempt),
        )

    def give_up(self, event: Event, request_id: str, outcome: InvocationResult) -> None:
        """Send the event to the video functions' dead-letter destination, in Lambda's shape."""
        if self._function.bucket:
            self._sqs.send_message(
                QueueUrl=aws.queue_url(self._settings.video_dead_letter_queue, self._settings),
                MessageBody=json.dumps(dead_letter(self._function, event, request_id, outcome)),
            )
        self.done(event)


def dead_letter(
    function: LambdaFunction, event: Event, request_id: str, outcome: InvocationResult
) -> dict[str, object]:
    """The record of an event that failed for good, as an on-failure destination gets it."""
    return {
        "version": "1.0",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": event.attempt,
        },
        "requestPayload": json_or_text(event.body),
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": outcome.details
        or {"errorType": outcome.error, "errorMessage": outcome.message},
    }


def unanswered_videos(settings: Settings) -> Iterator[str]:
    """Events for videos that have no result: the emulator's queues are lost when it ends."""
    s3 = aws.client("s3", settings)

    def keys(bucket: str) -> Iterator[str]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            yield from (entry["Key"] for entry in page.get("Contents", ()))

    answered, objects = set(keys(settings.video_output_bucket)), S3Objects(settings)
    for key in keys(settings.video_input_bucket):
        name = known_name(key, objects, settings.gallery_bucket)
        if not answered & {layout.text_key(name), layout.error_key(name)}:
            yield s3_event(settings.video_input_bucket, key)


def s3_event(bucket: str, key: str) -> str:
    """An event as S3 sends it, as far as the functions read it."""
    about = {"bucket": {"name": bucket}, "object": {"key": quote_plus(key)}}
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": uuid.uuid4().hex},
        "s3": about,
    }
    return json.dumps({"Records": [record]})
