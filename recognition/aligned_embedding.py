"""Models whose faces are cut by the detector's own landmarks, such as SFace: on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.alignment import FILL, Fill, align
from recognition.embedding import Crop, CropsToVectors, Embeddings, run_in_parts
from recognition.models import model_named
from recognition.onnx_net import OnnxNet
from recognition.types import DetectedFace, RgbPicture


class AlignedEmbedder:
    """Aligns faces to the ArcFace template, and embeds them with the net that it is given.

    Parameters:
        fill: what lies beyond the picture's edge.
    """

    def __init__(self, name: str, embed_crops: CropsToVectors, fill: Fill = FILL) -> None:
        self._model = model_named(name)
        self.name, self.dimension = name, self._model.dimension
        self._embed_crops = embed_crops
        self._fill = fill

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        return [align(picture, face, self._model.crop_pixels, self._fill) for face in faces]

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        vectors = self._embed_crops(crops)
        return of_unit_length(vectors) if self._model.unit_length else vectors


def of_unit_length(vectors: Embeddings) -> Embeddings:
    """Each row with length 1; one of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def onnx_aligned(name: str, net: OnnxNet, fill: Fill = FILL) -> AlignedEmbedder:
    """The model with its net on ONNX Runtime.

    One face at a time: 14 ms each with SFace, and 28 where four go through the net together.
    """
    dimension = model_named(name).dimension
    return AlignedEmbedder(name, lambda crops: run_in_parts(net, crops, dimension, 1), fill)
