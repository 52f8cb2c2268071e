"""Lambda's calls at the emulator: what is taken, told and refused, through boto3 itself."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from foundation import aws
from foundation.aws.provisioning import provision
from foundation.config import Settings
from localcloud.emulator.lambda_calls import function_name
from localcloud.lambda_host.event_source import Event, EventSource
from localcloud.lambda_host.functions import LambdaFunction, contract_functions
from localcloud.lambda_host.runtime_api import InvocationResult
from tests.support.factories import make_settings

PAYLOAD = {"bucket_name": "faceweb-stage-1", "image_file_name": "Zoë/1+1 film.jpg"}


@pytest.fixture
def cloud(emulated_aws: str) -> Settings:
    """The emulator knows the functions of its own prefix only, which is the default one."""
    settings = make_settings(aws_endpoint_url=emulated_aws)
    aws.forget_queue_urls()
    provision(settings)
    return settings


def invoke(cloud: Settings, name: str, payload: bytes, kind: str = "Event") -> Any:
    client = aws.client("lambda", cloud)
    return client.invoke(FunctionName=name, InvocationType=kind, Payload=payload)


def source_of(function: LambdaFunction, cloud: Settings) -> EventSource:
    source = EventSource(function, cloud)
    source.prepare()
    return source


def next_event(source: EventSource) -> Event | None:
    """The next one that is not S3's test event, which setting up a notification sends."""
    found = (source.receive(5) for _ in range(3))
    return next((event for event in found if event is not None), None)


def test_an_asynchronous_invocation_waits_in_the_functions_queue(cloud: Settings) -> None:
    function = contract_functions(cloud)[1]
    source = source_of(function, cloud)

    answer = invoke(cloud, function.arn, json.dumps(PAYLOAD).encode())

    event = next_event(source)
    assert answer["StatusCode"] == 202
    assert event is not None and json.loads(event.body) == PAYLOAD
    source.done(event)


def test_an_event_comes_again_and_then_goes_to_the_dead_letters(cloud: Settings) -> None:
    function = contract_functions(cloud)[0]
    source = source_of(function, cloud)
    invoke(cloud, function.name, b'{"what": 1}')

    attempts = []
    for _ in range(function.attempts):
        event = next_event(source)
        assert event is not None
        attempts.append(event.attempt)
        if event.attempt < function.attempts:
            source.try_again(event)
    source.give_up(event, "id-1", InvocationResult(error="Runtime.ExitError", message="ended"))

    url = aws.queue_url(cloud.video_dead_letter_queue, cloud)
    letters = aws.client("sqs", cloud).receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]
    assert attempts == [1, 2, 3]
    assert [json.loads(one["Body"])["requestPayload"] for one in letters] == [{"what": 1}]
    assert source.receive(1) is None


@pytest.mark.parametrize(
    ("name", "payload", "kind", "error"),
    [
        ("no-such-function", b"{}", "Event", "ResourceNotFoundException"),
        ("video-splitting", b"words", "Event", "InvalidRequestContentException"),
        ("video-splitting", b'"%s"' % (b"x" * 300_000), "Event", "RequestTooLargeException"),
        ("video-splitting", b"{}", "RequestResponse", "InvalidParameterValueException"),
    ],
)
def test_refusals_have_lambdas_names(
    cloud: Settings, name: str, payload: bytes, kind: str, error: str
) -> None:
    client = aws.client("lambda", cloud)

    with pytest.raises(getattr(client.exceptions, error)):
        invoke(cloud, name, payload, kind)


@pytest.mark.parametrize(
    "named",
    [
        "f",
        "f:1",
        "123456789012:function:f",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af%3ALIVE",
    ],
)
def test_a_function_is_known_by_name_and_arn(named: str) -> None:
    assert function_name(named) == "f"


def test_a_functions_arn_has_the_configured_region() -> None:
    functions = contract_functions(make_settings(aws_region="eu-central-1"))

    assert {function.arn.split(":")[3] for function in functions} == {"eu-central-1"}


def test_functions_are_listed_and_described(cloud: Settings) -> None:
    client = aws.client("lambda", cloud)

    listed = [one["FunctionName"] for one in client.list_functions()["Functions"]]
    found = client.get_function(FunctionName="face-recognition")["Configuration"]

    assert listed == ["video-splitting", "face-recognition", "faceweb-face-burst"]
    assert (found["FunctionName"], found["State"]) == ("face-recognition", "Active")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="nobody")


def test_more_than_its_concurrency_is_throttled(cloud: Settings) -> None:
    function = contract_functions(cloud)[2]
    source = source_of(function, cloud)
    throttled = aws.client("lambda", cloud).exceptions.TooManyRequestsException

    for _ in range(os.cpu_count() or 1):  # as many as the local system runs at once
        invoke(cloud, function.name, b"{}")
    with pytest.raises(throttled):
        invoke(cloud, function.name, b"{}")

    while event := source.receive(1):
        source.done(event)
    assert invoke(cloud, function.name, b"{}")["StatusCode"] == 202
