"""MTCNN's nets on the engine, which also resizes what they see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognition.detection.boxes import Boxes, Overlap, Rows
from recognition.detection.mtcnn import DECIDE_SIZE, REFINE_SIZE, Bounds, Cells, Values
from recognition.native.engine import Engine, Numbers
from recognition.native.native_net import NativeNet
from recognition.native.net_file import read_layers
from recognition.registry.exported import checked_file
from recognition.types import RgbPicture

REFINE_AT_ONCE, DECIDE_AT_ONCE = 16, 4
"""Crops that go through a net together: a layer's values stay in the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeCascade:
    """The three nets. Each gives a face's logit and four offsets, O-Net ten landmarks more.

    P-Net is numbers alone: the engine knows its layers (`proposal.c`)."""

    engine: Engine
    proposal: Numbers
    refinement: NativeNet
    decision: NativeNet

    @classmethod
    def load(cls, weights_dir: Path, engine: Engine) -> NativeCascade:
        """Load the exported nets. Raises ModelError."""
        return cls(
            engine=engine,
            proposal=read_layers(checked_file("native-mtcnn-p", weights_dir)),
            refinement=NativeNet(
                checked_file("native-mtcnn-r", weights_dir), engine, REFINE_AT_ONCE
            ),
            decision=NativeNet(checked_file("native-mtcnn-o", weights_dir), engine, DECIDE_AT_ONCE),
        )

    def looking_at(self, picture: RgbPicture) -> SeenPixels:
        """The nets before one picture."""
        return SeenPixels(self, np.ascontiguousarray(picture))


class SeenPixels:
    """A picture before the nets."""

    def __init__(self, nets: NativeCascade, picture: RgbPicture) -> None:
        self._nets = nets
        self._picture = picture

    def proposals(self, height: int, width: int) -> Cells:
        """What P-Net says of the picture at this size."""
        engine = self._nets.engine
        level = engine.resize_to_planes(self._picture, height, width)
        return engine.propose(level, height, width, self._nets.proposal)

    def refined(self, bounds: Bounds) -> Values:
        """What R-Net says of these parts of the picture."""
        crops = self._nets.engine.crops(self._picture, bounds, REFINE_SIZE, REFINE_SIZE)
        return self._nets.refinement(crops)[:, 0, 0]

    def decided(self, bounds: Bounds) -> Values:
        """What O-Net says of these parts of the picture."""
        crops = self._nets.engine.crops(self._picture, bounds, DECIDE_SIZE, DECIDE_SIZE)
        return self._nets.decision(crops)[:, 0, 0]

    def greedy(self, ranked: Boxes, most: np.float32, over: Overlap) -> Rows:
        """The rows that stay when boxes that overlap too much are left out."""
        return self._nets.engine.greedy(ranked, most, over)
