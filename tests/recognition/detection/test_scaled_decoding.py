"""A large JPEG is decoded at a fraction by libjpeg: faces stay where they are."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from recognition import images
from recognition.detection.detector import MAX_PIXELS, Detector
from recognition.detection.mtcnn import Mtcnn
from recognition.detection.onnx_cascade import OnnxCascade
from recognition.recognizer import enlarged
from recognition.types import DetectedFace
from tests.recognition.pictures import astronaut, jpeg, scaled


@pytest.fixture
def mtcnn(weights_dir: Path) -> Mtcnn:
    return Mtcnn(OnnxCascade.load(weights_dir), min_face_size=80)


@cache
def large(pixels: int) -> bytes:
    return jpeg(scaled(astronaut(), pixels, pixels))


def largest(faces: Iterable[DetectedFace]) -> DetectedFace:
    """The astronaut's. In so large a picture a detector takes a badge for a small face, too."""
    return max(faces, key=lambda face: face.box.width)


@pytest.mark.parametrize(
    ("name", "pixels"), [("mtcnn", 3464), ("yunet", 4900), ("mtcnn", 6928), ("yunet", 6928)]
)
def test_boxes_and_landmarks_are_those_of_the_whole_picture(
    name: str, pixels: int, request: pytest.FixtureRequest
) -> None:
    """12, 24 and 48 megapixels: less than 2 % of the face's side apart."""
    detector: Detector = request.getfixturevalue(name)
    file = large(pixels)
    limits = images.PictureLimits()
    small, factor = images.decode(file, limits, enough_pixels=MAX_PIXELS)
    whole, _ = images.decode(file, limits)

    found = largest(enlarged(face, factor) for face in detector.detect(small))
    expected = largest(detector.detect(whole))

    near = 0.02 * expected.box.width
    assert factor >= 2.0
    for edge in ("left", "top", "right", "bottom"):
        assert getattr(found.box, edge) == pytest.approx(getattr(expected.box, edge), abs=near)
    for point, other in zip(found.landmarks, expected.landmarks, strict=True):
        assert point == pytest.approx(other, abs=near)
