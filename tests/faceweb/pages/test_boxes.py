"""Faces are numbered as people read: line by line, each from left to right."""

from __future__ import annotations

import pytest

from faceweb.models import Face
from faceweb.pages.boxes import in_reading_order

SMALL, LARGE = 106.0, 180.0


@pytest.mark.parametrize(
    ("places", "order"),
    [
        pytest.param([(170, 61, SMALL), (619, 90, LARGE), (995, 97, LARGE)], "012", id="a row"),
        pytest.param(
            [(170, 90, LARGE), (619, 97, LARGE), (995, 61, SMALL)], "012", id="small last"
        ),
        pytest.param([(619, 61, SMALL), (170, 541, LARGE), (170, 90, LARGE)], "201", id="two rows"),
        pytest.param([(400, 140, SMALL), (300, 220, SMALL)], "01", id="one above the other"),
    ],
)
def test_faces_are_in_reading_order(places: list[tuple[int, int, float]], order: str) -> None:
    faces = [
        Face(number=number, left=left, top=top, right=left + height, bottom=top + height)
        for number, (left, top, height) in enumerate(places)
    ]

    assert "".join(str(face.number) for face in in_reading_order(faces)) == order
