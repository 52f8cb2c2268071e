"""An erased person is in no video any more: rows, results, and faces of single frames."""

from __future__ import annotations

import json

import pytest

from faceweb.models import Collection, Face, Video, VideoState
from faceweb.people.subject_list import ids_called
from faceweb.videos.following import VideoWatch
from faceweb.videos.forgetting import clean_result, forget_in_buckets, forget_in_rows
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support.factories import make_settings, make_video
from tests.support.fakes import MemoryQueue, RecordingSender
from workers.videos import layout

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def buckets() -> MemoryVideoBuckets:
    return MemoryVideoBuckets()


def everything(buckets: MemoryVideoBuckets) -> str:
    objects = [*buckets.stage.objects.values(), *buckets.output.objects.values()]
    rows = [*Video.objects.values("people", "frames", "result"), *Face.objects.values()]
    return str(rows) + str(objects)


def forget(name: str, buckets: MemoryVideoBuckets) -> int:
    """In how many videos the person was."""
    shown = {layout.sent_key(video_id) for video_id in forget_in_rows([name], ids_called(name))}
    return len(shown | forget_in_buckets(name.__eq__, buckets.all))


def test_a_name_is_erased_from_a_video_and_others_stay(buckets: MemoryVideoBuckets) -> None:
    video = make_video()
    buckets.answer(name_of(video), ["Ann", "Ann", "Bo"])
    VideoWatch(make_settings(), buckets.all, MemoryQueue(), RecordingSender()).look_once()

    assert forget("Ann", buckets) == 1

    assert "Ann" not in everything(buckets)
    video.refresh_from_db()
    assert (video.state, video.result) == (VideoState.SUCCEEDED, "erased")
    assert [person["name"] for person in video.people] == ["Bo"]
    assert len(video.frames) == 3
    result = json.loads(buckets.output.objects[f"{name_of(video)}.json"])
    assert [person["name"] for person in result["people"]] == ["Bo"]
    assert buckets.output.objects[f"{name_of(video)}.txt"] == b"erased"


def test_the_namesake_in_another_collections_video_stays(buckets: MemoryVideoBuckets) -> None:
    theirs = Collection.objects.create(name="theirs")
    video = make_video(collection_id=theirs.pk)
    for name in (name_of(make_video()), video.key):
        buckets.answer(name, ["Ann", "Bo"])
    VideoWatch(make_settings(), buckets.all, MemoryQueue(), RecordingSender()).look_once()

    assert forget("Ann", buckets) == 1

    video.refresh_from_db()
    assert video.result == "Ann" and video.faces.filter(person__name="Ann").exists()
    assert buckets.output.objects[f"{video.key}.txt"] == b"Ann"


def test_a_name_is_erased_from_videos_that_were_dropped_or_are_in_work(
    buckets: MemoryVideoBuckets,
) -> None:
    buckets.answer("holiday/film", ["Bo", "Bo", "Ann"])
    buckets.output.objects["test_00.txt"] = b"Ann"
    buckets.store_frame("in-work", 0, "Ann")

    assert forget("Ann", buckets) == 2

    assert "Ann" not in everything(buckets)
    assert buckets.output.objects["holiday/film.txt"] == b"Bo"
    assert b'"Bo"' in buckets.output.objects["holiday/film.json"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"people": 1}', b'{"people": [{}]}'])
def test_what_is_no_result_of_ours_is_left_as_it_is(body: bytes) -> None:
    assert clean_result(body, "Ann".__eq__) == body
