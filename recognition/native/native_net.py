"""One exported net on the engine: loaded, checked, run by one thread."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.embedding.parts import in_parts
from recognition.native.engine import Engine
from recognition.native.net_file import read_net
from recognition.native.plan import INPUT, Output, ShapedPlan, shaped
from recognition.registry.exported import checked_file

Pixels = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float32]

SHAPES_KEPT = 64


class NativeNet:
    """Calls a net with pixels of 0 to 255, channels innermost.

    Parameters:
        at_once: pictures that go through the net together, at most.
    """

    def __init__(self, name: str, weights_dir: Path, engine: Engine, at_once: int = 1) -> None:
        self._load(checked_file(name, weights_dir), engine, at_once)

    @classmethod
    def of_file(cls, file: Path, engine: Engine, at_once: int) -> NativeNet:
        """A net in a separate file, without a manifest."""
        net = cls.__new__(cls)
        net._load(file, engine, at_once)
        return net

    def _load(self, file: Path, engine: Engine, at_once: int) -> None:
        self._plan, self._numbers = read_net(file)
        self._engine = engine
        self._at_once = at_once
        self._shapes: OrderedDict[tuple[int, int], ShapedPlan] = OrderedDict()
        self._values = np.zeros(0, np.float32)
        self._shape_of_values: tuple[int, int] | None = None

    def __call__(self, pixels: Pixels) -> list[Numbers]:
        """Outputs (pictures, rows, columns, channels) for pixels (pictures, height, width, 3)."""
        return in_parts(self._run, pixels, self._at_once)

    def _run(self, pixels: Pixels) -> list[Numbers]:
        size = (pixels.shape[1], pixels.shape[2])
        plan = self._shaped(size)
        values = self._cleared(size, plan)
        offset = plan.tensors[INPUT, 0]
        values[offset : offset + pixels.size] = pixels.ravel()
        self._engine.run(plan, self._numbers, values, len(pixels))
        return [self._output(each, plan, values, len(pixels)) for each in self._plan.outputs]

    def _shaped(self, size: tuple[int, int]) -> ShapedPlan:
        if size not in self._shapes:
            self._shapes[size] = shaped(self._plan, *size, self._at_once)
            if len(self._shapes) > SHAPES_KEPT:
                self._shapes.popitem(last=False)
        self._shapes.move_to_end(size)
        return self._shapes[size]

    def _cleared(self, size: tuple[int, int], plan: ShapedPlan) -> Numbers:
        """Room for all tensors. Their borders must be zero, and lie elsewhere for each size."""
        if len(self._values) < plan.values:
            self._values = np.zeros(plan.values, np.float32)
        elif size != self._shape_of_values and plan.has_borders:
            self._values[:] = 0.0
        self._shape_of_values = size
        return self._values

    def _output(self, output: Output, plan: ShapedPlan, values: Numbers, images: int) -> Numbers:
        offset, rows, columns, channels, *_ = plan.tensors[output.tensor]
        whole = values[offset : offset + images * rows * columns * channels]
        shape = (images, rows, columns, channels)
        chosen = slice(output.channel, output.channel + output.channels)
        return np.array(whole.reshape(shape)[..., chosen])
