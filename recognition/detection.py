"""Where the faces are: the detector's Protocol, and facenet-pytorch's MTCNN as its reference."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from PIL import Image

from recognition.types import Box, DetectedFace, RgbPicture

MIN_FACE_SIZE = 20
"""The smallest face that is looked for, in pixels; the reference's setting."""

MAX_PIXELS = 2_000_000
"""Larger pictures are scaled down to this for detection. The cost of the pyramid grows with the
pixels: at 40 megapixels it would be minutes, and faces of 20 pixels are not looked for there."""

NETS_SEE_AT_LEAST = 12
"""P-Net's receptive field: a smaller picture holds no face that it could see."""


class Detector(Protocol):
    """Finds faces in a picture."""

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        """All faces, largest box first. Boxes are in pixels of `picture`."""


def reduced(picture: RgbPicture, max_pixels: int = MAX_PIXELS) -> tuple[RgbPicture, float]:
    """The picture at no more than `max_pixels`, and by how much its sides were divided."""
    height, width = picture.shape[:2]
    factor = math.sqrt(width * height / max_pixels)
    if factor <= 1.0:
        return picture, 1.0
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    small = Image.fromarray(picture).resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(small), width / size[0]


class TorchMtcnn:
    """facenet-pytorch's MTCNN in eager torch (Zhang et al., 2016, arXiv 1604.02878)."""

    def __init__(self, min_face_size: int = MIN_FACE_SIZE) -> None:
        from facenet_pytorch import MTCNN

        self._min_face_size = min_face_size
        self._mtcnn: Any = MTCNN(
            image_size=240, margin=0, min_face_size=min_face_size, keep_all=True
        )

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        small, factor = reduced(picture)
        if min(small.shape[:2]) * 12.0 / self._min_face_size < NETS_SEE_AT_LEAST:
            return ()
        boxes, probabilities, landmarks = self._mtcnn.detect(small, landmarks=True)
        if boxes is None:
            return ()
        return tuple(
            _face(np.asarray(box) * factor, float(probability), np.asarray(points) * factor)
            for box, probability, points in zip(boxes, probabilities, landmarks, strict=True)
        )


def _face(box: Any, probability: float, landmarks: Any) -> DetectedFace:
    left, top, right, bottom = (float(edge) for edge in box)
    return DetectedFace(
        box=Box(left=left, top=top, right=right, bottom=bottom),
        probability=probability,
        landmarks=tuple((float(x), float(y)) for x, y in landmarks),
    )
