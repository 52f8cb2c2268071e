"""Names of a video's tracks: only with evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recognition.gallery.gallery import Gallery
from recognition.open_set import DecisionSettings
from recognition.registry.models import MODELS
from recognition.video.merging import SeenFrame, merge
from recognition.video.naming import named_frames, track_threshold
from recognition.video.tracking import looks_of, tracks_of
from tests.recognition.video.looks import face, frame, gallery_of, looks_like

DLIB = MODELS["dlib"]
DECIDING = DecisionSettings()
GALLERY = gallery_of({"Ann": 1, "Bo": 2})


def names(frames: list[SeenFrame], gallery: Gallery | None = GALLERY) -> list[list[str | None]]:
    return [[one.name for one in seen.faces] for seen in named_frames(frames, gallery, DECIDING)]


def test_looks_together_name_whom_half_of_them_would_not() -> None:
    gallery = gallery_of({f"Person {n}": n for n in range(50)}, examples=5)
    threshold = DLIB.line.at(gallery.example_count, DECIDING.fpir)
    looks = [looks_like(7, 0.45, n) for n in range(8)]
    nearest = [np.linalg.norm(gallery.matrix - look, axis=1).min() for look in looks]
    frames = [frame(n, face(look), apart=0.04) for n, look in enumerate(looks)]

    assert sum(distance > threshold for distance in nearest) >= 4
    assert names(frames, gallery) == [["Person 7"]] * 8


def test_a_chance_hit_among_looks_at_a_stranger_names_nobody() -> None:
    looks = [looks_like(9, 0.3, n) for n in range(9)]
    between = 0.6 * looks_like(9) + 0.4 * looks_like(1)
    frames = [frame(n, face(vector), apart=0.04) for n, vector in enumerate([*looks, between])]

    assert names(frames) == [[None]] * 10


def threshold(looks: int = 3, size: float = 90.0, tracks: int = 1, **asked: float) -> float:
    """How near a person must be to a track, in a gallery that is worth 10 comparisons."""
    frames = [frame(n, face(looks_like(1), size=size)) for n in range(looks)]
    [track] = tracks_of(looks_of(frames), DLIB.pair_threshold, DLIB.length)
    return track_threshold(track, tracks, 10, DLIB, DecisionSettings(**asked))


def test_one_look_or_small_ones_must_be_nearer_than_several_large_ones() -> None:
    assert threshold() == threshold(looks=9) < DLIB.line.at(10, DECIDING.fpir)
    assert threshold(looks=1) < threshold(looks=2)
    assert threshold(size=20) < threshold(size=90)


def test_more_people_in_a_video_are_more_tries() -> None:
    assert threshold(tracks=10) == pytest.approx(threshold(fpir=DECIDING.fpir / 10))


def test_a_threshold_that_was_set_is_the_base() -> None:
    assert 0.3 < threshold(threshold=0.4, looks=1) < threshold(threshold=0.4) < 0.4


@pytest.mark.parametrize(("size", "name"), [(37, None), (90, "Ann")])
def test_a_face_that_is_seen_once_must_be_large(size: float, name: str | None) -> None:
    frames = [frame(0, face(looks_like(1), size=size)), frame(1)]
    [one, _] = named_frames(frames, GALLERY, DECIDING)

    assert one.faces[0].name == name
    assert (one.faces[0].not_named is None) == (name is not None)
    assert names([frame(n, face(looks_like(1), size=37)) for n in range(2)]) == [["Ann"]] * 2


def test_two_faces_of_one_frame_are_not_one_person() -> None:
    near, nearer = looks_like(1, 0.3, 5), looks_like(1, 0.05, 6)
    frames = [frame(n, face(near), face(nearer, 300)) for n in range(4)]

    assert names(frames) == [[None, "Ann"]] * 4


def test_faces_say_their_track_and_how_near_each_look_is() -> None:
    frames = [
        frame(n, face(looks_like(1, noise, n)), apart=0.1) for n, noise in enumerate((0.1, 0.4))
    ]
    first, second = (one.faces[0] for one in named_frames(frames, GALLERY, DECIDING))

    assert (first.name, first.track) == (second.name, second.track) == ("Ann", 0)
    assert first.distance is not None and second.distance is not None
    assert first.distance < second.distance and (first.similarity or 0) > (second.similarity or 1)
    person = GALLERY.person_named("Ann")
    assert person is not None and first.person_id == person.id
    assert first.embedding is None and second.embedding is None


@pytest.mark.parametrize("gallery", [None, GALLERY])
def test_no_embedding_is_left_and_no_name_of_a_single_frame(gallery: Gallery | None) -> None:
    said = replace(face(looks_like(9)), name="Ann", person_id="x", not_named="hardly a face")
    [one] = named_frames([frame(0, said)], gallery, DECIDING)

    assert (one.faces[0].name, one.faces[0].embedding) == (None, None)
    assert one.faces[0].not_named == "hardly a face"


def test_a_frame_of_another_model_says_so() -> None:
    [one] = named_frames([frame(0, face(looks_like(1)), model="vggface2")], GALLERY, DECIDING)

    assert one.faces[0].name is None
    assert one.faces[0].not_named == "seen by the model vggface2, and the gallery is of dlib"


def test_frames_in_any_order_give_the_same() -> None:
    frames = [frame(n, face(looks_like(1 + n % 2, 0.2, n), 300 * (n % 2))) for n in range(6)]

    assert named_frames(frames, GALLERY, DECIDING) == named_frames(frames[::-1], GALLERY, DECIDING)
    assert {person.name for person in merge(named_frames(frames, GALLERY, DECIDING)).people} == {
        "Ann",
        "Bo",
    }


def test_of_strangers_videos_hardly_one_gets_a_name() -> None:
    """200 videos of strangers, 10 looks each, one a frame, before a gallery of 250 examples."""
    gallery = gallery_of({f"Person {n}": n for n in range(50)}, examples=5)
    named = 0
    for stranger in range(1000, 1200):
        frames = [frame(n, face(looks_like(stranger, 0.4, n)), apart=0.1) for n in range(10)]
        named += bool(merge(named_frames(frames, gallery, DECIDING)).people)

    assert named <= 2
