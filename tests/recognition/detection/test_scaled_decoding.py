"""A large JPEG is decoded at a fraction by libjpeg: faces stay where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition import images
from recognition.detection.detector import MAX_PIXELS
from recognition.detection.mtcnn import Mtcnn
from recognition.detection.onnx_cascade import OnnxCascade
from recognition.recognizer import enlarged
from tests.recognition.pictures import astronaut, jpeg, scaled


@pytest.mark.parametrize("pixels", [3464, 6928])
def test_boxes_and_landmarks_are_those_of_the_whole_picture(pixels: int, weights_dir: Path) -> None:
    """12 and 48 megapixels: less than 2 % of the face's side apart."""
    detector = Mtcnn(OnnxCascade.load(weights_dir), min_face_size=80)
    file = jpeg(scaled(astronaut(), pixels, pixels))
    limits = images.PictureLimits()
    small, factor = images.decode(file, limits, enough_pixels=MAX_PIXELS)
    whole, _ = images.decode(file, limits)

    (found,) = (enlarged(face, factor) for face in detector.detect(small))
    (expected,) = detector.detect(whole)

    near = 0.02 * expected.box.width
    assert factor >= 2.0
    for edge in ("left", "top", "right", "bottom"):
        assert getattr(found.box, edge) == pytest.approx(getattr(expected.box, edge), abs=near)
    for point, other in zip(found.landmarks, expected.landmarks, strict=True):
        assert point == pytest.approx(other, abs=near)
