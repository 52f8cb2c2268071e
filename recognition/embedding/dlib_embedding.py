"""dlib's model (128-d; King, 2017): faces aligned by dlib's own five landmarks, its ResNet on ONNX
Runtime (4.5 ms a face, where dlib itself takes 100)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from recognition.embedding.embedder import Crop, Embeddings, run_in_parts
from recognition.embedding.onnx_net import OnnxNet
from recognition.errors import RuntimeUnavailable
from recognition.registry.exported import DLIB_LANDMARKS, checked_file
from recognition.registry.models import MODELS
from recognition.types import Box, DetectedFace, RgbPicture

CHIP_PADDING = 0.25
MODEL = MODELS["dlib"]

ChipsToVectors = Callable[[Sequence[Crop]], Embeddings]


class DlibEmbedder:
    """Aligns faces with dlib, and embeds the aligned chips with the net that it is given."""

    name = "dlib"
    dimension = MODEL.dimension

    def __init__(self, align: DlibAligner, embed_chips: ChipsToVectors) -> None:
        self._align = align
        self._embed_chips = embed_chips

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        pixels = np.ascontiguousarray(picture)
        return [self._align(pixels, face.box) for face in faces]

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        return self._embed_chips(crops)


class DlibAligner:
    """Cuts a face out upright and centred, by dlib's five-point landmarks."""

    def __init__(self, landmarks: Path) -> None:
        self._dlib = _dlib()
        self._landmarks = self._dlib.shape_predictor(str(landmarks))

    def __call__(self, pixels: RgbPicture, box: Box) -> Crop:
        """The chip that dlib's model expects: shape (150, 150, 3)."""
        where = self._dlib.rectangle(*square_around(box))
        shape = self._landmarks(pixels, where)
        chip = self._dlib.get_face_chip(pixels, shape, size=MODEL.crop_pixels, padding=CHIP_PADDING)
        return np.asarray(chip)


def square_around(box: Box) -> tuple[int, int, int, int]:
    """The square that dlib's landmark predictor expects for a face that MTCNN boxed.

    It was trained on dlib's own detector, whose boxes are square and reach from the brows to the
    chin; MTCNN's are upright and include the forehead, so the square sits in their lower part.
    """
    side = (box.width + box.height) / 2
    x = (box.left + box.right) / 2
    y = (box.top + box.bottom) / 2 + 0.05 * box.height
    half = side / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def onnx_dlib(weights_dir: Path, net: OnnxNet) -> DlibEmbedder:
    """dlib's model with its net on ONNX Runtime. Raises ModelError."""
    align = DlibAligner(checked_file(DLIB_LANDMARKS, weights_dir))
    return DlibEmbedder(align, lambda chips: run_in_parts(net, chips, MODEL.dimension))


def _dlib() -> ModuleType:
    try:
        import dlib
    except ImportError:
        raise RuntimeUnavailable(
            "dlib is not installed: pip install -r requirements-worker.txt"
        ) from None
    return dlib
