"""The short way against the emulator, beside botocore's."""

from __future__ import annotations

import uuid
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from foundation import aws, lean
from foundation.config import Settings
from foundation.lean.connections import Answer
from foundation.lean.direct import NotTaken, is_behind_proxy
from foundation.lean.s3 import PROBE, LeanS3, _object, address_of_probe, object_url
from foundation.lean.sqs import LeanSqs
from foundation.provisioning import provision

NAMES = [
    "test_00.jpg",
    "a b+c.jpg",
    "ünï/çödé.jpg",
    "../..//x.jpg",
    "a?b#c&d=%41~.jpg",
    "'(*)!.png",
]


class Watched:
    """Any client, and which of its calls were made."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name == "meta":
            return found

        def noted(**asked: Any) -> Any:
            self.calls.append(name)
            return found(**asked)

        return noted


@pytest.fixture
def cloud(cloud_settings: Settings) -> Settings:
    provision(cloud_settings)
    return cloud_settings


@pytest.fixture
def s3(cloud: Settings) -> LeanS3:
    client = aws.client("s3", cloud)
    return LeanS3(Watched(client._botocore), client._direct)


@pytest.fixture
def sqs(cloud: Settings) -> LeanSqs:
    client = aws.client("sqs", cloud)
    return LeanSqs(Watched(client._botocore), client._direct)


def calls(client: Any) -> list[str]:
    made: list[str] = client._botocore.calls
    return [name for name in made if name != "head_bucket"]


@pytest.mark.parametrize("name", NAMES)
def test_an_object_is_what_botocore_sees(s3: LeanS3, cloud: Settings, name: str) -> None:
    where = {"Bucket": cloud.in_bucket, "Key": name}
    said = {"ContentType": "image/jpeg", "Metadata": {"sha256": "1f"}}
    written = s3.put_object(**where, Body=b"pixels", **said)
    ours = s3.get_object(**where)
    assert calls(s3) == []

    theirs = s3._botocore.get_object(**where)

    assert ours["Body"].read() == theirs["Body"].read() == b"pixels"
    for field in ("ContentType", "Metadata", "ContentLength", "ETag"):
        assert ours[field] == theirs[field]
    assert written["ETag"] == theirs["ETag"]


def test_an_object_that_botocore_wrote_is_read(s3: LeanS3, cloud: Settings) -> None:
    where = {"Bucket": cloud.in_bucket, "Key": "theirs.jpg"}
    s3._botocore.put_object(**where, Body=b"pixels")

    assert s3.get_object(**where)["Body"].read() == b"pixels"


def test_errors_are_botocores(s3: LeanS3, cloud: Settings) -> None:
    where = {"Bucket": cloud.in_bucket, "Key": "taken.jpg"}
    s3.put_object(**where, Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**where, Body=b"second", IfNoneMatch="*")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=cloud.in_bucket, Key="missing.jpg")

    assert s3.get_object(**where)["Body"].read() == b"first"


@pytest.mark.parametrize(
    "unusual",
    [
        {"Metadata": {"who": "a\r\nx-amz-acl: public-read"}},
        {"Metadata": {"who": "ü"}},
        {"Body": "text"},
        {"Key": ""},
        {"ServerSideEncryption": "AES256"},
    ],
)
def test_what_is_not_ordinary_is_left_to_botocore(
    s3: LeanS3, cloud: Settings, unusual: dict[str, Any]
) -> None:
    ordinary = {"Bucket": cloud.in_bucket, "Key": "a.jpg", "Body": b"x"}
    try:
        s3.put_object(**{**ordinary, **unusual})
    except Exception as error:  # noqa: BLE001 - whatever botocore says of it
        assert type(error).__module__.startswith("botocore")
    assert calls(s3) == ["put_object"]


def test_a_damaged_object_is_not_handed_out() -> None:
    whole = Answer(200, {"x-amz-checksum-crc32": "jHPBhQ=="}, b"pixels")
    with pytest.raises(NotTaken, match="checksum"):
        _object(whole)
    assert _object(Answer(200, {}, b"pixels"))["Body"].read() == b"pixels"


WHERES = [
    ("us-east-1", "http://127.0.0.1:4566"),
    ("us-east-1", "http://localhost:4566"),
    ("us-east-1", "https://s3.us-east-1.amazonaws.com"),
    ("cn-north-1", None),
    ("eu-central-1", "https://s3.example.org/base"),
]


@lru_cache
def s3_at(where: tuple[str, str | None]) -> Any:
    session = boto3.Session("key", "secret", region_name=where[0])
    return session.client("s3", endpoint_url=where[1])


@hypothesis_settings(deadline=None)  # the first of each makes a client
@given(
    st.sampled_from(WHERES),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
)
def test_an_object_is_where_botocore_finds_it(where: tuple[str, str | None], key: str) -> None:
    class Found(Exception):
        pass

    def built(params: dict[str, Any], **_: Any) -> None:
        raise Found(params["url"])

    client = s3_at(where)
    client.meta.events.register("before-call.s3.GetObject", built)
    try:
        with pytest.raises(Found) as found:
            client.get_object(Bucket="faceweb-in-bucket", Key=key)
    finally:
        client.meta.events.unregister("before-call.s3.GetObject", built)

    probe = urlsplit(address_of_probe(client))
    assert object_url(probe, "faceweb-in-bucket", key).geturl() == str(found.value)
    assert PROBE not in str(found.value)


@pytest.mark.parametrize("bucket", ["a.b", "UPPER", "x--use1-az4--x-s3", "ab", "-ab", "a/b", None])
def test_a_bucket_without_a_plain_name_is_left_to_botocore(bucket: Any) -> None:
    with pytest.raises(NotTaken):
        object_url(urlsplit("https://probe-bucket.s3.amazonaws.com/"), bucket, "key")


def test_messages_come_and_go(sqs: LeanSqs, cloud: Settings) -> None:
    url = aws.queue_url(cloud.response_queue, cloud)
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
    assert calls(sqs) == []


def test_a_refusal_of_sqs_is_botocores(sqs: LeanSqs, cloud: Settings) -> None:
    url = aws.queue_url(cloud.response_queue, cloud)

    with pytest.raises(ClientError, match="ReceiptHandle"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="none of ours")


class FailingDirect:
    """A short way on which nothing succeeds."""

    def __init__(self, status: int) -> None:
        self._status = status

    def call(self, *_: Any) -> Answer:
        raise NotTaken(f"status {self._status}", self._status)


@pytest.mark.parametrize("status", [0, 301, 403, 429, 500, 503])
def test_any_failure_is_made_again_by_botocore(status: int) -> None:
    direct: Any = FailingDirect(status)
    behind = Watched(
        SimpleNamespace(
            meta=SimpleNamespace(endpoint_url="http://127.0.0.1:1"),
            send_message=lambda **asked: {"MessageId": "theirs"},
        )
    )

    answer = LeanSqs(behind, direct).send_message(QueueUrl="q", MessageBody="x")

    assert (answer, behind.calls) == ({"MessageId": "theirs"}, ["send_message"])


def test_behind_a_proxy_all_is_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert is_behind_proxy(urlsplit("https://sqs.us-east-1.amazonaws.com"))
    assert not is_behind_proxy(urlsplit("https://127.0.0.1:4566"))
    client = boto3.Session("key", "secret", region_name="us-east-1").client(
        "sqs", endpoint_url="https://sqs.us-east-1.amazonaws.com"
    )
    assert lean.shortened(client, None) is client
