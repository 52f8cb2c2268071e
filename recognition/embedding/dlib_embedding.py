"""Cuts faces out for dlib's model, upright and centred, by dlib's own five-point landmarks.

The model's embeddings have 128 numbers (King, 2017).
"""

from pathlib import Path
from types import ModuleType

import numpy as np

from recognition.embedding.embedder import Crop
from recognition.errors import RuntimeUnavailable
from recognition.registry.models import MODELS
from recognition.types import Box, DetectedFace, RgbPicture

CHIP_PADDING = 0.25


class DlibAligner:
    """Cuts a face out as dlib's model expects it."""

    def __init__(self, landmarks: Path) -> None:
        self._dlib = _dlib()
        self._landmarks = self._dlib.shape_predictor(str(landmarks))

    def __call__(self, picture: RgbPicture, face: DetectedFace) -> Crop:
        """The chip: shape (150, 150, 3)."""
        pixels, size = np.ascontiguousarray(picture), MODELS["dlib"].crop_pixels
        shape = self._landmarks(pixels, self._dlib.rectangle(*square_around(face.box)))
        chip = self._dlib.get_face_chip(pixels, shape, size=size, padding=CHIP_PADDING)
        return np.asarray(chip)


def square_around(box: Box) -> tuple[int, int, int, int]:
    """The square that dlib's landmark predictor expects for a face that MTCNN boxed.

    It was trained on dlib's own detector, whose boxes are square and reach from the brows to the
    chin. MTCNN's are upright and include the forehead, so the square sits in their lower part.
    """
    side = (box.width + box.height) / 2
    x = (box.left + box.right) / 2
    y = (box.top + box.bottom) / 2 + 0.05 * box.height
    half = side / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def _dlib() -> ModuleType:
    try:
        import dlib
    except ImportError:
        raise RuntimeUnavailable(
            "dlib is not installed: pip install -r requirements-worker.txt"
        ) from None
    return dlib
