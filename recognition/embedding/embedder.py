"""What a face looks like, as a vector: the embedder's Protocol, and InceptionResnetV1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.embedding.onnx_net import OnnxNet
from recognition.registry.models import model_named
from recognition.types import Box, DetectedFace, RgbPicture

Embeddings = npt.NDArray[np.float32]

FACES_AT_ONCE = 8
"""Faces of a picture that go through the net together: 7 % faster each than one by one, and with
more the memory for the net's values grows for nothing."""


Crop = npt.NDArray[np.uint8]
"""A face as an embedder's net sees it: shape (size, size, 3), RGB."""


class Embedder(Protocol):
    """Turns faces into vectors, in two steps."""

    name: str
    dimension: int

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        """Each face as the model wants to see it."""

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        """One row a face: shape (crops, dimension)."""


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


CropsToVectors = Callable[[Sequence[Crop]], Embeddings]


class InceptionResnet:
    """InceptionResnetV1 (512-d; Szegedy et al., 2016; Schroff et al., 2015).

    Parameters:
        embed_crops: the net, on whatever runs it.
    """

    def __init__(self, name: str, embed_crops: CropsToVectors) -> None:
        model = model_named(name)
        self.name, self.dimension = name, model.dimension
        self._crop_pixels = model.crop_pixels
        self._embed_crops = embed_crops

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        return [crop(picture, face.box, self._crop_pixels) for face in faces]

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        return self._embed_crops(crops)


def onnx_inception(name: str, net: OnnxNet) -> InceptionResnet:
    """The model with its net on ONNX Runtime."""
    dimension = model_named(name).dimension
    return InceptionResnet(name, lambda crops: run_in_parts(net, crops, dimension))


def run_in_parts(
    net: OnnxNet, crops: Sequence[Crop], dimension: int, at_once: int = FACES_AT_ONCE
) -> Embeddings:
    """Embeddings of crops (size, size, 3), some at a time: shape (crops, dimension)."""
    rows = [np.zeros((0, dimension), np.float32)]
    for start in range(0, len(crops), at_once):
        pixels = np.stack(crops[start : start + at_once]).transpose(0, 3, 1, 2)
        rows.append(net(np.ascontiguousarray(pixels, np.float32))[0])
    return np.concatenate(rows)
