"""A person's page: all their pictures and videos, whoever else is in them; erasing from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import AsyncClient
from django.utils import timezone

from faceweb.models import ExamplePicture, Face, Job, Subject, Video
from faceweb.people import subjects as subjects_module
from faceweb.people.erasure.places import Places
from faceweb.people.faces import moments as moments_module
from faceweb.people.people_pages import cover_of
from faceweb.replies.threads import run_in_thread
from faceweb.videos.following import VideoWatch
from tests.faceweb.people.places import (
    answered,
    id_in,
    memory_places,
    people_in_memory,
    rows_follow,
)
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support.factories import (
    make_face,
    make_gallery_files,
    make_settings,
    make_video,
)
from tests.support.fakes import MemoryQueue, RecordingSender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def places() -> Places:
    return memory_places(make_gallery_files())


@pytest.fixture
def paul(places: Places, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of Paul, who is beside Shea in a picture, and in a video."""
    files = places.gallery_of("default")
    people_in_memory(monkeypatch, files)
    rows_follow(files)
    monkeypatch.setattr(subjects_module, "places_of", lambda settings: places)
    ids = {name: id_in(files, name) for name in ("Shea", "Paul")}
    faces = [make_face(identity=name, person_id=one) for name, one in ids.items()]
    answered("Shea", *faces, filename="group.jpg")
    films, video = MemoryVideoBuckets(), make_video(filename="both.mp4")
    films.answer(name_of(video), ["Shea", "Paul"])
    VideoWatch(make_settings(), films.all, MemoryQueue(), RecordingSender()).look_once()
    return ids["Paul"]


async def test_a_persons_page_shows_all_their_pictures_and_videos(paul: str) -> None:
    answer = await AsyncClient().get(f"/people/{paul}")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "group.jpg" in page
    assert "both.mp4 at 0:0" in page, "a moment of the video is a card"


async def test_older_moments_are_on_the_next_page(
    paul: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments_module, "PAGE", 1)
    first = (await AsyncClient().get(f"/people/{paul}")).content.decode()
    cursor = first.partition('href="?cursor=')[2].partition('"')[0]

    second = (await AsyncClient().get(f"/people/{paul}?cursor={cursor}")).content.decode()

    assert ("both.mp4" in first, "group.jpg" in first) == (True, False)
    assert ("both.mp4" in second, "group.jpg" in second) == (False, True)


async def test_the_history_finds_them_by_name_in_pictures_and_videos(paul: str) -> None:
    pictures = (await AsyncClient().get("/history", {"result": "paul"})).content.decode()
    videos = (await AsyncClient().get("/history", {"result": "paul", "of": "videos"})).content

    assert "group.jpg" in pictures
    assert "both.mp4" in videos.decode()


async def test_erasing_from_the_page_may_take_the_pictures_along(paul: str) -> None:
    form = {"do": "erase", "pictures": "yes"}
    answer = await AsyncClient().post(f"/people/{paul}", form, follow=True)

    page = answer.content.decode()
    assert "Paul was erased" in page and "named in 1 jobs and 1 videos" in page
    job, video = await Job.objects.aget(), await Video.objects.aget()
    assert (job.picture_deleted, video.pictures_deleted) == (True, True)
    assert not await run_in_thread(Face.objects.filter(person=paul).exists)


async def test_who_looks_like_somebody_else_is_pointed_out(paul: str) -> None:
    await run_in_thread(look_alike, paul)

    page = (await AsyncClient().get(f"/people/{paul}")).content.decode()

    assert "Paul looks like" in page and "Merge into Shea" in page


def look_alike(paul: str) -> None:
    shea = Subject.objects.get(name="Shea")
    Face.objects.filter(person=paul).update(candidates=[[paul, 0.2, 0.9], [shea.pk, 0.4, 0.6]])


async def test_the_chosen_cover_is_shown_and_the_newest_without_one(paul: str) -> None:
    await run_in_thread(keep_examples, paul)
    assert await run_in_thread(cover_of, paul) == "newer"

    form = {"do": "cover", "example": "older"}
    page = await AsyncClient().post(f"/people/{paul}", form, follow=True)

    assert "This is the cover now." in page.content.decode()
    assert await run_in_thread(cover_of, paul) == "older"


def keep_examples(paul: str) -> None:
    for days, name in ((1, "older"), (0, "newer")):
        added = timezone.now() - timedelta(days=days)
        ExamplePicture.objects.create(person_id=paul, example_id=name, key=name, added_at=added)
