"""InceptionResnetV1 on the engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.embedding.embedder import Crop, Embeddings, InceptionResnet
from recognition.native.native_net import NativeNet
from recognition.registry.models import model_named


def native_inception(name: str, net: NativeNet) -> InceptionResnet:
    """The model with its net on the engine."""
    dimension = model_named(name).dimension

    def embed_crops(crops: Sequence[Crop]) -> Embeddings:
        if not crops:
            return np.zeros((0, dimension), np.float32)
        vectors = net(np.stack(crops).astype(np.float32))[0][:, 0, 0]
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    return InceptionResnet(name, embed_crops)
