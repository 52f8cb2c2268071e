"""Cuts faces out upright and centred: five landmarks to a template, by a similarity transform.

Least squares, as Umeyama (1991, IEEE TPAMI 13(4)). The template is ArcFace's (Deng et al., 2019,
arXiv 1801.07698): where eyes, nose and corners of the mouth lie in a square of 112 pixels.

Pixels beyond the picture are black. Of faces cut off at their boxes SFace recognises most so: its
TAR at FAR 0.1 % is 91.4 %. With the mean it is 90.7, with the nearest pixel 87.0 (decision 0035).
"""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.types import Box, DetectedFace, RgbPicture

Points = npt.NDArray[np.float64]
"""Shape (points, 2): x and y."""

Transform = npt.NDArray[np.float64]
"""Shape (2, 3): from homogeneous source points to target points."""

TEMPLATE_PIXELS = 112
TEMPLATE: Points = np.array(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ]
)

ROUNDING = 1e-6
"""What a whole factor may lack, because it was computed."""

LEAST_SPREAD_PIXELS = 1.0
"""Landmarks that lie closer together than this say nothing about the face's size or turn."""


def similarity_transform(source: Points, target: Points) -> Transform:
    """The rotation, scale and shift (no mirroring) that bring source points nearest to target's.

    With points as complex numbers it is target = turn * source + shift.
    """
    points, goals = source @ (1, 1j), target @ (1, 1j)
    centred = points - points.mean()
    turn = np.vdot(centred, goals) / np.vdot(centred, centred)
    shift = goals.mean() - turn * points.mean()
    return np.array([(turn.real, -turn.imag, shift.real), (turn.imag, turn.real, shift.imag)])


def align(picture: RgbPicture, face: DetectedFace, size: int) -> RgbPicture:
    """The face upright and centred: shape (size, size, 3)."""
    template = TEMPLATE * (size / TEMPLATE_PIXELS)
    landmarks = np.array(face.landmarks, np.float64).reshape(-1, 2)
    if not _usable(landmarks):
        landmarks = _landmarks_by_box(face.box)
    return warp(picture, similarity_transform(landmarks, template), size)


def _usable(landmarks: Points) -> bool:
    return (
        len(landmarks) == len(TEMPLATE)
        and bool(np.isfinite(landmarks).all())
        and float(np.ptp(landmarks, axis=0).max()) >= LEAST_SPREAD_PIXELS
    )


def _landmarks_by_box(box: Box) -> Points:
    """Where landmarks lie in a box, about: MTCNN's reaches from the hair line to the chin."""
    side = max((box.width + box.height) / 2, LEAST_SPREAD_PIXELS)
    middle = np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])
    return middle + (TEMPLATE / TEMPLATE_PIXELS - 0.5) * side


def warp(picture: RgbPicture, transform: Transform, size: int) -> RgbPicture:
    """The picture under a transform, bilinear: shape (size, size, 3).

    A large face is first reduced by a whole factor, so that no pixel of it is passed over.
    """
    scale = math.sqrt(abs(float(np.linalg.det(transform[:, :2]))))
    factor = max(int(1.0 / scale + ROUNDING), 1)
    back = np.linalg.inv(np.vstack([transform, (0.0, 0.0, 1.0)]))[:2]
    region, offset = _region(picture, back, size, factor)
    image = Image.fromarray(region)
    if factor > 1:
        image = image.reduce(factor)
    # Ours are places of pixels, Pillow's are distances from the corner: half a pixel more.
    back[:, 2] += 0.5 - offset
    back /= factor
    back[:, 2] -= back[:, :2].sum(axis=1) / 2
    affine, bilinear = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    return np.asarray(image.transform((size, size), affine, tuple(back.ravel()), bilinear))


def _region(
    picture: RgbPicture, back: Transform, size: int, factor: int
) -> tuple[RgbPicture, Points]:
    """The part of the picture that the face needs, and where it begins (x, y)."""
    height, width = picture.shape[:2]
    corners = back @ np.array([(0, 0, 1), (size, 0, 1), (0, size, 1), (size, size, 1)]).T
    low = np.floor(corners.min(axis=1)).astype(int) - 2 * factor
    high = np.ceil(corners.max(axis=1)).astype(int) + 2 * factor
    left, top = np.clip(low, 0, (width - 1, height - 1))
    right, bottom = np.clip(high, (left + 1, top + 1), (width, height))
    return np.ascontiguousarray(picture[top:bottom, left:right]), np.array([left, top], float)
