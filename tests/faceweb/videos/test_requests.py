"""`POST /videos`, the API and the pages, over real buckets and without anybody who works."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from faceweb.access import identity
from faceweb.access.callers import issue_key
from faceweb.administration.tables import videos as administration
from faceweb.api import videos as api
from faceweb.models import ApiKey, Video, VideoState
from faceweb.pages import access, videos as pages
from faceweb.pages.watching import pages as watching, parts
from faceweb.videos.following import VideoWatch
from faceweb.videos.storing import send_now, sender
from foundation import aws
from foundation.aws.provisioning import provision_bucket
from foundation.aws.storage import video_input_bucket, video_stage_bucket
from foundation.config import Settings
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support import videos
from tests.support.factories import make_settings, make_video, picture_bytes
from tests.support.fakes import MemoryQueue, RecordingSender
from workers.videos import layout

# Requests run on threads of their own, so what they see must be committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

HTML = {"Accept": "text/html"}


@pytest.fixture
def settings(cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for module in (identity, api, access, pages, watching, parts):
        monkeypatch.setattr(module, "get_settings", lambda: cloud_settings)
    for bucket in ("input", "stage", "output"):
        provision_bucket(getattr(cloud_settings, f"video_{bucket}_bucket"), cloud_settings)
    return cloud_settings


@pytest.fixture
def strict(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    demanding = settings.model_copy(update={"require_api_key": True})
    for module in (identity, api, access, pages):
        monkeypatch.setattr(module, "get_settings", lambda: demanding)
    return demanding


def film(content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("film.mp4", videos.shades(3) if content is None else content)


@pytest.fixture
def answered() -> Iterator[Video]:
    """A video with two people and somebody unknown."""
    video, buckets = make_video(), MemoryVideoBuckets()
    buckets.answer(name_of(video), ["Ann", "Ann", "Bo", None])
    VideoWatch(make_settings(), buckets.all, MemoryQueue(), RecordingSender()).look_once()
    video.refresh_from_db()
    yield video


async def test_a_posted_video_is_stored_and_its_address_told(settings: Settings) -> None:
    form = {"inputFile": film(), "frames": "4"}

    answer = await AsyncClient().post("/videos", form)

    assert answer.status_code == 202
    told = answer.json()
    assert answer["Location"].endswith(told["url"])
    assert (told["state"], told["progress"]["frames_expected"]) == ("stored", 4)
    keys = await sync_to_async(video_input_bucket(settings).keys)("")
    assert keys == [layout.sent_key(told["id"])]


async def test_a_form_without_script_is_led_to_the_videos_page(settings: Settings) -> None:
    answer = await AsyncClient().post("/videos", {"inputFile": film()}, headers=HTML)

    assert (answer.status_code, answer["Location"][:8]) == (302, "/videos/")


@pytest.mark.parametrize(
    ("form", "status"),
    [({}, 400), ({"inputFile": "text"}, 400), ({"frames": "x"}, 400)],
)
async def test_a_form_without_a_video_is_refused(
    settings: Settings, form: dict[str, str], status: int
) -> None:
    answer = await AsyncClient().post("/videos", form)

    assert answer.status_code == status
    assert "inputFile" in answer.json()["message"]


async def test_storage_that_is_away_is_said_and_nothing_is_taken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = settings.model_copy(update={"faceweb_id": "nowhere"})
    monkeypatch.setattr(pages, "get_settings", lambda: gone)

    answer = await AsyncClient().post("/videos", {"inputFile": film()})

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not await Video.objects.aexists()


async def key(name: str, *, may_recognise: bool) -> str:
    return await sync_to_async(issue_key)(ApiKey(name=name, may_recognise=may_recognise))


async def test_a_key_is_asked_for_where_it_is_required(strict: Settings) -> None:
    client = AsyncClient()
    good = await key("good", may_recognise=True)
    other = await key("other", may_recognise=False)
    video = await sync_to_async(make_video)()

    async def post(**headers: str) -> int:
        answer = await client.post("/videos", {"inputFile": film()}, headers=headers)
        return int(answer.status_code)

    assert await post() == 401
    assert await post(**{"X-API-Key": "efr_wrong"}) == 401
    assert await post(**{"X-API-Key": other}) == 403
    assert await post(**{"X-API-Key": good}) == 202
    assert (await client.get(f"/videos/{video.pk}")).status_code == 401
    assert (await client.get(f"/videos/{video.pk}", headers=HTML)).status_code == 302
    assert (await client.get(f"/videos/{video.pk}/frames/0")).status_code == 302


async def test_the_api_takes_lists_shows_and_deletes_videos(settings: Settings) -> None:
    client = AsyncClient()
    sent = await client.post("/api/v1/videos", {"video": film(), "interval_seconds": "0.5"})
    assert sent.status_code == 202
    address = f"/api/v1/videos/{sent.json()['id']}"

    listed = (await client.get("/api/v1/videos?filename=film")).json()
    shown = (await client.get(address)).json()

    assert [one["id"] for one in listed["videos"]] == [shown["id"]]
    assert "frames" in shown and "frames" not in listed["videos"][0]
    assert (await client.get("/api/v1/videos?result=Ann")).json()["videos"] == []
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).status_code == 404
    assert await sync_to_async(video_input_bucket(settings).keys)("") == []


@pytest.mark.parametrize(
    ("form", "status"),
    [({"frames": "0"}, 422), ({"interval_seconds": "-1"}, 422), ({"frames": "5000"}, 422)],
)
async def test_the_api_refuses_senseless_frames(
    settings: Settings, form: dict[str, str], status: int
) -> None:
    answer = await AsyncClient().post("/api/v1/videos", {"video": film(), **form})

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


async def test_the_api_refuses_what_is_no_video(settings: Settings) -> None:
    answer = await AsyncClient().post("/api/v1/videos", {"video": film(b"words")})

    assert (answer.status_code, answer.json()["status"]) == (415, 415)


async def test_a_video_that_is_sent_twice_with_one_key_is_taken_once(settings: Settings) -> None:
    content = videos.shades(3)
    headers = {"Idempotency-Key": "the same"}

    answers = [
        await AsyncClient().post("/api/v1/videos", {"video": film(content)}, headers=headers)
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert await Video.objects.acount() == 1


async def test_a_lost_event_is_told_again_with_the_wishes_kept(settings: Settings) -> None:
    told = (await AsyncClient().post("/videos", {"inputFile": film(), "frames": "4"})).json()
    video = await Video.objects.aget(pk=told["id"])
    s3 = aws.client("s3", settings)
    about = {"Bucket": settings.video_input_bucket, "Key": layout.sent_key(video.pk)}
    before = s3.head_object(**about)

    assert await sync_to_async(send_now)(video, sender(settings))

    after = s3.head_object(**about)
    assert after["LastModified"] >= before["LastModified"]
    assert (after["Metadata"], after["ETag"]) == (before["Metadata"], before["ETag"])
    assert after["Metadata"]["frames"] == "4"


async def test_the_page_shows_people_times_and_frames(settings: Settings, answered: Video) -> None:
    page = (await AsyncClient().get(f"/videos/{answered.pk}", headers=HTML)).content.decode()

    for words in ("film.mp4", "Ann", "0:00.0 to 0:01.0", "Bo", "1 unknown", "Delete this video"):
        assert words in page
    assert page.count('class="timeline"') == 2
    assert "following" not in page


async def test_the_page_of_a_video_in_work_follows_it(settings: Settings) -> None:
    video = await sync_to_async(make_video)(state=VideoState.WORKING, frames_seen=3)

    page = (await AsyncClient().get(f"/videos/{video.pk}", headers=HTML)).content.decode()

    assert "3 of 10 frames are recognised" in page
    part = {**HTML, "HX-Request": "true"}
    assert f'hx-get="/videos/{video.pk}"' in page
    followed = await AsyncClient().get(f"/videos/{video.pk}", headers=part)
    assert followed.content.decode().startswith('<section id="following"')
    await sync_to_async(Video.objects.update)(state=VideoState.SUCCEEDED)
    ended = await AsyncClient().get(f"/videos/{video.pk}", headers=part)
    assert ended["HX-Refresh"] == "true"


async def test_a_failed_video_says_why(settings: Settings) -> None:
    video = await sync_to_async(make_video)(state=VideoState.FAILED, error="It has no pictures.")

    page = (await AsyncClient().get(f"/videos/{video.pk}", headers=HTML)).content.decode()

    assert "It has no pictures." in page


async def test_a_frame_is_shown_as_a_picture_that_is_never_a_page(settings: Settings) -> None:
    video = await sync_to_async(make_video)()
    key = f"{layout.sent_key(video.pk)}/output-00.jpg"
    bucket = video_stage_bucket(settings)
    await sync_to_async(bucket.put)(key, picture_bytes(), "image/jpeg")

    answer = await AsyncClient().get(f"/videos/{video.pk}/frames/0")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Content-Disposition"] == "attachment"
    for missing in (f"/videos/{video.pk}/frames/1", f"/videos/{uuid.uuid4()}/frames/0"):
        assert (await AsyncClient().get(missing)).status_code == 404


async def test_the_list_and_the_history_show_videos(settings: Settings, answered: Video) -> None:
    client = AsyncClient()

    for address in ("/videos", "/history?of=videos", "/history?of=videos&result=Ann"):
        page = (await client.get(address)).content.decode()
        assert "film.mp4" in page
    assert (
        "No video matches" in (await client.get("/history?of=videos&result=Eve")).content.decode()
    )
    assert "film.mp4" not in (await client.get("/history")).content.decode()


async def test_nothing_sent_yet_is_said(settings: Settings) -> None:
    assert "No video yet" in (await AsyncClient().get("/videos")).content.decode()
    assert "No video yet" in (await AsyncClient().get("/history?of=videos")).content.decode()


def test_the_page_deletes_a_video(settings: Settings, client: Client, answered: Video) -> None:
    answer = client.post(f"/videos/{answered.pk}/delete")

    assert (answer.status_code, answer["Location"]) == (302, "/videos")
    assert not Video.objects.exists()


def test_other_methods_are_refused(settings: Settings, client: Client) -> None:
    answer = client.put("/videos")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


def test_the_admin_lists_shows_and_deletes_videos(
    settings: Settings, admin_client: Client, answered: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administration, "get_settings", lambda: settings)
    listed = admin_client.get(reverse("admin:faceweb_video_changelist")).content.decode()
    change = reverse("admin:faceweb_video_change", args=[answered.pk])
    shown: Any = admin_client.get(change).content.decode()

    for words in ("film.mp4", "Ann", "4 of 4"):
        assert words in listed
        assert words in shown
    chosen = {"action": "delete_selected", "_selected_action": [str(answered.pk)], "post": "yes"}
    admin_client.post(reverse("admin:faceweb_video_changelist"), chosen)
    assert not Video.objects.exists()
    assert answered.created_at < timezone.now()
