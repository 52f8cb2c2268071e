"""S3 through the emulator: what is taken is not overwritten."""

from __future__ import annotations

import numpy as np
import pytest
from botocore.exceptions import ClientError

from foundation.aws.provisioning import provision_bucket
from foundation.aws.storage import Bucket, gallery_files, in_bucket
from foundation.config import Settings
from foundation.errors import NameTaken
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples, remove_person
from tests.recognition.fakes import names_of
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
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"Errors": [{"Key": "a", "Code": "InternalError", "Message": "We failed"}]}
    with stubbed("s3") as s3:
        monkeypatch.setattr(Bucket, "_s3", s3.client)
        s3.add_response("delete_objects", refused)

        with pytest.raises(ClientError, match=r"InternalError.*DeleteObjects.*a: We failed"):
            bucket.delete_several(["a", "b"])


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
