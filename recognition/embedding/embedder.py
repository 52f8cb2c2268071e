"""What a face looks like, as a vector: the embedder's Protocol, and what all embedders share."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.detection.alignment import align
from recognition.embedding.onnx_net import OnnxNet
from recognition.registry.models import Model, model_named
from recognition.types import Box, DetectedFace, RgbPicture

Embeddings = npt.NDArray[np.float32]

Crop = npt.NDArray[np.uint8]
"""A face as an embedder's net sees it: shape (size, size, 3), RGB."""

CropsToVectors = Callable[[npt.NDArray[np.uint8]], Embeddings]
"""A net over one or more crops, on whatever runs it: (n, size, size, 3) -> (n, dimension)."""

CutOut = Callable[[RgbPicture, DetectedFace], Crop]


class Embedder(Protocol):
    """Turns faces into vectors, in two steps."""

    name: str
    dimension: int

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        """Each face as the model wants to see it."""

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        """One row a face: shape (crops, dimension)."""


class NetEmbedder:
    """Cuts faces as the registry says, and embeds them with the net that it is given.

    Parameters:
        at_once: faces of a picture that go through the net together.
        cut_out: cuts out a face in place of what the registry says.
    """

    def __init__(
        self, name: str, net: CropsToVectors, at_once: int = 1, cut_out: CutOut | None = None
    ) -> None:
        self._model = model_named(name)
        self.name, self.dimension = name, self._model.dimension
        self._net, self._at_once = net, at_once
        self._cut_out = cut_out or self._by_registry

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        """The faces of a picture as the net sees them."""
        return [self._cut_out(picture, face) for face in faces]

    def _by_registry(self, picture: RgbPicture, face: DetectedFace) -> Crop:
        size = self._model.crop_pixels
        if self._model.cut == "box":
            return crop(picture, face.box, size)
        return align(picture, face, size)

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        """The embeddings of cut faces, of shape (faces, dimension)."""
        if not crops:
            return np.zeros((0, self.dimension), np.float32)
        parts = range(0, len(crops), self._at_once)
        rows = [self._net(np.stack(crops[at : at + self._at_once])) for at in parts]
        vectors = np.concatenate(rows)
        return _of_unit_length(vectors) if self._model.length == 1.0 else vectors


def crop(picture: RgbPicture, box: Box, size: int) -> Crop:
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


def on_onnx(net: OnnxNet, model: Model) -> CropsToVectors:
    """A model's net on ONNX Runtime."""
    return lambda crops: net(pixels_for(model, crops))[0].reshape(len(crops), -1)


def pixels_for(model: Model, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Crops (n, size, size, 3) as a model's net wants them: (n, 3, size, size)."""
    colours = crops[..., ::-1] if model.colours == "bgr" else crops
    scaled = (colours.astype(np.float32) - model.pixel_mean) * model.pixel_scale
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), np.float32)


def _of_unit_length(vectors: Embeddings) -> Embeddings:
    """Each row with length 1; one of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)
