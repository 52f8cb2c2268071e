"""Size, sharpness and turn of a face, and what the filters say about them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from recognition.detection.quality import quality_of, sharpness, turned, why_left_out
from recognition.types import Box, FaceQuality
from tests.recognition.fakes import face_at
from tests.recognition.pictures import astronaut, rotated

FACE = Box(left=170, top=60, right=280, bottom=200)


def test_blur_lowers_sharpness_step_by_step() -> None:
    image = Image.fromarray(astronaut())
    values = [
        sharpness(np.asarray(image.filter(ImageFilter.GaussianBlur(radius))), FACE)
        for radius in (0, 2, 4, 8)
    ]

    assert values == sorted(values, reverse=True)
    assert values[0] > 20 * values[-1]


def test_an_enlarged_tiny_face_is_not_sharp() -> None:
    tiny = Image.fromarray(astronaut()).crop((170, 60, 280, 200)).resize((16, 20))
    enlarged = np.asarray(tiny.resize((220, 280), Image.Resampling.BICUBIC))

    whole = Box(left=0, top=0, right=220, bottom=280)
    assert sharpness(enlarged, whole) < 0.2 * sharpness(astronaut(), FACE)


@pytest.mark.parametrize(
    "box",
    [
        Box(left=-50, top=-50, right=-10, bottom=-10),
        Box(left=600, top=600, right=700, bottom=700),
        Box(left=5, top=5, right=5, bottom=5),
    ],
)
def test_a_box_without_content_is_not_sharp(box: Box) -> None:
    assert sharpness(astronaut(), box) == 0.0


def test_a_flat_picture_is_not_sharp() -> None:
    assert sharpness(np.full((300, 300, 3), 90, np.uint8), FACE) == 0.0


def test_turn_is_measured_along_the_eyes() -> None:
    front = ((0.0, 0.0), (10.0, 0.0), (5.0, 6.0))
    half = ((0.0, 0.0), (10.0, 0.0), (9.0, 6.0))
    tilted = tuple((0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y) for x, y in half)

    assert turned(front) == 0.0
    assert turned(half) == pytest.approx(0.4)
    assert turned(tilted) == pytest.approx(0.4)
    assert turned(((3.0, 3.0), (3.0, 3.0), (4.0, 4.0))) == 1.0
    assert turned(()) == 0.0


def quality(size: float = 100, sharp: float = 0.2, turn: float = 0.1) -> FaceQuality:
    return FaceQuality(size_pixels=size, sharpness=sharp, turned=turn)


@pytest.mark.parametrize(
    ("seen", "auto", "strict"),
    [
        (quality(), None, None),
        (quality(size=12), "too small (12 of 15 pixels)", "too small (12 of 60 pixels)"),
        (quality(size=40), None, "too small (40 of 60 pixels)"),
        (
            quality(sharp=0.005),
            "too blurred (0.005 of 0.010 sharp)",
            "too blurred (0.005 of 0.040 sharp)",
        ),
        (quality(turn=0.5), None, "turned away (0.50, up to 0.35 is taken)"),
        (
            quality(turn=0.9),
            "turned away (0.90, up to 0.60 is taken)",
            "turned away (0.90, up to 0.35 is taken)",
        ),
    ],
)
def test_filters_say_why(seen: FaceQuality, auto: str | None, strict: str | None) -> None:
    face = face_at(0, 0, 100)

    assert why_left_out(face, seen, "none") is None
    assert why_left_out(face, seen, "auto") == auto
    assert why_left_out(face, seen, "strict") == strict


def test_a_real_portrait_passes_the_strict_filter() -> None:
    landmarks = ((200.0, 115.0), (248.0, 114.0), (226.0, 140.0))
    face = face_at(170, 60, 110, probability=0.999, landmarks=landmarks)

    assert why_left_out(face, quality_of(astronaut(), face), "strict") is None
    blurred = rotated(np.asarray(Image.fromarray(astronaut()).filter(ImageFilter.BoxBlur(12))), 0)
    assert why_left_out(face, quality_of(blurred, face), "strict") is not None
