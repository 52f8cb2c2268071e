"""What is written down of a call: who, IAM's name of it, on what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud.emulator.emulator_process import running_emulator
from tests.deploy.permissions.recording import Call, RecordCalls, calls_of
from tests.support.factories import make_settings

SIGNED = "AWS4-HMAC-SHA256 Credential=local-{role}/20260101/us-east-1/{service}/aws4_request, ..."


def request(
    method: str = "POST",
    path: str = "/",
    query: str = "",
    service: str = "sqs",
    role: str = "web",
    **headers: str,
) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_AUTHORIZATION": SIGNED.format(role=role, service=service),
        **headers,
    }


def said(environ: dict[str, Any], body: bytes = b"") -> list[tuple[str, str]]:
    return [(call.action, call.resource) for call in calls_of(environ, body)]


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/b/a/k%C3%A9y", "", ("s3:GetObject", "b/*")),
        ("HEAD", "/b/key", "", ("s3:GetObject", "b/*")),
        ("PUT", "/b/key", "partNumber=1&uploadId=2", ("s3:PutObject", "b/*")),
        ("POST", "/b/key", "uploads", ("s3:PutObject", "b/*")),
        ("DELETE", "/b/key", "", ("s3:DeleteObject", "b/*")),
        ("DELETE", "/b/key", "uploadId=2", ("s3:AbortMultipartUpload", "b/*")),
        ("GET", "/b", "list-type=2", ("s3:ListBucket", "b")),
        ("POST", "/b", "delete", ("s3:DeleteObject", "b/*")),
    ],
)
def test_s3_is_told_by_method_and_path(
    method: str, path: str, query: str, expected: tuple[str, str]
) -> None:
    assert said(request(method, path, query, "s3")) == [expected]


def test_a_copy_also_reads() -> None:
    environ = request("PUT", "/b/key", service="s3", HTTP_X_AMZ_COPY_SOURCE="/a/other")

    assert said(environ) == [("s3:PutObject", "b/*"), ("s3:GetObject", "a/*")]


@pytest.mark.parametrize(
    ("environ", "body", "expected"),
    [
        (
            request(HTTP_X_AMZ_TARGET="AmazonSQS.DeleteMessageBatch"),
            b'{"QueueUrl": "http://x/1/q"}',
            ("sqs:DeleteMessage", "q"),
        ),
        (request(path="/1/q"), b"Action=ReceiveMessage", ("sqs:ReceiveMessage", "q")),
        (
            request(service="ssm", HTTP_X_AMZ_TARGET="AmazonSSM.GetParametersByPath"),
            b'{"Path": "/f/app/"}',
            ("ssm:GetParametersByPath", "/f/app"),
        ),
        (
            request(path="/service/G/operation/PutMetricData", service="monitoring"),
            b"",
            ("cloudwatch:PutMetricData", "faceweb"),
        ),
    ],
)
def test_other_services_by_their_protocols(
    environ: dict[str, Any], body: bytes, expected: tuple[str, str]
) -> None:
    assert said(environ, body) == [expected]


def test_the_tags_that_are_written_are_told() -> None:
    body = b"Action=CreateTags&ResourceId.1=i-1&Tag.1.Key=faceweb%3Astate&Tag.1.Value=ready"

    (call,) = calls_of(request(service="ec2"), body)

    assert call == Call(role="web", action="ec2:CreateTags", resource="*", tags="faceweb:state")


def test_nobody_elses_calls_are_told() -> None:
    environ = request()
    environ["HTTP_AUTHORIZATION"] = "AWS4 Credential=test/20260101/us-east-1/sqs/aws4_request"

    assert said(environ, b"Action=ReceiveMessage") == []
    del environ["HTTP_AUTHORIZATION"]
    assert said(environ, b"Action=ReceiveMessage") == []


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECORD_CALLS", str(tmp_path / "calls.jsonl"))
    return tmp_path / "calls.jsonl"


@pytest.mark.system
def test_an_emulator_is_recorded(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMULATOR_MIDDLEWARE", f"{RecordCalls.__module__}:RecordCalls")
    settings = make_settings(var_dir=tmp_path)

    with running_emulator(settings, tmp_path) as variables:
        queues = boto3.client(
            "sqs", "us-east-1", endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id="local-web", aws_secret_access_key="x",
        )  # fmt: skip
        queues.create_queue(QueueName="faces-req-queue")

    (call,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (call["role"], call["action"], call["resource"]) == (
        "web", "sqs:CreateQueue", "faces-req-queue",
    )  # fmt: skip


def test_each_kind_is_written_once_and_a_missing_object_needs_the_list(file: Path) -> None:

    def missing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("404 NOT FOUND", [])
        return [b"body"]

    recording = RecordCalls(missing)
    for _ in range(2):
        answer = recording(request("GET", "/b/key", service="s3"), lambda *_: None)
        assert list(answer) == [b"body"]

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["action"], line["resource"]) for line in lines] == [
        ("s3:GetObject", "b/*"),
        ("s3:ListBucket", "b"),
    ]
