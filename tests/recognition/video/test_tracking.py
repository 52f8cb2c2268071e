"""Which faces of several frames are one person's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recognition.video.merging import SeenFrame
from recognition.video.tracking import looks_of, overlap, pooled, tracks_of
from tests.recognition.video.looks import face, frame, looks_like

PAIR = 0.5


def tracked(*frames: SeenFrame) -> list[list[tuple[int, int]]]:
    """Each track as the places (frame, face) of its looks."""
    tracks = tracks_of(looks_of(frames), PAIR, length=1.0)
    return [[(look.frame, look.face) for look in track.looks] for track in tracks]


def test_two_people_who_cross_are_two_tracks() -> None:
    frames = [
        frame(n, *faces)
        for n in range(5)
        for faces in [
            (face(looks_like(1, 0.2, n), 100 * n), face(looks_like(2, 0.2, n), 400 - 100 * n))
        ]
    ]

    assert tracked(*frames) == [[(n, 0) for n in range(5)], [(n, 1) for n in range(5)]]


def test_somebody_who_comes_back_after_a_cut_is_the_same_track() -> None:
    ann, bo = looks_like(1), looks_like(2)

    assert tracked(frame(0, face(ann)), frame(30, face(bo)), frame(60, face(ann, 500))) == [
        [(0, 0), (2, 0)],
        [(1, 0)],
    ]


def blurred(noise: float, apart: float, left: float = 0.0) -> list[list[tuple[int, int]]]:
    clear, off = looks_like(1), looks_like(1, noise, 7)
    return tracked(frame(0, face(clear), apart=apart), frame(1, face(off, left), apart=apart))


def test_a_blurred_look_belongs_to_the_face_that_was_there_a_moment_ago() -> None:
    assert len(blurred(0.65, apart=0.04)) == 1
    assert len(blurred(0.65, apart=0.04, left=300)) == 2  # elsewhere in the picture
    assert len(blurred(0.65, apart=10.0)) == 2  # ten seconds later
    assert len(blurred(1.0, apart=0.04)) == 2  # not like that face at all


def test_two_faces_of_one_frame_are_never_one_track() -> None:
    twin = face(looks_like(1), 200)

    assert tracked(frame(0, face(looks_like(1)), twin)) == [[(0, 0)], [(0, 1)]]
    assert tracked(frame(0, face(looks_like(1))), frame(1, face(looks_like(1)), twin)) == [
        [(0, 0), (1, 0)],
        [(1, 1)],
    ]


def test_faces_without_an_embedding_or_a_name_to_get_are_in_no_track() -> None:
    doubtful = replace(face(looks_like(1)), not_named="hardly a face")
    bare = replace(face(looks_like(1)), embedding=None)

    assert tracked(frame(0, doubtful), frame(1, bare)) == []


def test_a_large_look_counts_more_than_a_small_one() -> None:
    clear, small = looks_like(1), looks_like(2)
    frames = [frame(0, face(clear, size=100)), frame(1, face(small, size=20))]
    looks = [look for in_frame in looks_of(frames) for look in in_frame]

    mean = pooled(looks, 1.0)

    assert np.linalg.norm(mean) == pytest.approx(1.0)
    assert np.linalg.norm(mean - clear) < 0.1 < np.linalg.norm(mean - small)


def test_the_mean_of_looks_is_as_long_as_they_are() -> None:
    frames = [frame(n, face(1.4 * looks_like(1, 0.5, n))) for n in range(9)]
    looks = [look for in_frame in looks_of(frames) for look in in_frame]
    lengths = [np.linalg.norm(look.embedding) for look in looks]

    assert np.linalg.norm(pooled(looks, 0.0)) == pytest.approx(np.mean(lengths))


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ((0, 0, 10, 10), (0, 0, 10, 10), 1.0),
        ((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3),
        ((0, 0, 10, 10), (10, 0, 20, 10), 0.0),
        ((0, 0, 10, 10), (20, 20, 5, 5), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(
    one: tuple[float, ...], other: tuple[float, ...], share: float
) -> None:
    assert overlap(one, other) == pytest.approx(share)  # type: ignore[arg-type]


@given(st.lists(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 9)), max_size=4), max_size=6))
def test_every_look_is_in_one_track_and_no_two_of_a_frame_in_the_same(
    seen: list[list[tuple[int, int]]],
) -> None:
    frames = [
        frame(
            n,
            *(
                face(looks_like(person, 0.3, look), 50 * place)
                for place, (person, look) in enumerate(faces)
            ),
        )
        for n, faces in enumerate(seen)
    ]
    tracks = tracked(*frames)

    assert sorted(place for track in tracks for place in track) == [
        (n, place) for n, faces in enumerate(seen) for place in range(len(faces))
    ]
    assert all(len({number for number, _ in track}) == len(track) for track in tracks)
