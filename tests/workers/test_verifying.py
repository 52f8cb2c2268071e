"""Which faces of two pictures are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foundation.messages import VerifyOptions
from recognition.types import Face
from tests.recognition.fakes import face_at
from workers.verifying import compared


def faces(*places: float) -> list[Face]:
    """Faces on a line: the distance between two is that of their places."""
    return [
        Face(detected=face_at(0, 0, 50), embedding=np.full(1, place, np.float32))
        for place in places
    ]


def compare(first: Face, second: Face) -> Face:
    return replace(second, distance=abs(float(first.embedding[0] - second.embedding[0])))


@pytest.mark.parametrize(
    ("asked", "pair"),
    [
        ({}, (0.0, 9.0)),
        ({"other_face": 1}, (0.0, 2.0)),
        ({"face": 1, "other_face": 0}, (5.0, 9.0)),
        ({"other_face": "any"}, (0.0, 2.0)),
        ({"face": "any", "other_face": "any"}, (0.0, 2.0)),
        ({"face": 1, "other_face": "any"}, (5.0, 2.0)),
    ],
)
def test_the_faces_that_were_asked_for_are_compared(
    asked: dict[str, object], pair: tuple[float, float]
) -> None:
    found = compared(faces(0, 5), faces(9, 2), VerifyOptions(**asked), compare)  # type: ignore[arg-type]

    assert not isinstance(found, str)
    assert tuple(float(face.embedding[0]) for face in found) == pair
    assert found[1].distance == abs(pair[0] - pair[1])


def test_one_face_is_compared_with_all_faces_of_the_other_picture() -> None:
    found = compared(faces(0, 8), faces(9, 2), VerifyOptions(face=1, other_face="all"), compare)

    assert not isinstance(found, str)
    assert [float(face.embedding[0]) for face in found] == [8.0, 9.0, 2.0]
    assert [face.distance for face in found] == [None, 1.0, 6.0]


@pytest.mark.parametrize(
    ("first", "second", "asked", "sentence"),
    [
        ((), (1.0,), {}, "The first picture has no face."),
        ((1.0,), (), {}, "The second picture has no face."),
        ((), (), {}, "The first picture has no face. The second picture has no face."),
        ((1.0,), (), {"other_face": "any"}, "The second picture has no face."),
        ((1.0,), (1.0, 2.0), {"other_face": 2},
         "The second picture has no face 2: it has 2, counted from 0."),
    ],
)  # fmt: skip
def test_it_is_said_which_picture_has_no_such_face(
    first: tuple[float, ...], second: tuple[float, ...], asked: dict[str, object], sentence: str
) -> None:
    options = VerifyOptions(**asked)  # type: ignore[arg-type]
    assert compared(faces(*first), faces(*second), options, compare) == sentence
