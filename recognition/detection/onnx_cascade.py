"""MTCNN's nets on ONNX Runtime, and pictures before them as planes of numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.detection.area_resize import Planes, planes_of, resize, resize_whole
from recognition.detection.boxes import Boxes, Overlap, Rows, numpy_greedy
from recognition.detection.mtcnn import (
    CELL,
    DECIDE_SIZE,
    REFINE_SIZE,
    STRIDE,
    Bounds,
    Cells,
    Values,
)
from recognition.embedding.onnx_net import OnnxNet
from recognition.types import RgbPicture

STRIP_PIXELS = 20_000
"""P-Net sees so much of a level at once. Its first layer's values are 1.3 MB then, and stay in the
processor's cache: 12 % faster than whole levels at 640x480."""

REFINE_AT_ONCE, DECIDE_AT_ONCE = 16, 4
"""Crops that go through a net together: 1.5 MB of a layer's values, which stay in the processor's
cache. That is 8 % faster than all at once, and bounds the memory for a picture of noise, which
proposes thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxCascade:
    """The three nets."""

    proposal: OnnxNet
    refinement: OnnxNet
    decision: OnnxNet

    @classmethod
    def load(cls, weights_dir: Path) -> OnnxCascade:
        """Load the exported nets. Raises ModelError."""
        return cls(
            proposal=OnnxNet("mtcnn-p", weights_dir),
            refinement=OnnxNet("mtcnn-r", weights_dir),
            decision=OnnxNet("mtcnn-o", weights_dir),
        )

    def looking_at(self, picture: RgbPicture) -> SeenPlanes:
        """The nets before one picture."""
        return SeenPlanes(self, planes_of(picture))


class SeenPlanes:
    """A picture before the nets."""

    def __init__(self, nets: OnnxCascade, planes: Planes) -> None:
        self._nets = nets
        self._planes = planes

    def proposals(self, height: int, width: int) -> Cells:
        """Strip by strip. Strips overlap by what a cell sees beyond its step, and begin at even
        rows, where the whole level's pooling has its borders, too."""
        level = resize(self._planes, height, width)
        step = max(STRIP_PIXELS // width // STRIDE, CELL) * STRIDE
        overlap = CELL - STRIDE
        strips = [
            np.ascontiguousarray(level[None, :, top : top + step + overlap])
            for top in range(0, height - overlap, step)
        ]
        return np.concatenate([self._nets.proposal(strip)[0][0] for strip in strips], axis=1)

    def refined(self, bounds: Bounds) -> Values:
        """What R-Net says of these parts of the picture."""
        crops = self._crops(bounds, REFINE_SIZE)
        return _in_parts(self._nets.refinement, crops, REFINE_AT_ONCE)

    def decided(self, bounds: Bounds) -> Values:
        """What O-Net says of these parts of the picture."""
        crops = self._crops(bounds, DECIDE_SIZE)
        return _in_parts(self._nets.decision, crops, DECIDE_AT_ONCE)

    def greedy(self, ranked: Boxes, most: np.float32, over: Overlap) -> Rows:
        """The rows that stay when boxes that overlap too much are left out."""
        return numpy_greedy(ranked, most, over)

    def _crops(self, bounds: Bounds, size: int) -> npt.NDArray[np.float32]:
        crops = np.empty((len(bounds), 3, size, size), np.float32)
        for target, (left, top, right, bottom) in zip(crops, bounds, strict=True):
            resize_whole(self._planes[:, top:bottom, left:right], target)
        return crops


def _in_parts(net: OnnxNet, crops: npt.NDArray[np.float32], at_once: int) -> Values:
    starts = range(0, max(len(crops), 1), at_once)
    return np.concatenate([net(crops[at : at + at_once])[0][:, :, 0, 0] for at in starts])
