"""Pictures on their side: turned until a face is seen, and boxes turned back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recognition.detection.turning import best_turn, turned_back
from recognition.recognizer import Recognizer
from recognition.types import Box, DetectedFace, RgbPicture
from tests.recognition.fakes import FakeDetector, FakeEmbedder, face_at
from tests.recognition.pictures import png

WIDTH, HEIGHT = 90, 60
BLUE = (0, 0, 255)


class SeesUpright:
    """Sees the blue rectangle as a face where the white corner is at the left top."""

    def __init__(self) -> None:
        self.looks = 0

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        self.looks += 1
        if picture[0, 0].min() < 255:
            return ()
        rows, columns = np.nonzero((picture == BLUE).all(axis=2))
        box = Box(
            left=columns.min(), top=rows.min(), right=columns.max() + 1, bottom=rows.max() + 1
        )
        return (DetectedFace(box=box, probability=0.99, landmarks=((box.left, box.top),)),)


def picture() -> RgbPicture:
    """Upright: a white corner, and a blue rectangle from (20, 10) to (50, 40)."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:3, :3] = 255
    pixels[10:40, 20:50] = BLUE
    return pixels


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_boxes_are_in_the_picture_as_it_was_sent(quarters: int) -> None:
    sent = np.ascontiguousarray(np.rot90(picture(), quarters))
    seen = Recognizer(SeesUpright(), FakeEmbedder()).embed(png(sent))

    (face,) = seen.faces
    box = face.detected.box
    inside = sent[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    assert inside.shape == (30, 30, 3) and (inside == BLUE).all()
    assert (seen.width, seen.height) == sent.shape[1::-1]


def test_the_embedder_gets_the_upright_picture() -> None:
    sent = np.ascontiguousarray(np.rot90(picture()))
    look = best_turn(sent, SeesUpright().detect)

    np.testing.assert_array_equal(look.picture, picture())
    assert look.quarters == 3


def test_a_sure_face_is_looked_for_once_and_none_four_times() -> None:
    upright, nothing = SeesUpright(), SeesUpright()
    best_turn(picture(), upright.detect)
    best_turn(np.zeros((30, 20, 3), np.uint8), nothing.detect)

    assert (upright.looks, nothing.looks) == (1, 4)


def test_the_option_can_be_switched_off() -> None:
    detector = SeesUpright()
    sent = png(np.ascontiguousarray(np.rot90(picture())))

    assert Recognizer(detector, FakeEmbedder(), tries_turned=False).embed(sent).faces == ()
    assert detector.looks == 1


def test_what_is_hardly_a_face_stays_where_it_was_found() -> None:
    doubtful = face_at(5, 5, 20, probability=0.7)
    look = best_turn(picture(), FakeDetector(doubtful).detect)

    assert (look.quarters, look.faces) == (0, (doubtful,))


numbers = st.floats(-100, 1000, allow_nan=False)
faces = st.builds(
    lambda left, top, width, height: DetectedFace(
        box=Box(left=left, top=top, right=left + width, bottom=top + height),
        probability=0.9,
        landmarks=((left + width / 4, top + height / 4), (left + width / 2, top + height)),
    ),
    numbers, numbers, st.floats(1, 100), st.floats(1, 100),
)  # fmt: skip
sides = st.integers(1, 2000)


def close(one: DetectedFace, other: DetectedFace) -> bool:
    return np.allclose(numbers_of(one), numbers_of(other), atol=1e-6)


def numbers_of(face: DetectedFace) -> list[float]:
    box = face.box
    return [box.left, box.top, box.right, box.bottom, *np.ravel(face.landmarks)]


@given(faces, sides, sides)
def test_four_quarters_change_nothing(face: DetectedFace, width: int, height: int) -> None:
    turned = face
    for side in ((width, height), (height, width)) * 2:
        turned = turned_back(turned, 1, *side)

    assert close(turned, face)
    assert turned_back(face, 4, width, height) == face


@given(faces, sides, sides, st.integers(1, 3))
def test_quarters_add_up(face: DetectedFace, width: int, height: int, quarters: int) -> None:
    before = (width, height) if quarters % 2 else (height, width)
    step_by_step = turned_back(turned_back(face, 1, *before), quarters - 1, width, height)

    assert close(turned_back(face, quarters, width, height), step_by_step)


@given(st.integers(0, 3), st.integers(0, 6), st.integers(0, 4))
def test_a_marked_pixel_goes_where_numpy_had_it(quarters: int, column: int, row: int) -> None:
    pixels = np.zeros((5, 7), bool)
    pixels[row, column] = True
    ((y,), (x,)) = np.nonzero(np.rot90(pixels, quarters))

    back = turned_back(face_at(x, y, 1), quarters, 7, 5).box
    assert (back.left, back.top, back.right, back.bottom) == (column, row, column + 1, row + 1)
