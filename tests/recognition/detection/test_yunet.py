"""YuNet: what its cells say becomes faces; the real net finds faces of any size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recognition.detection.yunet import Likely, Net, Yunet
from recognition.registry.models import DETECTOR_FILES
from recognition.types import DetectedFace, RgbPicture
from recognition.weights.finding import find_files
from tests.recognition.pictures import astronaut, crowd, hopper, scaled


class CellNet:
    """A net that sees faces in chosen cells: (stride, row, column, score, side in pixels)."""

    def __init__(self, *faces: tuple[int, int, int, float, float]) -> None:
        self._faces = faces
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, pixels: np.ndarray) -> list[Likely]:
        self.seen.append(pixels.shape)
        height, width = pixels.shape[:2]
        found = []
        for stride in (8, 16, 32):
            cells = np.zeros((height // stride * (width // stride), 16), np.float32)
            for row, column, score, side in (f[1:] for f in self._faces if f[0] == stride):
                size = np.log(side / stride)
                at = row * (width // stride) + column
                cells[at] = [score, score, 0.5, 0.5, size, size, *[0.25] * 10]
            at = np.flatnonzero(cells[:, 0])
            found.append((at, cells[at]))
        return found


def found_by(net: Net, height: int, width: int, **options: float) -> tuple[DetectedFace, ...]:
    return Yunet(net, **options).detect(np.zeros((height, width, 3), np.uint8))  # type: ignore[arg-type]


def test_a_cell_s_face_is_in_pixels_of_the_picture() -> None:
    net = CellNet((16, 2, 3, 0.93, 40.0))

    (face,) = found_by(net, 100, 120)

    assert net.seen == [(128, 128, 3)]  # whole cells of 32
    box = face.box
    assert [box.left, box.top, box.right, box.bottom] == pytest.approx([36, 20, 76, 60])
    np.testing.assert_allclose(face.landmarks, [(52.0, 36.0)] * 5)
    assert face.probability == 1.0


@pytest.mark.parametrize(("score", "probability"), [(0.6, 0.7), (0.75, 0.9), (0.84, 0.95)])
def test_scores_are_told_as_probabilities(score: float, probability: float) -> None:
    (face,) = found_by(CellNet((8, 4, 4, score, 30.0)), 100, 100)

    assert face.probability == pytest.approx(probability, abs=1e-3)


def test_a_doubtful_cell_is_no_face_and_the_better_of_two_boxes_stays() -> None:
    doubtful, worse, better = (8, 1, 1, 0.59, 30.0), (8, 8, 8, 0.8, 30.0), (8, 8, 9, 0.9, 30.0)

    (face,) = found_by(CellNet(doubtful, worse, better), 100, 100)

    assert face.box.left == pytest.approx(9.5 * 8 - 15)


def test_the_largest_face_comes_first() -> None:
    small, large = (8, 1, 1, 0.93, 20.0), (8, 8, 8, 0.8, 40.0)

    faces = found_by(CellNet(small, large), 100, 100)

    assert [round(face.box.width) for face in faces] == [40, 20]


def test_a_picture_that_may_show_large_faces_is_seen_at_a_quarter_too() -> None:
    """A face of 384 pixels at a quarter is one of 1,536; a finer level's is taken by its parts."""
    net = CellNet((32, 1, 1, 0.9, 384.0))

    faces = found_by(net, 1024, 1024)

    assert [shape[0] for shape in net.seen] == [1024, 256]
    assert sorted(round(face.box.width) for face in faces) == [384, 1536]


def test_a_larger_smallest_face_makes_the_picture_smaller() -> None:
    by_size, by_share = CellNet(), CellNet()

    found_by(by_size, 320, 320, min_face_size=40)
    found_by(by_share, 320, 320, min_face_share=0.25)

    assert by_size.seen == [(160, 160, 3)]
    assert by_share.seen == [(96, 96, 3)]


@pytest.mark.parametrize("shape", [(1, 1), (7, 1200), (1200, 7), (33, 31)])
def test_a_picture_of_any_shape_is_looked_at(shape: tuple[int, int]) -> None:
    assert found_by(CellNet(), *shape) == ()


@pytest.mark.parametrize("side", [24, 45, 110, 400, 900])
def test_a_face_of_any_size_is_found_where_it_is(side: int, yunet: Yunet) -> None:
    """The astronaut's face is 92 pixels wide, about (223, 120), in a picture of 512."""
    pixels = round(512 * side / 100)

    (face,) = yunet.detect(scaled(astronaut(), pixels, pixels))

    box, scale = face.box, pixels / 512
    assert face.probability >= 0.9
    assert (box.left + box.right) / 2 == pytest.approx(223 * scale, abs=side / 6)
    assert (box.top + box.bottom) / 2 == pytest.approx(120 * scale, abs=side / 6)
    (left_eye, right_eye, nose, left_mouth, right_mouth) = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0] and left_mouth[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]


@pytest.mark.parametrize("shorter", [300, 360, 400, 440, 480, 500])
@pytest.mark.parametrize("portrait", [astronaut, hopper])
def test_a_face_that_fills_its_picture_is_found_at_any_size(
    portrait: Callable[[], RgbPicture], shorter: int, yunet: Yunet
) -> None:
    """Whether it is seen at one level or at two, and how large the net believes it to be."""
    box = yunet.detect(portrait())[0].box
    cut = portrait()[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
    height, width = (round(side * shorter / cut.shape[1]) for side in cut.shape[:2])

    (face,) = yunet.detect(scaled(cut, width, height))

    found = [face.box.left, face.box.top, face.box.right, face.box.bottom]
    np.testing.assert_allclose(found, [0, 0, width, height], atol=shorter / 8)


@pytest.mark.parametrize("runtime", ["yunet", "yunet_on_onnx"])
def test_boxes_and_landmarks_are_those_of_opencv(
    runtime: str, request: pytest.FixtureRequest, weights_with_yunet: Path
) -> None:
    """OpenCV runs the published file, in BGR, and multiplies the two kinds of score in the end."""
    cv2 = pytest.importorskip("cv2", exc_type=ImportError)
    (file,) = find_files((DETECTOR_FILES["yunet"],), weights_with_yunet, print)
    theirs = cv2.FaceDetectorYN.create(str(file), "", (320, 256), 0.6, 0.3, 100)
    picture = scaled(crowd(), 320, 256)

    found = theirs.detect(np.ascontiguousarray(picture[:, :, ::-1]))[1]
    faces = request.getfixturevalue(runtime).detect(picture)

    assert len(faces) == len(found) > 1
    for row, face in zip(sorted(found, key=lambda row: -row[2] * row[3]), faces, strict=True):
        ours = [face.box.left, face.box.top, face.box.width, face.box.height]
        np.testing.assert_allclose(ours, row[:4], atol=0.05)
        np.testing.assert_allclose(np.ravel(face.landmarks), row[4:14], atol=0.05)
