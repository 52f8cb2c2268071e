"""A video is watched in parts; its strangers are named by track, and everything follows."""

from __future__ import annotations

import io
import uuid
from http import HTTPStatus
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import AsyncClient
from PIL import Image

from faceweb.models import Change, Face, FaceSource, Subject, Video, VideoState
from faceweb.pages.faces.statements import MOST_FACES
from faceweb.videos import pictures
from faceweb.videos.answers import videos_now
from faceweb.videos.following import VideoWatch
from faceweb.videos.pictures import PART_BYTES, NoSuchPart, wanted_part
from recognition.video.merging import SeenFace, SeenFrame, merge
from tests.faceweb.people.places import people_in_memory, rows_follow
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support.factories import make_gallery_files, make_settings, make_video
from tests.support.fakes import MemoryQueue, RecordingSender
from workers.videos import layout, results

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

ANN, STRANGER, OTHER = 0, 1, 2


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> MemoryVideoBuckets:
    found = MemoryVideoBuckets()
    monkeypatch.setattr(pictures, "video_stage_bucket", lambda settings: found.stage)
    monkeypatch.setattr(pictures, "video_input_bucket", lambda settings: found.input)
    return found


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ann and Bea are known."""
    files = make_gallery_files(("Ann", "Bea"))
    people_in_memory(monkeypatch, files)
    rows_follow(files)


def id_of(name: str) -> str:
    return Subject.objects.get(name=name).pk


@pytest.fixture
def video(gallery: None, buckets: MemoryVideoBuckets) -> Video:
    """Ann in the frames 0 and 1, a stranger in 1 to 3, another one in 3 alone."""
    seen = make_video(filename="film.mp4", size_bytes=3)
    tracks = [[ANN], [ANN, STRANGER], [STRANGER], [STRANGER, OTHER]]
    frames = [_frame(name_of(seen), number, tracks) for number, tracks in enumerate(tracks)]
    document = results.video_json("film.mp4", frames, merge(frames), 0, "")
    buckets.output.objects[layout.json_key(name_of(seen))] = document
    buckets.output.objects[layout.text_key(name_of(seen))] = b"Ann"
    for frame in frames:
        buckets.stage.objects[frame.file] = _jpeg()
    buckets.input.objects[name_of(seen)] = b"mp4"
    watch = VideoWatch(make_settings(), buckets.all, MemoryQueue(), RecordingSender())
    watch.look_once()
    seen.refresh_from_db()
    assert seen.state == VideoState.SUCCEEDED
    return seen


def _frame(name: str, number: int, tracks: list[int]) -> SeenFrame:
    return SeenFrame(
        number=number,
        file=f"{name}/output-{number:02}.jpg",
        seconds=float(number),
        faces=tuple(_face(track) for track in tracks),
    )


def _face(track: int) -> SeenFace:
    known = track == ANN
    return SeenFace(
        name="Ann" if known else None,
        person_id=id_of("Ann") if known else None,
        box=(10.0 + 60 * track, 10.0, 60.0 + 60 * track, 60.0),
        probability=0.99,
        distance=0.3,
        similarity=0.8 if known else 0.1,
        track=track,
    )


def _jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(buffer, "JPEG")
    return buffer.getvalue()


def get(path: str, **headers: str) -> HttpResponse:
    answer: Any = async_to_sync(AsyncClient().get)(path, headers=headers)
    return answer  # type: ignore[no-any-return]


def say(video: Video, **form: object) -> str:
    asked = {"video": str(video.pk), **form}
    part = {"HX-Request": "true"}
    answer = async_to_sync(AsyncClient().post)("/faces/say", asked, headers=part)
    assert answer.status_code == HTTPStatus.OK
    return str(answer.content.decode())


def face(video: Video, track: int) -> Face:
    return Face.objects.filter(video=video, track=track).order_by("frame")[0]


def people(video: Video) -> dict[str, list[int]]:
    [now] = videos_now([Video.objects.get(pk=video.pk)])
    return {one["name"]: one["frames"] for one in now.people}


def headline(video: Video) -> str:
    [now] = videos_now([Video.objects.get(pk=video.pk)])
    return str(now.answer)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-", 0, 100),
        ("bytes=10-19", 10, 20),
        ("bytes=99-500", 99, 100),
    ],
)
def test_a_part_is_what_a_range_asks_for(header: str, start: int, end: int) -> None:
    assert wanted_part(header, 100) == range(start, end)


def test_no_part_is_larger_than_what_is_held_in_memory() -> None:
    assert wanted_part("bytes=5-", 10 * PART_BYTES) == range(5, 5 + PART_BYTES)


@pytest.mark.parametrize(
    "header", ["", "bytes=-5", "bytes=100-", "bytes=9-3", "bytes=0-1,4-5", "pages=0-", "x" * 99]
)
def test_other_ranges_are_no_parts(header: str) -> None:
    with pytest.raises(NoSuchPart):
        wanted_part(header, 100)


def test_the_film_is_served_in_parts_and_not_without_a_range(video: Video) -> None:
    part = get(f"/videos/{video.pk}/film", Range="bytes=1-")

    assert (part.status_code, part.content) == (HTTPStatus.PARTIAL_CONTENT, b"p4")
    assert part["Content-Range"] == "bytes 1-2/3"
    refused = get(f"/videos/{video.pk}/film")
    assert refused.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    assert refused["Content-Range"] == "bytes */3"
    Video.objects.update(pictures_deleted=True)
    assert get(f"/videos/{video.pk}/film", Range="bytes=0-").status_code == HTTPStatus.NOT_FOUND


def test_the_page_has_lanes_boxes_and_a_name_field_for_each_stranger(video: Video) -> None:
    page = get(f"/videos/{video.pk}", Accept="text/html").content.decode()

    assert "Stranger 1" in page and "Stranger 2" in page and "Stranger 3" not in page
    assert page.count('class="at"') == 4
    assert 'viewBox="0 0 320 240"' in page


def test_naming_a_stranger_names_the_whole_track_and_is_undone(video: Video) -> None:
    assert (people(video), headline(video)) == ({"Ann": [0, 1]}, "Ann")

    page = say(video, face=face(video, STRANGER).pk, name="Bea")

    assert "3 faces are Bea." in page and "Stranger 2" not in page
    assert people(video) == {"Bea": [1, 2, 3], "Ann": [0, 1]}
    assert headline(video) == "Bea and Ann"
    changes = ",".join(str(one.pk) for one in Change.objects.all())
    async_to_sync(AsyncClient().post)("/faces/undo", {"change": changes, "video": video.pk})
    assert people(video) == {"Ann": [0, 1]}


def test_a_wrong_name_is_corrected_and_headline_and_moments_follow(video: Video) -> None:
    say(video, face=face(video, ANN).pk, name="Bea")

    assert (people(video), headline(video)) == ({"Bea": [0, 1]}, "Bea")
    assert set(Face.objects.filter(person=id_of("Bea")).values_list("source", flat=True)) == {
        FaceSource.USER
    }


def test_one_frame_alone_is_corrected_where_that_is_said(video: Video) -> None:
    say(video, face=face(video, ANN).pk, name="Bea", only="yes")

    assert people(video) == {"Bea": [0], "Ann": [1]}


def test_no_face_of_a_track_is_left_and_the_headline_says_so(video: Video) -> None:
    say(video, face=face(video, ANN).pk, do="nobody")

    assert (people(video), headline(video)) == ({}, "unknown")


def test_a_frame_opens_with_its_faces_and_is_given_back_after_a_change(video: Video) -> None:
    part = get(f"/videos/{video.pk}/frames/1/faces").content.decode()
    assert "film.mp4 at 0:01.0" in part and "Who is this?" in part and "Not right?" in part

    again = say(video, frame=f"{video.pk}/1", **{f"name-{face(video, STRANGER).pk}": "Bea"})

    assert f'id="picture-{video.pk.hex}-1"' in again and "Ann and Bea" in again
    assert get(f"/videos/{video.pk}/frames/9/faces").status_code == HTTPStatus.NOT_FOUND


def test_pictures_of_frames_and_faces_are_there_until_they_are_deleted(video: Video) -> None:
    paths = [f"/videos/{video.pk}/frames/1{rest}" for rest in ("", "/picture", "/faces/0")]
    for path in paths:
        assert get(path)["Content-Type"] == "image/jpeg"

    Video.objects.update(pictures_deleted=True)

    assert {get(path).status_code for path in paths} == {HTTPStatus.NOT_FOUND}
    assert get(f"/videos/{video.pk}", Accept="text/html").status_code == HTTPStatus.OK


def test_a_form_names_no_more_faces_than_it_may(video: Video) -> None:
    assert len(say(video, face=",".join(map(str, range(2 * MOST_FACES))), do="nobody")) > 0


def test_a_frame_of_no_video_is_not_found() -> None:
    for frame in ("x/1", f"{uuid.uuid4()}/x", f"{uuid.uuid4()}/1"):
        part = {"HX-Request": "true"}
        answer = async_to_sync(AsyncClient().post)("/faces/say", {"frame": frame}, headers=part)
        assert answer.status_code == HTTPStatus.NOT_FOUND
