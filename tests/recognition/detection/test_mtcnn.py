"""The detector's own choices, beyond what parity shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.detection.mtcnn import Mtcnn, pyramid_scales
from recognition.detection.onnx_cascade import OnnxCascade
from recognition.types import RgbPicture
from tests.recognition.pictures import astronaut, crowd, noise, scaled


@pytest.fixture(scope="module")
def nets(weights_dir: Path) -> OnnxCascade:
    return OnnxCascade.load(weights_dir)


def test_scales_end_where_one_cell_covers_the_picture() -> None:
    scales = pyramid_scales(640, 480, 20)

    assert scales[0] == 0.6
    assert len(scales) == 10
    assert 480 * scales[-1] >= 12 > 480 * scales[-1] * 0.709
    assert pyramid_scales(19, 500, 20) == []


def test_faces_come_largest_first(nets: OnnxCascade) -> None:
    areas = [face.box.area for face in Mtcnn(nets).detect(crowd())]

    assert len(areas) > 3 and areas == sorted(areas, reverse=True)


def test_a_share_of_the_picture_is_a_smallest_size(nets: OnnxCascade) -> None:
    """A fifth of 512 pixels is 102: the face of 110 stays, smaller ones go."""
    detector = Mtcnn(nets, min_face_share=0.2)

    assert len(detector.detect(astronaut())) == 1
    assert len(detector.detect(crowd())) < len(Mtcnn(nets).detect(crowd()))


@pytest.mark.parametrize(
    "picture",
    [noise(1, 1), noise(1, 400), noise(400, 1), noise(12, 12), scaled(astronaut(), 3000, 21)],
    ids=["one pixel", "a column", "a row", "one cell", "a strip"],
)
def test_odd_pictures_hold_no_face_and_do_no_harm(nets: OnnxCascade, picture: RgbPicture) -> None:
    assert Mtcnn(nets).detect(picture) == ()


def test_boxes_of_a_large_picture_are_in_its_own_pixels(nets: OnnxCascade) -> None:
    """Detection works on a reduced copy."""
    (small,) = Mtcnn(nets).detect(astronaut())
    (large,) = Mtcnn(nets).detect(scaled(astronaut(), 2048, 2048))

    for small_edge, large_edge in zip(
        (small.box.left, small.box.top, small.box.right, small.box.bottom),
        (large.box.left, large.box.top, large.box.right, large.box.bottom),
        strict=True,
    ):
        assert large_edge == pytest.approx(4 * small_edge, abs=40)
