"""S3 through the emulator: what is taken is not overwritten."""

from __future__ import annotations

import numpy as np
import pytest
from botocore.exceptions import ClientError

from foundation.aws.provisioning import provision_bucket
from foundation.aws.storage import Bucket, gallery_files, in_bucket
from foundation.config import Settings
from foundation.errors import NameTaken, ObjectMissing
from recognition.gallery.gallery import Gallery, add_examples, remove_person
from tests.recognition.fakes import names_of


@pytest.fixture
def bucket(cloud_settings: Settings) -> Bucket:
    provision_bucket(cloud_settings.in_bucket, cloud_settings)
    return in_bucket(cloud_settings)


def test_what_was_put_is_got(bucket: Bucket) -> None:
    bucket.put("Zoë + 1.jpg", b"pixels", "image/jpeg")

    assert bucket.get("Zoë + 1.jpg") == b"pixels"


def test_a_missing_object_has_an_error_of_its_own(bucket: Bucket) -> None:
    with pytest.raises(ObjectMissing, match=r"nobody\.jpg is not there"):
        bucket.get("nobody.jpg")
    assert bucket.version("nobody.jpg") is None


def test_a_taken_name_is_refused_unless_the_content_is_the_same(bucket: Bucket) -> None:
    bucket.put_new("a.jpg", b"one", "image/jpeg", "hash-of-one")
    bucket.put_new("a.jpg", b"one", "image/jpeg", "hash-of-one")

    with pytest.raises(NameTaken):
        bucket.put_new("a.jpg", b"two", "image/jpeg", "hash-of-two")

    assert bucket.get("a.jpg") == b"one"


def test_the_version_changes_with_the_content(bucket: Bucket) -> None:
    bucket.put("a", b"one", "text/plain")
    first = bucket.version("a")
    bucket.put("a", b"two", "text/plain")

    assert first != bucket.version("a")


def test_deleting_what_is_not_there_is_no_error(bucket: Bucket) -> None:
    bucket.put("a", b"one", "text/plain")

    bucket.delete("a")
    bucket.delete("a")

    assert bucket.version("a") is None


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
    one = Gallery.load(files, reuse=both)

    assert both is not None
    assert one is not None
    assert (names_of(both), names_of(one)) == (["Paul", "Shea"], ["Shea"])
    assert both.version != one.version == files.version()
