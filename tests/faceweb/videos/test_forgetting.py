"""An erased person is in no video any more: rows, results, and faces of single frames."""

from __future__ import annotations

import json

import pytest

from faceweb.models import Video, VideoState
from faceweb.videos.following import VideoWatch
from faceweb.videos.forgetting import clean_result, forget_in_videos
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.factories import make_settings, make_video
from tests.fakes import MemoryQueue, RecordingSender

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def buckets() -> MemoryVideoBuckets:
    return MemoryVideoBuckets()


def everything(buckets: MemoryVideoBuckets) -> str:
    objects = [*buckets.stage.objects.values(), *buckets.output.objects.values()]
    return str(list(Video.objects.values("people", "frames", "result"))) + str(objects)


def test_a_name_is_erased_from_a_video_and_others_stay(buckets: MemoryVideoBuckets) -> None:
    video = make_video()
    buckets.answer(name_of(video), ["Ann", "Ann", "Bo"])
    VideoWatch(make_settings(), buckets.all, MemoryQueue(), RecordingSender()).look_once()

    assert forget_in_videos("Ann", buckets.all) == 1

    assert "Ann" not in everything(buckets)
    video.refresh_from_db()
    assert (video.state, video.result) == (VideoState.SUCCEEDED, "erased")
    assert [person["name"] for person in video.people] == ["Bo"]
    assert len(video.frames) == 3
    result = json.loads(buckets.output.objects[f"{name_of(video)}.json"])
    assert [person["name"] for person in result["people"]] == ["Bo"]
    assert buckets.output.objects[f"{name_of(video)}.txt"] == b"erased"


def test_a_name_is_erased_from_videos_that_were_dropped_or_are_in_work(
    buckets: MemoryVideoBuckets,
) -> None:
    buckets.answer("holiday/film", ["Bo", "Bo", "Ann"])
    buckets.output.objects["test_00.txt"] = b"Ann"
    buckets.store_frame("in-work", 0, "Ann")

    assert forget_in_videos("Ann", buckets.all) == 2

    assert "Ann" not in everything(buckets)
    assert buckets.output.objects["holiday/film.txt"] == b"Bo"
    assert b'"Bo"' in buckets.output.objects["holiday/film.json"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"people": 1}', b'{"people": [{}]}'])
def test_what_is_no_result_of_ours_is_left_as_it_is(body: bytes) -> None:
    assert clean_result(body, "Ann") == body
