"""OpenCV's own pipeline, which a user would pick today: YuNet finds faces, SFace embeds them."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recogniser.stages import Recognise, decoded, in_stages, nearest
from recognition.console.terminal import announce
from recognition.embedding.embedder import Embeddings
from recognition.registry.models import MODELS
from recognition.types import RgbPicture
from recognition.weights.finding import find_files

LEAST_PROBABILITY, MOST_OVERLAP, MOST_FACES = 0.9, 0.3, 5000
"""The defaults of OpenCV's sample."""


def load_opencv(weights_dir: Path, strangers: Embeddings) -> Recognise:
    """OpenCV's pipeline on one thread. Raises WeightsMissing."""
    import cv2

    cv2.setNumThreads(1)
    sface, yunet = find_files(MODELS["sface"].all_files, weights_dir, announce)
    detector: Any = cv2.FaceDetectorYN.create(
        str(yunet), "", (250, 250), LEAST_PROBABILITY, MOST_OVERLAP, MOST_FACES
    )
    embedder = _float_sface(cv2, sface)

    def bgr(data: bytes) -> RgbPicture:
        return np.ascontiguousarray(decoded(data)[:, :, ::-1])

    def detect(picture: RgbPicture) -> tuple[RgbPicture, Any]:
        detector.setInputSize((picture.shape[1], picture.shape[0]))
        return picture, detector.detect(picture)[1]

    def cut(found: tuple[RgbPicture, Any]) -> list[Any]:
        picture, faces = found
        return [embedder.alignCrop(picture, face) for face in ([] if faces is None else faces)]

    def embed(crops: list[Any]) -> list[np.ndarray]:
        rows = [embedder.feature(crop).copy() for crop in crops]
        return [row / np.linalg.norm(row) for row in rows]

    return in_stages(bgr, detect, cut, embed, partial(nearest, strangers))


def _float_sface(cv2: Any, file: Path) -> Any:
    """SFace in float32, as OpenCV publishes it, too: its engine refuses the file with weights in
    blocks of 8 bits."""
    import onnx

    from recognition.export.onnx.onnx_embedders import dequantised, read_graph

    with tempfile.TemporaryDirectory(prefix="opencv-sface-") as folder:
        path = Path(folder) / "sface.onnx"
        onnx.save(dequantised(read_graph([file])), path)
        return cv2.FaceRecognizerSF.create(str(path), "")
