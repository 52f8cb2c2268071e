"""Where the faces are: the detector's Protocol, and what all detectors have in common."""

import math
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.types import Box, DetectedFace, RgbPicture

MIN_FACE_SIZE = 20
"""The smallest face that is looked for, in pixels; the reference's setting."""

MAX_PIXELS = 2_000_000
"""Larger pictures are scaled down to this for detection. The cost of the pyramid grows with the
pixels. At 40 megapixels it would be minutes, and faces of 20 pixels are not looked for there."""


class Detector(Protocol):
    """Finds faces in a picture."""

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        """All faces, largest box first. Boxes are in pixels of `picture`."""


def detected_face(
    box: npt.NDArray[np.floating], probability: float, landmarks: npt.NDArray[np.floating]
) -> DetectedFace:
    """A face of a net's numbers: box (left, top, right, bottom), landmarks of shape (5, 2)."""
    left, top, right, bottom = (float(edge) for edge in box)
    return DetectedFace(
        box=Box(left=left, top=top, right=right, bottom=bottom),
        probability=probability,
        landmarks=tuple((float(x), float(y)) for x, y in landmarks),
    )


def reduced(picture: RgbPicture, max_pixels: int = MAX_PIXELS) -> tuple[RgbPicture, float]:
    """The picture at no more than `max_pixels`, and by how much its sides were divided."""
    height, width = picture.shape[:2]
    factor = math.sqrt(width * height / max_pixels)
    if factor <= 1.0:
        return picture, 1.0
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    small = Image.fromarray(picture).resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(small), width / size[0]
