"""Which face is the picture's: large, surely a face, and not cut off by the edge."""

from __future__ import annotations

import numpy as np
import pytest

from recognition.picture_face import in_picture_order, share_inside
from recognition.types import Box, Face
from tests.recognition.fakes import face_at


def face(size: float, inside: float = 1.0, probability: float = 0.99) -> Face:
    found = face_at(0, 0, size, probability=probability)
    return Face(detected=found, embedding=np.zeros(4, np.float32), inside=inside)


@pytest.mark.parametrize(
    ("box", "share"),
    [
        (Box(left=0, top=0, right=10, bottom=10), 1.0),
        (Box(left=-10, top=0, right=10, bottom=10), 0.5),
        (Box(left=95, top=95, right=105, bottom=105), 0.25),
        (Box(left=200, top=0, right=300, bottom=10), 0.0),
        (Box(left=5, top=5, right=5, bottom=9), 0.0),  # no area
    ],
)
def test_the_share_of_a_box_inside_the_picture(box: Box, share: float) -> None:
    assert share_inside(box, 100, 100) == pytest.approx(share)


@pytest.mark.parametrize(
    ("faces", "order"),
    [
        ([face(50), face(90)], [1, 0]),
        ([face(90, inside=0.6), face(50)], [1, 0]),  # a bystander at the edge
        ([face(90, inside=0.9), face(50)], [0, 1]),
        ([face(90, probability=0.85), face(50)], [1, 0]),  # a mug
        ([face(90, probability=0.85), face(50, inside=0.5)], [1, 0]),
        ([face(40, inside=0.5), face(50, inside=0.6)], [1, 0]),  # none lies within
    ],
)
def test_the_picture_s_face_comes_first(faces: list[Face], order: list[int]) -> None:
    assert in_picture_order(faces, 0.9) == tuple(faces[number] for number in order)
