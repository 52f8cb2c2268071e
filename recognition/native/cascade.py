"""MTCNN's nets on the engine, which also resizes what they see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.boxes import Scores
from recognition.mtcnn import (
    CELL,
    DECIDE_SIZE,
    REFINE_SIZE,
    STRIDE,
    Bounds,
    Cells,
    Offsets,
    sigmoid,
)
from recognition.native.engine import Engine
from recognition.native.native_net import NativeNet
from recognition.types import RgbPicture

STRIP_PIXELS = 12_000
"""P-Net sees so much of a level at once: its first layer's values stay in the cache."""

REFINE_AT_ONCE, DECIDE_AT_ONCE = 16, 4
"""Crops that go through a net together, for the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeCascade:
    """The three nets. Each gives a face's logit and four offsets, O-Net ten landmarks more."""

    engine: Engine
    proposal: NativeNet
    refinement: NativeNet
    decision: NativeNet

    @classmethod
    def load(cls, weights_dir: Path, engine: Engine) -> NativeCascade:
        """Load the exported nets. Raises ModelError."""
        return cls(
            engine=engine,
            proposal=NativeNet("native-mtcnn-p", weights_dir, engine),
            refinement=NativeNet("native-mtcnn-r", weights_dir, engine, REFINE_AT_ONCE),
            decision=NativeNet("native-mtcnn-o", weights_dir, engine, DECIDE_AT_ONCE),
        )

    def looking_at(self, picture: RgbPicture) -> SeenPixels:
        return SeenPixels(self, np.ascontiguousarray(picture))


class SeenPixels:
    """A picture before the nets."""

    def __init__(self, nets: NativeCascade, picture: RgbPicture) -> None:
        self._nets = nets
        self._picture = picture

    def proposals(self, height: int, width: int) -> Cells:
        """Strip by strip. Strips overlap by what a cell sees beyond its step, and begin at even
        rows, where the whole level's pooling has its borders, too."""
        level = self._nets.engine.resize(self._picture, height, width)
        step = max(STRIP_PIXELS // width // STRIDE, CELL) * STRIDE
        overlap = CELL - STRIDE
        strips = [
            self._nets.proposal(level[None, top : top + step + overlap])[0][0]
            for top in range(0, height - overlap, step)
        ]
        return np.concatenate(strips).transpose(2, 0, 1)

    def refined(self, bounds: Bounds) -> tuple[Offsets, Scores]:
        crops = self._nets.engine.crops(self._picture, bounds, REFINE_SIZE)
        values = self._nets.refinement(crops)[0][:, 0, 0]
        return values[:, 1:5], sigmoid(values[:, 0])

    def decided(self, bounds: Bounds) -> tuple[Offsets, npt.NDArray[np.float32], Scores]:
        crops = self._nets.engine.crops(self._picture, bounds, DECIDE_SIZE)
        values = self._nets.decision(crops)[0][:, 0, 0]
        return values[:, 1:5], values[:, 5:15], sigmoid(values[:, 0])
