"""SQS by libcurl: signed as botocore signs, and botocore's where anything fails."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from foundation import aws
from foundation.aws.provisioning import provision
from foundation.aws.sqs_calls import QUICK, SqsClient
from foundation.config import Settings

ASKED = {"QueueUrl": "q", "MessageBody": "x"}
KEYS = Credentials("key", "secret")
OK = b"HTTP/1.1 200 OK\r\n"


class ScriptedServer:
    """Answers each request with the next bytes of a script; without their length it closes."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = answers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def _serve(self) -> None:
        while self._answers:
            try:
                opened, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with closing(opened):
                self._speak(opened)

    def _speak(self, opened: socket.socket) -> None:
        while self._answers:
            received = opened.recv(100_000)
            if not received:
                return
            self.requests.append(received)
            answer = self._answers.pop(0)
            opened.sendall(answer)
            if b"connection: close" in answer or b"content-length" not in answer:
                return

    def end(self) -> None:
        self._listening.close()


class Behind:
    """botocore's client, which always answers, and what it was asked."""

    def __init__(self, url: str, region: str = "eu-central-1") -> None:
        self.meta = SimpleNamespace(endpoint_url=url, region_name=region)
        self.asked: list[dict[str, Any]] = []

    def send_message(self, **asked: Any) -> dict[str, str]:
        self.asked.append(asked)
        return {"MessageId": "theirs"}


Start = Callable[..., tuple[ScriptedServer, SqsClient, Behind]]


@pytest.fixture
def start() -> Iterator[Start]:
    servers: list[ScriptedServer] = []

    def started(*answers: bytes, keys: Any = KEYS) -> tuple[ScriptedServer, SqsClient, Behind]:
        servers.append(ScriptedServer(list(answers)))
        behind = Behind(servers[-1].url)
        return servers[-1], SqsClient(behind, keys), behind

    yield started
    for server in servers:
        server.end()


@pytest.mark.parametrize("token", [None, "a/token+with=signs"])
def test_a_call_is_signed_as_botocore_signs_it(start: Start, token: str | None) -> None:
    keys = Credentials("AKIDEXAMPLE", "s/e+c=r:e t", token)
    server, client, _ = start(OK + b"content-length: 2\r\n\r\n{}", keys=keys)
    client.send_message(QueueUrl="q", MessageBody="ünï\n")

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    authorization = headers["authorization"]
    signed = authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest("POST", server.url + "/", {name: headers[name] for name in signed}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(keys, "sqs", "eu-central-1")
    text = signer.string_to_sign(request, signer.canonical_request(request))

    assert first == "POST / HTTP/1.1"
    assert authorization.endswith(f"Signature={signer.signature(text, request)}")
    assert {"host", "x-amz-date", "x-amz-target"} <= set(signed)
    assert headers.get("x-amz-security-token") == token
    assert ("x-amz-security-token" in signed) is (token is not None)


def test_each_call_is_signed_with_the_keys_of_its_moment(start: Start) -> None:
    class Renewed:
        number = 0

        def get_frozen_credentials(self) -> Credentials:
            self.number += 1
            return Credentials(f"key{self.number}", "secret", f"token{self.number}")

    answer = OK + b"content-length: 2\r\n\r\n{}"
    server, client, _ = start(answer, answer, keys=Renewed())
    client.send_message(**ASKED)
    client.send_message(**ASKED)

    for number, request in enumerate(server.requests, start=1):
        assert f"Credential=key{number}/".encode() in request
        assert request.count(f"token{number}".encode()) == 1
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"content-length: 21\r\n\r\n" + b'{"MessageId": "ours"}',
        OK + b"transfer-encoding: chunked\r\n\r\n15\r\n" + b'{"MessageId": "ours"}\r\n0\r\n\r\n',
        OK + b"connection: close\r\n\r\n" + b'{"MessageId": "ours"}',
    ],
)
def test_a_whole_answer_is_taken(start: Start, answer: bytes) -> None:
    _, client, behind = start(answer)

    assert (client.send_message(**ASKED), behind.asked) == ({"MessageId": "ours"}, [])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        OK + b"content-length: 40\r\nconnection: close\r\n\r\n{}",
        OK + b"transfer-encoding: chunked\r\nconnection: close\r\n\r\nxyz\r\n{}",
        OK + b"content-length: 2\r\n\r\n[]",
        OK + b"content-length: 5\r\n\r\n{,,,}",
        b"HTTP/1.1 301 Moved\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 503 Slow Down\r\ncontent-length: 2\r\n\r\n{}",
    ],
)
def test_whatever_else_comes_is_asked_of_botocore(start: Start, answer: bytes) -> None:
    _, client, behind = start(answer)

    assert client.send_message(**ASKED) == {"MessageId": "theirs"}
    assert behind.asked == [ASKED]


def test_a_server_that_is_away_and_missing_credentials_are_botocores() -> None:
    behind = Behind("http://127.0.0.1:1")

    assert SqsClient(behind, Credentials("a", "b")).send_message(**ASKED)
    assert SqsClient(behind, None).send_message(**ASKED)
    assert behind.asked == [ASKED, ASKED]


def test_every_quick_verb_is_boto3s_for_that_operation() -> None:
    plain = boto3.Session("a", "b", region_name="us-east-1").client("sqs")

    assert {verb: plain.meta.method_to_api_mapping[verb] for verb in QUICK} == QUICK
    assert plain.meta.service_model.metadata["jsonVersion"] == "1.0"
    assert plain.meta.service_model.metadata["targetPrefix"] == "AmazonSQS"


def test_messages_come_and_go(cloud_settings: Settings) -> None:
    provision(cloud_settings)
    sqs = aws.client("sqs", cloud_settings)
    assert isinstance(sqs, SqsClient)
    url = aws.queue_url(cloud_settings.request_queue, cloud_settings)
    texts = [f'{{"é": "{number}", "b": "\\u2028<&>"}}' for number in range(4)]
    for text in texts:
        assert uuid.UUID(sqs.send_message(QueueUrl=url, MessageBody=text)["MessageId"])

    first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in first) == texts
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"], VisibilityTimeout=0
    )
    again = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in again] == [first[0]["Body"]]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again[0]["ReceiptHandle"])
    rest = [
        {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
        for number, message in enumerate(first[1:])
    ]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=rest)["Successful"]) == 3
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    with pytest.raises(ClientError, match="ReceiptHandle"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="none of ours")


def test_the_setting_leads_all_calls_to_boto3(cloud_settings: Settings) -> None:
    settings = cloud_settings.model_copy(update={"aws_by_boto3": True, "aws_region": "eu-west-3"})

    assert not isinstance(aws.client("sqs", settings), SqsClient)
