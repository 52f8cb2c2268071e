"""Queues and buckets under the contract's names; the same calls here and on AWS.

Every step can run again: what is there already is left as it is, or brought to these settings.
"""

import json
from collections.abc import Mapping
from typing import cast

from botocore.exceptions import ClientError

from foundation import aws
from foundation.aws import error_code, typed
from foundation.config import Settings

DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3600
REPLY_VISIBILITY_SECONDS = 30
UPLOAD_ENDING = ".upload"
"""For pictures that clients send to S3 themselves (faceweb/intake/arriving.py)."""


def provision(settings: Settings) -> None:
    """Create all queues and buckets. Raises botocore's errors."""
    provision_queues(settings)
    for name in settings.buckets:
        provision_bucket(name, settings)
    _tell_of_uploads(settings)


def _tell_of_uploads(settings: Settings) -> None:
    """S3 tells the response queue of pictures that clients send to S3 themselves."""
    sqs, s3 = aws.client("sqs", settings), aws.client("s3", settings)
    url = sqs.get_queue_url(QueueName=settings.response_queue)["QueueUrl"]
    wanted: typed.QueueConfigurationTypeDef = {
        "QueueArn": _arn(url, settings),
        "Events": ["s3:ObjectCreated:Post"],
        "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": UPLOAD_ENDING}]}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=settings.in_bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )


def provision_queues(settings: Settings) -> None:
    """Request, response and dead-letter queue; the first two give up into the third."""
    kept: dict[typed.QueueAttributeNameType, str] = {
        "MessageRetentionPeriod": str(DEAD_LETTER_RETENTION_SECONDS)
    }
    dead_letters = _queue(settings.dead_letter_queue, kept, settings)
    _queue(settings.video_dead_letter_queue, kept, settings)
    redrive = {
        "deadLetterTargetArn": _arn(dead_letters, settings),
        "maxReceiveCount": settings.max_receive_count,
    }
    _queue(
        settings.request_queue,
        {
            "VisibilityTimeout": str(settings.visibility_timeout_seconds),
            "ReceiveMessageWaitTimeSeconds": str(settings.receive_wait_seconds),
            "MaximumMessageSize": str(settings.max_message_bytes),
            "RedrivePolicy": json.dumps(redrive),
        },
        settings,
    )
    # A reply is only refused while the database is away, so it is worth more attempts.
    _queue(
        settings.response_queue,
        {
            "VisibilityTimeout": str(REPLY_VISIBILITY_SECONDS),
            "MaximumMessageSize": str(settings.max_message_bytes),
            "RedrivePolicy": json.dumps({**redrive, "maxReceiveCount": 20}),
        },
        settings,
    )


def _queue(
    name: str, attributes: Mapping[typed.QueueAttributeNameType, str], settings: Settings
) -> str:
    """The queue's URL; creates it, or sets its attributes if it is there."""
    sqs = aws.client("sqs", settings)
    wanted: dict[typed.QueueAttributeNameType, str] = {**attributes, "SqsManagedSseEnabled": "true"}
    try:
        return str(sqs.create_queue(QueueName=name, Attributes=wanted)["QueueUrl"])
    except ClientError as error:
        if "QueueNameExists" not in str(error) and "QueueAlreadyExists" not in str(error):
            raise
    url = str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)
    return url


def _arn(url: str, settings: Settings) -> str:
    attributes = aws.client("sqs", settings).get_queue_attributes(
        QueueUrl=url, AttributeNames=["QueueArn"]
    )
    return str(attributes["Attributes"]["QueueArn"])


def provision_bucket(name: str, settings: Settings) -> None:
    """A private, encrypted bucket."""
    s3 = aws.client("s3", settings)
    request: typed.CreateBucketRequestTypeDef = {"Bucket": name}
    if settings.aws_region != "us-east-1":  # which S3 does not take as a location
        place = cast(typed.BucketLocationConstraintType, settings.aws_region)
        request["CreateBucketConfiguration"] = {"LocationConstraint": place}
    try:
        s3.create_bucket(**request)
    except ClientError as error:
        if error_code(error) != "BucketAlreadyOwnedByYou":
            raise
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
