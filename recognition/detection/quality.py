"""How good a view of a face is, and whether that is good enough to name or to enrol it.

A small, blurred or turned face embeds near nobody in particular. In a gallery it takes other
people's places. As a question it gets a wrong name.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.types import Box, DetectedFace, FaceQuality, RgbPicture

QualityFilter = Literal["none", "auto", "strict"]

SHARPNESS_SIZE = 64
"""Faces are compared at this size, so that sharpness does not depend on theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLimits:
    """The least quality of a face that is used."""

    least_size_pixels: float
    least_sharpness: float
    most_turned: float
    least_probability: float


LIMITS: dict[QualityFilter, QualityLimits | None] = {
    "none": None,
    "auto": QualityLimits(
        least_size_pixels=15.0, least_sharpness=0.01, most_turned=0.6, least_probability=0.9
    ),
    "strict": QualityLimits(
        least_size_pixels=60.0, least_sharpness=0.04, most_turned=0.35, least_probability=0.97
    ),
}


def quality_of(picture: RgbPicture, face: DetectedFace) -> FaceQuality:
    """A detected face's quality."""
    return FaceQuality(
        size_pixels=round(min(face.box.width, face.box.height), 1),
        sharpness=round(sharpness(picture, face.box), 4),
        turned=round(turned(face.landmarks), 3),
    )


def sharpness(picture: RgbPicture, box: Box) -> float:
    """Detail of a face: 0 for a flat or blurred one, about 0.1 to 1 for a sharp one.

    The mean square of the Laplacian over the variance of the brightness: how much of the contrast
    is between neighbouring pixels. A face that is enlarged to be compared has none there.
    """
    grey = _grey_square(picture, box)
    variance = float(grey.var())
    if variance < 1.0:
        return 0.0
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4.0 * inner
    return float(np.mean(laplacian**2)) / variance


def _grey_square(picture: RgbPicture, box: Box) -> npt.NDArray[np.float32]:
    height, width = picture.shape[:2]
    left, top = max(int(box.left), 0), max(int(box.top), 0)
    right, bottom = min(math.ceil(box.right), width), min(math.ceil(box.bottom), height)
    if right - left < 2 or bottom - top < 2:
        return np.zeros((SHARPNESS_SIZE, SHARPNESS_SIZE), np.float32)
    face = Image.fromarray(np.ascontiguousarray(picture[top:bottom, left:right])).convert("L")
    size = (SHARPNESS_SIZE, SHARPNESS_SIZE)
    return np.asarray(face.resize(size, Image.Resampling.BILINEAR), np.float32)


def turned(landmarks: tuple[tuple[float, float], ...]) -> float:
    """How far the nose is off the middle between the eyes, in distances of the eyes.

    0 from the front, about 0.5 at 45 degrees, 1 and more in profile. Measured along the line
    through the eyes, so that a tilted head is no turned one.
    """
    if len(landmarks) < 3:
        return 0.0
    (left_x, left_y), (right_x, right_y), (nose_x, nose_y) = landmarks[:3]
    along_x, along_y = right_x - left_x, right_y - left_y
    apart = math.hypot(along_x, along_y)
    if apart < 1e-6:
        return 1.0
    off_x, off_y = nose_x - (left_x + right_x) / 2, nose_y - (left_y + right_y) / 2
    return abs(off_x * along_x + off_y * along_y) / apart**2


def why_left_out(
    face: DetectedFace, quality: FaceQuality, quality_filter: QualityFilter
) -> str | None:
    """Why a filter leaves a face out, in words, or None when it is good enough."""
    limits = LIMITS[quality_filter]
    if limits is None:
        return None
    if quality.size_pixels < limits.least_size_pixels:
        return f"too small ({quality.size_pixels:.0f} of {limits.least_size_pixels:.0f} pixels)"
    if face.probability < limits.least_probability:
        return f"hardly a face ({face.probability:.2f} of {limits.least_probability:.2f} probable)"
    if quality.sharpness < limits.least_sharpness:
        return f"too blurred ({quality.sharpness:.3f} of {limits.least_sharpness:.3f} sharp)"
    if quality.turned > limits.most_turned:
        return f"turned away ({quality.turned:.2f}, up to {limits.most_turned:.2f} is taken)"
    return None
