"""Queues and buckets under the contract's names."""

from __future__ import annotations

import json

from foundation import aws
from foundation.aws.provisioning import provision
from foundation.config import Settings


def attributes(queue: str, settings: Settings) -> dict[str, str]:
    sqs = aws.client("sqs", settings)
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    return found


def test_everything_is_there_and_a_second_time_changes_nothing(cloud_settings: Settings) -> None:
    provision(cloud_settings)
    provision(cloud_settings)

    buckets = {b["Name"] for b in aws.client("s3", cloud_settings).list_buckets()["Buckets"]}
    assert {
        cloud_settings.in_bucket,
        cloud_settings.out_bucket,
        cloud_settings.gallery_bucket,
    } <= buckets
    assert attributes(cloud_settings.dead_letter_queue, cloud_settings)["QueueArn"]


def test_requests_that_fail_too_often_go_to_the_dead_letter_queue(cloud_settings: Settings) -> None:
    provision(cloud_settings)

    found = attributes(cloud_settings.request_queue, cloud_settings)

    redrive = json.loads(found["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(cloud_settings.dead_letter_queue)
    assert int(redrive["maxReceiveCount"]) == cloud_settings.max_receive_count
    assert int(found["VisibilityTimeout"]) == cloud_settings.visibility_timeout_seconds


def test_a_changed_setting_reaches_a_queue_that_is_there(cloud_settings: Settings) -> None:
    provision(cloud_settings)
    changed = cloud_settings.model_copy(update={"visibility_timeout_seconds": 77})

    provision(changed)

    assert attributes(changed.request_queue, changed)["VisibilityTimeout"] == "77"


def test_buckets_are_closed_to_the_public(cloud_settings: Settings) -> None:
    provision(cloud_settings)

    s3 = aws.client("s3", cloud_settings)
    block = s3.get_public_access_block(Bucket=cloud_settings.in_bucket)

    assert all(block["PublicAccessBlockConfiguration"].values())
