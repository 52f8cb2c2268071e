"""Videos read from S3 in parts, through the emulator."""

from __future__ import annotations

import io
import random

import pytest

from foundation.aws.provisioning import provision_bucket
from foundation.config import Settings
from foundation.errors import ObjectMissing
from recognition.video.opening import open_video
from recognition.video.plan import FramePlan
from tests.support import videos
from workers.videos.layout import ObjectRef
from workers.videos.objects import BLOCK_BYTES, ObjectChanged, S3Objects

KEY = "Zoë/1+1 film.mp4"


@pytest.fixture
def objects(cloud_settings: Settings) -> S3Objects:
    provision_bucket(cloud_settings.video_input_bucket, cloud_settings)
    return S3Objects(cloud_settings)


@pytest.fixture
def ref(cloud_settings: Settings) -> ObjectRef:
    return ObjectRef(bucket=cloud_settings.video_input_bucket, key=KEY)


def test_any_part_of_an_object_is_read_as_of_a_file(objects: S3Objects, ref: ObjectRef) -> None:
    content = random.Random(5).randbytes(2 * BLOCK_BYTES + 12_345)  # noqa: S311
    objects.put(ref, content, "video/mp4", {})
    opened = objects.open(ref)
    file, version = opened.file, opened.version
    assert version

    for start, size in ((0, 10), (BLOCK_BYTES - 5, 10), (2 * BLOCK_BYTES, 50_000), (99, 0)):
        file.seek(start)
        expected = content[start : start + size]
        got = b""
        while len(got) < size and (part := file.read(size - len(got))):
            got += part
        assert got == expected
    assert file.seek(-3, io.SEEK_END) == len(content) - 3
    assert file.read(10) == content[-3:]
    assert file.read(10) == b""


def test_a_video_is_read_from_s3(objects: S3Objects, ref: ObjectRef) -> None:
    objects.put(ref, videos.shades(30), "video/mp4", {})
    file = objects.open(ref).file

    with open_video(file) as video:
        found = [videos.number_of(f.picture) for f in video.frames(FramePlan(frames=3))]

    assert found == pytest.approx([0, 10, 20], abs=1)


def test_an_object_that_is_replaced_while_it_is_read_is_noticed(
    objects: S3Objects, ref: ObjectRef
) -> None:
    objects.put(ref, bytes(3 * BLOCK_BYTES), "video/mp4", {})
    file = objects.open(ref).file
    file.read(1)
    objects.put(ref, b"1" * 3 * BLOCK_BYTES, "video/mp4", {})
    file.seek(2 * BLOCK_BYTES)

    with pytest.raises(ObjectChanged):
        file.read(1)


def test_metadata_comes_back_and_what_is_missing_says_so(
    objects: S3Objects, ref: ObjectRef
) -> None:
    objects.put(ref, b"x", "image/jpeg", {"run": "abc"})

    assert objects.get(ref).metadata == {"run": "abc"}
    assert objects.list(ref.bucket, "Zoë/") == [KEY]
    objects.delete(ref)
    for act in (objects.get, objects.open):
        with pytest.raises(ObjectMissing):
            act(ref)
