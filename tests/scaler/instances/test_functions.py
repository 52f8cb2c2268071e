"""Functions are invoked one by one, counted before, and left alone after a refusal."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
import structlog.testing
from botocore.exceptions import ClientError, EndpointConnectionError

from scaler.instances.functions import LambdaFunctions
from scaler.models import Lifeline

pytestmark = [pytest.mark.django_db, pytest.mark.database]


TOLD = {"RECOGNITION_THRESHOLD": "1.1"}


class FakeLambda:
    """Notes what is invoked; refuses what the test says."""

    def __init__(self) -> None:
        self.invoked: list[dict[str, Any]] = []
        self.refusal: Exception | None = None

    def invoke(self, **asked: Any) -> None:
        if self.refusal:
            raise self.refusal
        self.invoked.append(asked)


class Time:
    now = 1_800_014_400.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def client() -> FakeLambda:
    return FakeLambda()


@pytest.fixture
def functions(client: FakeLambda, time: Time) -> LambdaFunctions:
    names, now = count(1), lambda: time.now
    return LambdaFunctions(
        client, "faces-face-burst", 3, 90.0, 25.0, now, TOLD, lambda: f"burst-{next(names)}"
    )


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Invoke")


def test_each_run_has_a_name_and_a_row(functions: LambdaFunctions, client: FakeLambda) -> None:
    assert functions.start(2) == 2

    payloads = [json.loads(one["Payload"]) for one in client.invoked]
    assert payloads == [{"function": f"burst-{n}", "settings": TOLD} for n in (1, 2)]
    assert {one["InvocationType"] for one in client.invoked} == {"Event"}
    seen = functions.look({})
    assert (seen.running, seen.allowed) == (2, 1)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ResourceNotFoundException"])
def test_a_refusal_leaves_no_row_and_is_followed_by_a_pause_that_grows(
    functions: LambdaFunctions, client: FakeLambda, time: Time, code: str
) -> None:
    client.refusal = refused(code)

    assert functions.start(3) == 0

    assert not Lifeline.objects.exists()
    assert functions.look({}).allowed == 0
    client.refusal = None
    assert functions.start(1) == 0
    time.now += 4.1
    assert functions.look({}).allowed == 3
    client.refusal = refused(code)
    functions.start(1)
    time.now += 4.1
    assert functions.look({}).allowed == 0


def test_a_refusal_is_said_once_for_each_state(
    functions: LambdaFunctions, client: FakeLambda, time: Time
) -> None:
    client.refusal = refused("TooManyRequestsException")
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            functions.start(1)
            time.now += 400
        client.refusal = None
        functions.start(1)
        client.refusal = refused("TooManyRequestsException")
        functions.start(1)

    said = [line["event"] for line in logs]
    assert said == ["lambda_refuses", "function_started", "lambda_refuses"]


def test_a_run_whose_invocation_is_in_doubt_counts(
    functions: LambdaFunctions, client: FakeLambda
) -> None:
    client.refusal = EndpointConnectionError(endpoint_url="nowhere")

    assert functions.start(2) == 0

    assert functions.look({}).running == 1
