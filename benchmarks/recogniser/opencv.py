"""OpenCV's own pipeline, which a user would pick today: YuNet finds faces, SFace embeds them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recognition import images
from recognition.console.terminal import announce
from recognition.embedding.embedder import Embeddings
from recognition.registry.models import MODELS
from recognition.weights.finding import find_files

if TYPE_CHECKING:
    from benchmarks.recogniser.contenders import Recognise

LEAST_PROBABILITY, MOST_OVERLAP, MOST_FACES = 0.9, 0.3, 5000
"""The defaults of OpenCV's sample."""


def load_opencv(weights_dir: Path, stages: tuple[str, ...], strangers: Embeddings) -> Recognise:
    """OpenCV's pipeline on one thread. Raises WeightsMissing."""
    import cv2

    cv2.setNumThreads(1)
    sface, yunet = find_files(MODELS["sface"].all_files, weights_dir, announce)
    detector: Any = cv2.FaceDetectorYN.create(
        str(yunet), "", (250, 250), LEAST_PROBABILITY, MOST_OVERLAP, MOST_FACES
    )
    embedder = _float_sface(cv2, sface)

    def recognise(data: bytes) -> dict[str, float]:
        moments = [time.perf_counter()]
        picture = np.ascontiguousarray(images.decode(data, images.PictureLimits())[0][:, :, ::-1])
        moments.append(time.perf_counter())
        detector.setInputSize((picture.shape[1], picture.shape[0]))
        faces = detector.detect(picture)[1]
        moments.append(time.perf_counter())
        found = [] if faces is None else list(faces)
        crops = [embedder.alignCrop(picture, face) for face in found]
        moments.append(time.perf_counter())
        rows = [embedder.feature(crop).copy() for crop in crops]
        moments.append(time.perf_counter())
        for row in rows:
            np.argmin(np.linalg.norm(strangers - row / np.linalg.norm(row), axis=1))
        moments.append(time.perf_counter())
        return dict(zip(stages, np.diff(moments) * 1000.0, strict=True))

    return recognise


def _float_sface(cv2: Any, file: Path) -> Any:
    """SFace in float32, as OpenCV publishes it, too: its engine refuses the file with weights in
    blocks of 8 bits."""
    import onnx

    from recognition.export.onnx.onnx_embedders import dequantised, read_graph

    with tempfile.TemporaryDirectory(prefix="opencv-sface-") as folder:
        path = Path(folder) / "sface.onnx"
        onnx.save(dequantised(read_graph([file])), path)
        return cv2.FaceRecognizerSF.create(str(path), "")
