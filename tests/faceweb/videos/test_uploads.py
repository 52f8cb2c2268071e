"""Which videos are taken, and which frames are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory

from faceweb.intake.uploads import UploadRefused
from faceweb.videos.uploads import looks_like_video, plan_of, read_video
from recognition.video.plan import FramePlan
from tests.support import videos
from tests.support.factories import make_settings, picture_bytes

pytestmark = pytest.mark.django_db  # it asks whether the intake is paused


def form(*contents: bytes, name: str = "film.mp4", **fields: str) -> HttpRequest:
    files = [SimpleUploadedFile(name, content) for content in contents]
    return RequestFactory().post("/videos", {"inputFile": files, **fields})


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska", "avi", "mpegts", "flv"])
def test_every_container_that_is_read_is_taken(container: str) -> None:
    assert looks_like_video(videos.shades(3, container=container)[:16])


def test_a_video_is_read_from_the_form_and_its_name_made_safe() -> None:
    upload = read_video(form(videos.shades(2), name="a:b.mp4"), make_settings())

    assert upload.filename == "a_b.mp4"
    assert upload.size_bytes == upload.file.size > 0
    assert upload.plan == FramePlan(frames=10)


@pytest.mark.parametrize(
    ("contents", "fields", "status", "words"),
    [
        ((), {}, 400, "multipart field inputFile"),
        ((b"ab", b"cd"), {}, 400, "one inputFile at a time"),
        ((b"",), {}, 400, "empty"),
        ((b"only words",), {}, 415, "not a video"),
        ((picture_bytes(),), {}, 415, "not a video"),
        ((b"\0\0\0\x20ftyp" + bytes(2**20),), {}, 413, "larger than 1 MiB"),
        ((b"\0\0\0\x20ftyp",), {"frames": "0"}, 400, "frames is a number from 1 to 1000"),
        ((b"\0\0\0\x20ftyp",), {"frames": "nan"}, 400, "not 'nan'"),
        ((b"\0\0\0\x20ftyp",), {"frames": "many"}, 400, "not 'many'"),
        ((b"\0\0\0\x20ftyp",), {"interval_seconds": "-1"}, 400, "interval_seconds is a number"),
    ],
)
def test_what_is_no_video_is_refused_in_words(
    contents: tuple[bytes, ...], fields: dict[str, str], status: int, words: str
) -> None:
    with pytest.raises(UploadRefused, match=words) as refused:
        read_video(form(*contents, **fields), make_settings(max_video_mb=1.0))

    assert refused.value.status == status


@pytest.mark.parametrize(
    ("asked", "configured", "plan"),
    [
        ((None, None), {}, FramePlan(frames=10)),
        ((None, None), {"frames_per_video": 3}, FramePlan(frames=3)),
        ((None, None), {"frame_interval_seconds": 2.0}, FramePlan(interval_seconds=2.0)),
        ((5, None), {"frame_interval_seconds": 2.0}, FramePlan(frames=5)),
        ((5, 0.5), {}, FramePlan(frames=5, interval_seconds=0.5)),
    ],
)
def test_frames_are_as_asked_for_or_as_configured(
    asked: tuple[Any, Any], configured: dict[str, Any], plan: FramePlan
) -> None:
    assert plan_of(*asked, make_settings(**configured)) == plan
