"""Objects are what boto3 makes of them, by either library."""

from __future__ import annotations

import os
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import get_cert_path

from foundation import aws
from foundation.aws import whole_objects
from foundation.aws.provisioning import provision_bucket
from foundation.aws.whole_objects import WholeObjects
from foundation.config import Settings
from foundation.errors import ObjectMissing

NAMES = [
    "test_00.jpg", "a b+c.jpg", "ünï/çödé.jpg", "../..//x.jpg", "a//b", "/a", "a/", ".", "..jpg",
    "a?b#c&d=%41~.jpg", "%2F", "'(*)!.png", "日本語.png", "\t", "a\\b", "{}|^`<>[]", " a ", "\x7f",
]  # fmt: skip
"""Names that libraries have spelt otherwise than they were given."""


class Calls:
    """boto3's client of S3, and which calls were made with it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.made: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def noted(**asked: Any) -> Any:
            self.made.append(name)
            return found(**asked)

        return noted


@pytest.fixture
def objects(cloud_settings: Settings) -> WholeObjects:
    provision_bucket(cloud_settings.in_bucket, cloud_settings)
    return WholeObjects(cloud_settings.in_bucket, cloud_settings)


@pytest.fixture
def boto3(cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls(aws.client("s3", cloud_settings))
    monkeypatch.setattr(whole_objects.aws, "client", lambda *_: calls)
    return calls


@pytest.mark.parametrize("name", NAMES)
def test_an_object_of_any_name_is_where_boto3_finds_it(
    objects: WholeObjects, cloud_settings: Settings, name: str
) -> None:
    where = {"Bucket": cloud_settings.in_bucket, "Key": name}
    assert objects.put_if_free(name, b"first", "image/jpeg", {"sha256": "1f"})
    assert not objects.put_if_free(name, b"second", "image/jpeg")

    theirs = aws.client("s3", cloud_settings).get_object(**where)
    assert theirs["Body"].read() == b"first"
    assert (theirs["ContentType"], theirs["Metadata"]) == ("image/jpeg", {"sha256": "1f"})

    aws.client("s3", cloud_settings).put_object(**where, Body=b"third", Metadata={"a": "b c"})
    ours = objects.stored(name)
    assert (ours.body, dict(ours.metadata)) == (b"third", {"a": "b c"})

    objects.put(name, b"fourth", "text/plain")
    assert objects.stored(name).body == b"fourth"

    objects.copy(name, f"copy of {name}")
    assert objects.stored(f"copy of {name}").body == b"fourth"
    for _ in range(2):
        objects.delete(name)
    with pytest.raises(ObjectMissing):
        objects.copy(name, "copy of nothing")


def test_the_usual_needs_no_boto3(objects: WholeObjects, boto3: Calls) -> None:
    objects.put("a.jpg", b"one", "image/jpeg")
    assert not objects.put_if_free("a.jpg", b"two", "image/jpeg", {"sha256": "1f"})
    assert objects.stored("a.jpg").body == b"one"
    objects.copy("a.jpg", "b.jpg")
    objects.delete("a.jpg")
    objects.copy("b.jpg", "c d.jpg")
    objects.delete_several(["b.jpg", "c d.jpg", "nothing.jpg"])

    assert boto3.made == []
    for name in ("b.jpg", "c d.jpg"):
        with pytest.raises(ObjectMissing):
            objects.stored(name)


def test_the_setting_leads_all_calls_to_boto3(
    objects: WholeObjects, cloud_settings: Settings, boto3: Calls
) -> None:
    settings = cloud_settings.model_copy(update={"aws_by_boto3": True})
    objects = WholeObjects(settings.in_bucket, settings)
    objects.put("a.jpg", b"one", "image/jpeg")
    objects.put_if_free("a.jpg", b"two", "image/jpeg")
    objects.stored("a.jpg")
    objects.copy("a.jpg", "b.jpg")
    objects.delete("a.jpg")

    whole = ["put_object", "put_object", "get_object", "copy_object", "delete_object"]
    assert boto3.made == whole


def test_a_process_that_was_forked_uses_boto3(
    objects: WholeObjects, boto3: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.put("a.jpg", b"one", "image/jpeg")
    monkeypatch.setattr(whole_objects, "_user", os.getppid())

    assert objects.stored("a.jpg").body == b"one"
    assert boto3.made == ["get_object"]


def test_a_process_that_was_forked_has_its_answer(objects: WholeObjects) -> None:
    """obstore's threads stay with the parent: the child would wait for ever."""
    objects.put("a.jpg", b"one", "image/jpeg")
    child = os.fork()
    if child == 0:
        os._exit(0 if objects.stored("a.jpg").body == b"one" else 1)

    assert os.waitpid(child, 0)[1] == 0


def test_what_is_not_there_is_missing_and_a_bucket_that_is_not_is_an_error(
    objects: WholeObjects, cloud_settings: Settings
) -> None:
    with pytest.raises(ObjectMissing, match=r"nobody\.jpg is not there"):
        objects.stored("nobody.jpg")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        WholeObjects("no-such-bucket", cloud_settings).stored("a.jpg")


@pytest.mark.parametrize("value", ["ü", "a\r\nx-amz-acl: public-read"])
def test_metadata_that_is_no_header_is_boto3s_to_refuse(
    objects: WholeObjects, boto3: Calls, value: str
) -> None:
    with pytest.raises(BotoCoreError):
        objects.put("a.jpg", b"one", "image/jpeg", {"who": value})

    assert boto3.made == ["put_object"]


def test_without_credentials_the_error_is_boto3s(
    objects: WholeObjects, boto3: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws.boto3.Session, "get_credentials", lambda _: None)
    whole_objects._stores.clear()

    objects.put("a.jpg", b"one", "image/jpeg")

    assert boto3.made == ["put_object"]
    whole_objects._stores.clear()


@pytest.mark.parametrize(
    ("region", "bucket", "address", "has_host"),
    [
        ("eu-central-1", "a-bucket", "https://a-bucket.s3.eu-central-1.amazonaws.com", True),
        ("cn-north-1", "a-bucket", "https://a-bucket.s3.cn-north-1.amazonaws.com.cn", True),
        ("eu-central-1", "a.bucket", "https://s3.eu-central-1.amazonaws.com", False),
    ],
)
def test_a_bucket_of_aws_is_asked_where_boto3_asks_it(
    monkeypatch: pytest.MonkeyPatch, region: str, bucket: str, address: str, has_host: bool
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(get_cert_path(True)))

    settings = Settings(aws_region=region, aws_endpoint_url=None)
    config: Any = whole_objects._new_store(bucket, settings).config

    assert config["endpoint_url_s3"] == address
    assert str(config["virtual_hosted_style_request"]).lower() == str(has_host).lower()


def test_all_clients_and_buckets_share_one_session_of_boto3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []

    class Counted(aws.boto3.Session):
        def __init__(self, **asked: Any) -> None:
            made.append(asked)
            super().__init__(**asked)

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(aws.boto3, "Session", Counted)
    settings = Settings(aws_region="us-east-1", aws_endpoint_url="http://127.0.0.1:1")

    aws.client("sqs", settings)
    for bucket in ("one-bucket", "other-bucket"):
        whole_objects._store(bucket, settings)

    assert len(made) == 1
