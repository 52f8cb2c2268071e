"""Random weights for InceptionResnetV1 that tell pictures apart, where there are no trained ones.

Speed and parity don't depend on what a net has learned. But with batch normalisation's initial
statistics a random net sees all pictures as nearly the same (cosine 0.9997), so its statistics
are taken from pictures first. Seeded: the same weights on every machine of one torch version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from recognition.errors import RuntimeUnavailable
from recognition.registry.models import MODELS

try:
    import torch
    from facenet_pytorch import InceptionResnetV1
except ImportError as error:
    raise RuntimeUnavailable(
        f"{error.name} is not installed, which measuring against the reference needs: "
        "pip install -r requirements.txt"
    ) from None

MODEL = "casia-webface"
"""Whose place the weights take: no hash is known for that file, so any is accepted."""

SEED = 20180402
PASSES = 3


def write_random_weights(weights_dir: Path, crops: object) -> Path:
    """Write the weights, unless they are there. `crops`: faces (n, size, size, 3), 0 to 255."""
    path = weights_dir / MODELS[MODEL].files[0].filename
    if path.exists():
        return path
    weights_dir.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    net: Any = InceptionResnetV1(pretrained=None, classify=False)
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            layer.momentum = None  # the mean of all passes
            layer.reset_running_stats()
    pixels = (torch.from_numpy(np.asarray(crops)).permute(0, 3, 1, 2).float() - 127.5) / 128.0
    net.train()
    net.dropout.p = 0.0
    with torch.no_grad():
        for _ in range(PASSES):
            net(pixels)
    draft = path.with_suffix(".draft")
    torch.save(net.state_dict(), draft)
    draft.replace(path)
    return path
