"""What S3 shows of a video becomes its row; what got lost is sent again."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from faceweb.models import Video, VideoRemains, VideoState
from faceweb.videos.following import VideoWatch, fail_video, send_open_videos_now
from foundation.errors import ObjectMissing
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support.factories import make_settings, make_video
from tests.support.fakes import MemoryQueue, RecordingSender
from workers.videos import layout, results

pytestmark = [pytest.mark.django_db, pytest.mark.database]


class Watched:
    """A watch over buckets in memory, at a time of the test's own."""

    def __init__(self, waiting: int = 0, **settings: Any) -> None:
        self.buckets, self.send = MemoryVideoBuckets(), RecordingSender()
        self.queue = MemoryQueue(["task"] * waiting)
        self.now = timezone.now()
        self.watch = self.another(**settings)

    def another(self, **settings: Any) -> VideoWatch:
        """The watch of one more web process."""
        return VideoWatch(
            make_settings(**settings), self.buckets.all, self.queue, self.send, self._clock
        )

    def _clock(self) -> datetime:
        return self.now

    def look(self, after_seconds: float = 1.0) -> None:
        self.now += timedelta(seconds=after_seconds)
        self.watch.look_once()


def seen(video: Video) -> Video:
    video.refresh_from_db()
    return video


def test_progress_is_what_is_in_the_bucket() -> None:
    watched, video = Watched(), make_video()
    watched.buckets.store_frame(name_of(video), 0, "Ann")
    watched.buckets.stage.objects[f"{name_of(video)}/output-01.jpg"] = b"frame"

    watched.look()

    assert seen(video).state == VideoState.WORKING
    assert (video.frames_stored, video.frames_seen, video.frames_expected) == (2, 1, 10)
    assert video.progress_at == watched.now


def test_a_result_ends_the_video_with_people_and_frames() -> None:
    watched, video = Watched(), make_video()
    watched.buckets.answer(name_of(video), ["Ann", "Ann", None, "Bo"])

    watched.look()

    assert (seen(video).state, video.result) == (VideoState.SUCCEEDED, "Ann")
    assert [person["name"] for person in video.people] == ["Ann", "Bo"]
    assert video.people[1]["best_frame"] == 3
    assert [frame["seconds"] for frame in video.frames] == [0, 1, 2, 3]
    assert (video.frames_total, video.damaged_parts) == (4, 1)
    assert video.answered_at == watched.now


def test_an_error_object_ends_the_video_with_its_reason() -> None:
    watched, video = Watched(), make_video()
    error = results.error_json("film", ValueError("It is not a film."))
    watched.buckets.output.objects[layout.error_key(name_of(video))] = error

    watched.look()

    assert (seen(video).state, video.error_kind) == (VideoState.FAILED, "ValueError")
    assert video.error == "It is not a film."


@pytest.mark.parametrize("document", [b"{", b"[]", b"{}", json.dumps({"answer": 1}).encode()])
def test_a_result_that_can_not_be_read_fails_the_video(document: bytes) -> None:
    watched, video = Watched(), make_video()
    watched.buckets.output.objects[layout.json_key(name_of(video))] = document
    watched.buckets.output.objects[layout.text_key(name_of(video))] = b"Ann"

    watched.look()

    assert seen(video).state == VideoState.FAILED
    assert "not as we write it" in video.error


def test_only_one_process_looks_at_a_time() -> None:
    watched, video = Watched(), make_video()
    other = watched.another()
    watched.look()
    looked_at = seen(video).looked_at

    watched.now += timedelta(seconds=0.5)
    other.look_once()

    assert seen(video).looked_at == looked_at


def test_a_lost_video_is_sent_again_and_in_the_end_given_up() -> None:
    watched, video = Watched(max_sends=2, resend_after_seconds=60.0), make_video()

    watched.look(59)
    assert watched.send.sent == []
    watched.look(2)
    assert watched.send.sent == [str(video.pk)]
    watched.look(61)

    assert (seen(video).state, video.error_kind) == (VideoState.FAILED, "internal")
    assert video.error == "No result came after it was sent 2 times."


def test_a_video_that_gets_on_is_not_sent_again() -> None:
    watched, video = Watched(resend_after_seconds=60.0), make_video()
    for number in range(4):
        watched.buckets.store_frame(name_of(video), number, "Ann")
        watched.look(40)

    assert watched.send.sent == []


def test_a_video_whose_steps_wait_in_the_queue_is_not_sent_again() -> None:
    watched = Watched(waiting=3, resend_after_seconds=60.0)
    make_video()

    watched.look(500)

    assert watched.send.sent == []


def test_a_function_is_given_its_own_time() -> None:
    watched = Watched(waiting=3, resend_after_seconds=60.0, lambda_timeout_seconds=300)
    video = make_video(backend="lambda")

    watched.look(500)
    assert watched.send.sent == []
    watched.look(101)

    assert watched.send.sent == [str(video.pk)]


def test_a_video_that_was_never_sent_is_sent_soon() -> None:
    watched = Watched()
    video = make_video(sent_at=None, sends=0)

    watched.look(11)

    assert watched.send.sent == [str(video.pk)]
    assert seen(video).sends == 1


def test_the_first_end_of_a_video_stays() -> None:
    watched, video = Watched(), make_video()
    assert fail_video(video.pk, "dead-letter", "Nobody could.")
    watched.buckets.answer(name_of(video), ["Ann"])

    watched.look()

    assert (seen(video).state, video.result) == (VideoState.FAILED, "")
    assert not fail_video(video.pk, "dead-letter", "Again.")
    assert not fail_video(uuid.uuid4(), "dead-letter", "There is no such video.")


def test_open_videos_of_the_app_tier_are_sent_again_when_the_queue_was_lost() -> None:
    send = RecordingSender()
    lost = make_video()
    make_video(backend="lambda")
    make_video(state=VideoState.SUCCEEDED)

    assert send_open_videos_now(send) == 1
    assert send.sent == [str(lost.pk)]


def test_a_result_that_is_deleted_between_list_and_read_is_looked_for_again() -> None:
    watched, video = Watched(), make_video()
    watched.buckets.output.objects[layout.text_key(name_of(video))] = b"Ann"
    with pytest.raises(ObjectMissing):
        watched.buckets.output.get(layout.json_key(name_of(video)))

    watched.look()

    assert seen(video).state == VideoState.STORED


def test_what_was_left_behind_is_tidied_up() -> None:
    watched = Watched()
    deleted = uuid.uuid4()
    watched.buckets.output.objects[layout.error_key(layout.sent_key(deleted))] = b"late"
    VideoRemains.objects.create(video_id=deleted, deleted_at=watched.now - timedelta(hours=2))
    cut = make_video(state=VideoState.UPLOADING, created_at=watched.now - timedelta(hours=2))
    watched.buckets.input.objects[name_of(cut)] = b"half"

    watched.watch.tidy_at_times()

    assert watched.buckets.keys == []
    assert not Video.objects.exists()
    assert list(VideoRemains.objects.values_list("pk", flat=True)) == [cut.pk]
