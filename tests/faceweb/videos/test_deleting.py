"""Videos are deleted with everything that was made of them, and when their time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from faceweb.jobs import erasing
from faceweb.models import AuditEntry, Video, VideoRemains, VideoState
from faceweb.videos import deleting
from faceweb.videos.deleting import delete_video
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support.factories import make_settings, make_video

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> MemoryVideoBuckets:
    memory = MemoryVideoBuckets()
    monkeypatch.setattr(deleting, "video_buckets", lambda settings: memory.all)
    return memory


def answered(buckets: MemoryVideoBuckets, days: float = 0) -> Video:
    video = make_video(
        state=VideoState.SUCCEEDED, result="Ann", created_at=timezone.now() - timedelta(days=days)
    )
    buckets.input.objects[name_of(video)] = b"film"
    buckets.answer(name_of(video), ["Ann"])
    return video


def test_a_deleted_video_takes_its_objects_along(buckets: MemoryVideoBuckets) -> None:
    video, kept = answered(buckets), answered(buckets)
    video_id = video.pk

    objects = delete_video(video, buckets.all, "tester")

    assert objects == 5
    assert all(key.startswith(name_of(kept)) for key in buckets.keys)
    assert list(Video.objects.all()) == [kept]
    assert VideoRemains.objects.get().video_id == video_id
    assert AuditEntry.objects.get(action="video deleted").subject == str(video_id)


def test_old_videos_lose_their_frames_first_and_then_everything(
    buckets: MemoryVideoBuckets,
) -> None:
    young, old, oldest = (answered(buckets, days) for days in (1, 10, 100))
    settings = make_settings(retention_days_pictures=7, retention_days_history=30)

    erased = erasing.apply_retention(settings, timezone.now(), "tester")

    assert erased.videos == 2
    assert set(Video.objects.all()) == {young, old}
    old.refresh_from_db()
    assert (old.pictures_deleted, old.result) == (True, "Ann")
    assert not [key for key in buckets.keys if str(oldest.pk) in key]
    left = [key for key in buckets.keys if str(old.pk) in key]
    assert sorted(left) == [f"{name_of(old)}.json", f"{name_of(old)}.txt"]
    assert erasing.apply_retention(settings, timezone.now(), "tester").videos == 0


def test_a_video_in_work_is_no_matter_of_retention(buckets: MemoryVideoBuckets) -> None:
    make_video(created_at=timezone.now() - timedelta(days=100))

    settings = make_settings(retention_days_history=30)

    assert erasing.apply_retention(settings, timezone.now(), "tester").videos == 0
