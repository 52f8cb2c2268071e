"""A message is not lost to a worker that has gone."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from foundation import aws
from foundation.config import Settings

POLL = (
    "import boto3, sys; print('polling', flush=True);"
    "boto3.client('sqs', endpoint_url=sys.argv[1], region_name='us-east-1')"
    ".receive_message(QueueUrl=sys.argv[2], WaitTimeSeconds=20)"
)


@pytest.mark.system
def test_the_poll_of_a_killed_client_takes_no_message(cloud_settings: Settings) -> None:
    sqs = aws.client("sqs", cloud_settings)
    url = sqs.create_queue(
        QueueName=f"{cloud_settings.faceweb_id}-polled", Attributes={"VisibilityTimeout": "600"}
    )["QueueUrl"]
    endpoint = cloud_settings.aws_endpoint_url or ""
    client = subprocess.Popen([sys.executable, "-c", POLL, endpoint, url], stdout=subprocess.PIPE)
    assert client.stdout is not None
    client.stdout.readline()
    time.sleep(2)  # its request must have reached the emulator
    client.kill()
    client.wait()
    client.stdout.close()

    sqs.send_message(QueueUrl=url, MessageBody="for somebody who is there")

    time.sleep(2)  # the abandoned poll takes it, and gives it back
    answer = sqs.receive_message(
        QueueUrl=url, WaitTimeSeconds=20, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    (message,) = answer["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
