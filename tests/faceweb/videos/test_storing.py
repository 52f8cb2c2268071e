"""A video is stored before it is accepted, and its workers are told."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from faceweb.models import Video, VideoState
from faceweb.videos.storing import cut_short, store
from faceweb.videos.uploads import VideoUpload
from recognition.video.plan import FramePlan
from tests.support.factories import make_settings, make_video
from tests.support.fakes import MemoryBucket, RecordingSender
from workers.videos import layout, video_options

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def upload(plan: FramePlan = FramePlan(frames=4)) -> VideoUpload:  # noqa: B008 - frozen
    return VideoUpload(
        filename="film.mp4",
        file=io.BytesIO(b"film"),
        size_bytes=4,
        plan=plan,
    )


def stored(bucket: MemoryBucket, send: RecordingSender, **settings: Any) -> Video:
    return store(upload(), make_settings(**settings), bucket, send)  # type: ignore[arg-type]


def test_a_video_is_stored_with_what_is_wanted_of_it_and_sent() -> None:
    bucket, send = MemoryBucket(), RecordingSender()

    video = stored(bucket, send, video_backend="celery")

    video.refresh_from_db()
    key = layout.sent_key(video.pk)
    assert bucket.objects == {key: b"film"}
    wished = video_options.options_of(bucket.metadata[key])
    assert wished == video_options.VideoOptions(
        plan=FramePlan(frames=4), backend=video_options.CELERY
    )
    assert (video.state, video.sends, send.sent) == (VideoState.STORED, 1, [str(video.pk)])


def test_a_video_is_safe_when_the_queue_does_not_answer() -> None:
    send = RecordingSender()
    send.broken = True

    video = stored(MemoryBucket(), send)

    video.refresh_from_db()
    assert (video.state, video.sends, video.sent_at) == (VideoState.STORED, 0, None)


def test_what_storage_does_not_take_is_not_accepted() -> None:
    class Broken(MemoryBucket):
        def upload(self, *args: Any, **kwargs: Any) -> None:
            raise ConnectionError("storage is away")

    with pytest.raises(ConnectionError):
        stored(Broken(), RecordingSender())

    assert not Video.objects.exists()


def test_a_video_that_never_arrived_whole_is_found() -> None:
    now = timezone.now()
    old = make_video(state=VideoState.UPLOADING, created_at=now - timedelta(hours=2))
    make_video(state=VideoState.UPLOADING)
    make_video(created_at=now - timedelta(hours=2))

    assert cut_short(now) == [old]
