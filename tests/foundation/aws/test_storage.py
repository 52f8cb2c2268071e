"""S3 through the emulator: what is taken is not overwritten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import botocore.auth
import botocore.signers
import numpy as np
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from foundation import aws
from foundation.aws import storage
from foundation.aws.provisioning import provision_bucket
from foundation.aws.storage import Bucket, gallery_files, in_bucket
from foundation.config import Settings
from foundation.errors import NameTaken
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples, remove_person
from tests.recognition.fakes import names_of
from tests.support.factories import make_settings
from tests.support.stubbed import stubbed


@pytest.fixture
def bucket(cloud_settings: Settings) -> Bucket:
    provision_bucket(cloud_settings.in_bucket, cloud_settings)
    return in_bucket(cloud_settings)


def test_a_taken_name_is_refused_unless_the_content_is_the_same(bucket: Bucket) -> None:
    bucket.put_new("a.jpg", b"one", "image/jpeg", "hash-of-one")
    bucket.put_new("a.jpg", b"one", "image/jpeg", "hash-of-one")

    with pytest.raises(NameTaken):
        bucket.put_new("a.jpg", b"two", "image/jpeg", "hash-of-two")

    assert bucket.get("a.jpg") == b"one"


def test_the_version_changes_with_the_content_and_nothing_has_none(bucket: Bucket) -> None:
    bucket.put("a", b"one", "text/plain")
    first = bucket.version("a")
    bucket.put("a", b"two", "text/plain")
    second = bucket.version("a")
    bucket.delete("a")

    assert first != second
    assert (bucket.version("a"), bucket.size("a")) == (None, None)


def test_an_object_that_s3_does_not_delete_is_an_error(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket("pictures", cloud_settings, by_boto3=True)
    refused = {"Errors": [{"Key": "a", "Code": "InternalError", "Message": "We failed"}]}
    with stubbed("s3") as s3:
        monkeypatch.setattr(Bucket, "_s3", s3.client)
        s3.add_response("delete_objects", refused)

        with pytest.raises(ClientError, match=r"InternalError.*DeleteObjects.*a: We failed"):
            bucket.delete_several(["a", "b"])


@pytest.mark.parametrize("token", [None, "a token"])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:9"])
@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_a_form_is_botocores_own(
    token: str | None, endpoint: str | None, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last byte, at one moment. In us-east-1 botocore signs by version 2 unless told so."""
    moment = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    for module in (botocore.auth, botocore.signers):
        monkeypatch.setattr(module, "get_current_datetime", lambda: moment)
    keys = {"aws_access_key_id": "AK", "aws_secret_access_key": "secret"}
    session = boto3.Session(region_name=region, aws_session_token=token, **keys)
    monkeypatch.setattr(aws, "session", lambda settings: session)
    monkeypatch.setattr(storage, "now", lambda: moment)
    version_4 = Config(signature_version="s3v4")
    s3 = session.client("s3", endpoint_url=endpoint, config=version_4)
    monkeypatch.setattr(Bucket, "_s3", s3)
    settings = make_settings(aws_region=region, aws_endpoint_url=endpoint)

    ours = Bucket("pictures", settings).form_for("a b.jpg", "image/png", 9, timedelta(minutes=5))

    theirs = s3.generate_presigned_post(
        "pictures", "a b.jpg", Fields={"Content-Type": "image/png"}, ExpiresIn=300,
        Conditions=[{"Content-Type": "image/png"}, ["content-length-range", 1, 9]],
    )  # fmt: skip
    assert {"url": ours.url, "fields": ours.fields} == theirs


def test_a_bucket_that_is_not_there_is_an_error(cloud_settings: Settings) -> None:
    with pytest.raises(ClientError):
        Bucket("no-such-bucket-here", cloud_settings).exists()


def test_a_gallery_lives_in_s3(cloud_settings: Settings) -> None:
    provision_bucket(cloud_settings.gallery_bucket, cloud_settings)
    files = gallery_files(cloud_settings)
    assert files.version() is None

    add_examples(files, "dlib", {"Paul": [np.ones(128)], "Shea": [np.zeros(128)]})
    both = Gallery.load(files)
    remove_person(files, "Paul")
    one = Gallery.load(files)

    assert both is not None
    assert one is not None
    assert (names_of(both), names_of(one)) == (["Paul", "Shea"], ["Shea"])
    assert both.version != one.version == files.version()
