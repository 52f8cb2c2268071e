"""Models that come as graphs, such as SFace and a user's own: on ONNX Runtime, a face at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.detection.alignment import align
from recognition.embedding.embedder import Crop, CropsToVectors, Embeddings, crop, run_in_parts
from recognition.embedding.onnx_net import OnnxNet
from recognition.registry.models import model_named
from recognition.types import DetectedFace, RgbPicture

FACES_AT_ONCE = 1
"""SFace takes 14 ms a face so, and 28 where four go through the net together."""


class GraphEmbedder:
    """Cuts faces as the registry says, and embeds them with the net that it is given."""

    def __init__(self, name: str, embed_crops: CropsToVectors) -> None:
        self._model = model_named(name)
        self.name, self.dimension = name, self._model.dimension
        self._embed_crops = embed_crops

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        size = self._model.crop_pixels
        if self._model.cut == "box":
            return [crop(picture, face.box, size) for face in faces]
        return [align(picture, face, size) for face in faces]

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        vectors = self._embed_crops(crops)
        return of_unit_length(vectors) if self._model.length else vectors


def of_unit_length(vectors: Embeddings) -> Embeddings:
    """Each row with length 1; one of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def onnx_graph_embedder(name: str, net: OnnxNet) -> GraphEmbedder:
    """The model with its net on ONNX Runtime."""
    dimension = model_named(name).dimension
    return GraphEmbedder(name, lambda crops: run_in_parts(net, crops, dimension, FACES_AT_ONCE))
