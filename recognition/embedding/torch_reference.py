"""The reference: facenet-pytorch's MTCNN and InceptionResnetV1 in eager torch.

What parity and speed are measured against, and what RECOGNITION_RUNTIME=torch runs. The only
module of the recogniser that loads torch for recognising; `recognition.export` does for exporting.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.detection.detector import MIN_FACE_SIZE, NETS_SEE_AT_LEAST, reduced
from recognition.embedding.embedder import Crop, Embeddings, crop
from recognition.errors import RuntimeUnavailable, WeightsCorrupt
from recognition.registry.models import model_named
from recognition.types import Box, DetectedFace, RgbPicture

try:
    import torch
    from facenet_pytorch import MTCNN, InceptionResnetV1
except ImportError as error:
    raise RuntimeUnavailable(
        f"{error.name} is not installed, which the runtime torch needs: "
        "pip install -r requirements.txt, or use the runtime onnx"
    ) from None


class TorchMtcnn:
    """facenet-pytorch's MTCNN in eager torch (Zhang et al., 2016, arXiv 1604.02878)."""

    def __init__(self, min_face_size: int = MIN_FACE_SIZE) -> None:
        self._min_face_size = min_face_size
        self._mtcnn = MTCNN(min_face_size=min_face_size, keep_all=True)

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


def _face(
    box: npt.NDArray[np.float64], probability: float, landmarks: npt.NDArray[np.float64]
) -> DetectedFace:
    left, top, right, bottom = (float(edge) for edge in box)
    return DetectedFace(
        box=Box(left=left, top=top, right=right, bottom=bottom),
        probability=probability,
        landmarks=tuple((float(x), float(y)) for x, y in landmarks),
    )


class TorchInceptionResnet:
    """InceptionResnetV1 (512-d) in eager torch (Szegedy et al., 2016; Schroff et al., 2015)."""

    def __init__(self, name: str, weights: Path) -> None:
        model = model_named(name)
        self.name, self.dimension = name, model.dimension
        self._crop_pixels = model.crop_pixels
        self._net = load_inception_resnet(name, weights)

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        return [crop(picture, face.box, self._crop_pixels) for face in faces]

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        if not crops:
            return np.zeros((0, self.dimension), np.float32)
        pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            # facenet-pytorch's fixed_image_standardization
            vectors = self._net((pixels - 127.5) / 128.0)
        return np.asarray(vectors.numpy(), np.float32)


def load_inception_resnet(name: str, weights: Path) -> torch.nn.Module:
    """The net with a state dict's weights; the classifier's `logits` in it are of no use here.

    Raises WeightsCorrupt.
    """
    net = InceptionResnetV1(pretrained=None, classify=False).eval()
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        missing, _ = net.load_state_dict(state, strict=False)
    except Exception as error:  # noqa: BLE001 - torch raises many kinds over a bad file
        raise WeightsCorrupt(
            f"{weights} can't be read as weights of {name} ({type(error).__name__}): "
            "delete it, and it is fetched again"
        ) from None
    if missing:
        raise WeightsCorrupt(
            f"{weights} lacks {len(missing)} layers of {name}: delete it, and it is fetched again"
        )
    return net


def use_threads(threads: int) -> None:
    """Set how many threads torch runs a net with, in this process."""
    torch.set_num_threads(threads)
