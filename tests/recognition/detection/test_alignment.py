"""Aligned faces: the transform against scikit-image's, and what lies beyond the picture's edge."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recognition.detection.alignment import (
    TEMPLATE,
    Transform,
    align,
    similarity_transform,
    warp,
)
from recognition.types import DetectedFace
from tests.recognition.fakes import face_at
from tests.recognition.pictures import astronaut

SIZE = 112


def turned(degrees: float, scale: float, shift: tuple[float, float]) -> Transform:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array(
        [(scale * cosine, -scale * sine, shift[0]), (scale * sine, scale * cosine, shift[1])]
    )


def moved(transform: Transform) -> np.ndarray:
    """The template as it lies in a picture that `transform` brings back to it."""
    inverse = np.linalg.inv(np.vstack([transform, (0, 0, 1)]))[:2]
    return (inverse @ np.column_stack([TEMPLATE, np.ones(5)]).T).T


def face_with(landmarks: np.ndarray) -> DetectedFace:
    return face_at(100, 60, 120, landmarks=tuple((float(x), float(y)) for x, y in landmarks))


@pytest.mark.parametrize("degrees", [-170, -90, -20, 0, 45, 135])
@pytest.mark.parametrize("scale", [0.05, 1.0, 7.0])
def test_a_similarity_is_found_again(degrees: float, scale: float) -> None:
    expected = turned(degrees, scale, (3.5, -20.25))

    np.testing.assert_allclose(similarity_transform(moved(expected), TEMPLATE), expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_landmarks_that_fit_no_similarity_give_the_nearest_one(seed: int) -> None:
    """Five points anywhere: also where a mirror image would lie nearer."""
    from skimage.transform import SimilarityTransform

    points = np.random.default_rng(seed).uniform(0, 200, (5, 2))
    reference = SimilarityTransform.from_estimate(points, TEMPLATE)

    found = similarity_transform(points, TEMPLATE)

    np.testing.assert_allclose(found, reference.params[:2], atol=1e-9)
    assert np.linalg.det(found[:, :2]) > 0


@pytest.mark.parametrize("degrees", [0, 17, -100])
def test_pixels_are_the_reference_s(degrees: float) -> None:
    """Without reduction: the scale is such that a pixel of the face is one of the picture."""
    from skimage.transform import warp as reference_warp

    picture = astronaut()
    transform = turned(degrees, 1.1, (0, 0))
    middle = transform[:, :2] @ np.array([225.0, 110.0])
    transform[:, 2] = SIZE / 2 - middle
    inverse = np.linalg.inv(np.vstack([transform, (0, 0, 1)]))

    expected = reference_warp(picture, inverse, output_shape=(SIZE, SIZE), preserve_range=True)

    np.testing.assert_allclose(warp(picture, transform, SIZE), expected, atol=1.01)


def test_a_large_face_is_reduced_and_not_picked_from() -> None:
    """Stripes of one pixel are grey from far away, and not black or white by chance."""
    stripes = np.zeros((1200, 1200, 3), np.uint8)
    stripes[:, ::2] = 255

    face = align(stripes, face_with(TEMPLATE * 8 + 100), SIZE)

    assert face.min() > 110 and face.max() < 145


def test_what_lies_beyond_the_edge_is_black() -> None:
    picture = astronaut()[:, 190:]
    cut_off = face_with(moved(turned(0, 1.0, (40, -60))))  # 40 columns lie left of the picture

    face = align(picture, cut_off, SIZE)

    assert face.shape == (SIZE, SIZE, 3) and face.dtype == np.uint8
    assert face[:, :38].max() == 0 and face[60, 42:].min() > 0


@pytest.mark.parametrize(
    "landmarks",
    [(), ((5.0, 5.0),) * 5, ((math.nan, 1.0),) * 5, ((1.0, 2.0),) * 3],
    ids=["none", "all in one point", "no numbers", "three"],
)
def test_landmarks_that_say_nothing_leave_the_box(
    landmarks: tuple[tuple[float, float], ...],
) -> None:
    """The middle of the box is then the middle of the face."""
    picture = np.zeros((300, 300, 3), np.uint8)
    picture[115:125, 155:165] = 255

    face = align(picture, face_at(100, 60, 120, landmarks=landmarks), SIZE)

    assert face[54:58, 54:58].min() > 200 and face[:40].max() == 0


def test_a_face_outside_the_picture_is_cut_all_the_same() -> None:
    """Offsets of a net may put landmarks anywhere."""
    assert align(astronaut(), face_with(TEMPLATE + 5000), SIZE).max() == 0
