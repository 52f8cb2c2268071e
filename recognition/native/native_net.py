"""One exported net on the engine: loaded, checked, run by one thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.native.engine import Engine
from recognition.native.net_file import read_net
from recognition.native.plan import INPUT, shaped

Pixels = npt.NDArray[np.float32] | npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]


class NativeNet:
    """Calls a net with pixels of 0 to 255, channels innermost. Raises ModelFileCorrupt.

    Parameters:
        at_once: pictures that go through the net together, at most.
    """

    def __init__(self, file: Path, engine: Engine, at_once: int = 1) -> None:
        self._plan, self._numbers = read_net(file)
        self._engine = engine
        self._at_once = at_once
        self._size = (0, 0)

    def __call__(self, pixels: Pixels) -> Numbers:
        """Values (pictures, rows, columns, channels) for pixels (pictures, height, width, 3)."""
        starts = range(0, max(len(pixels), 1), self._at_once)
        return np.concatenate([self._run(pixels[at : at + self._at_once]) for at in starts])

    def _run(self, pixels: Pixels) -> Numbers:
        self._prepare(pixels.shape[1], pixels.shape[2])
        values, images = self._values, len(pixels)
        offset = self._shaped.tensors[INPUT, 0]
        values[offset : offset + pixels.size] = pixels.ravel()
        self._engine.run(self._shaped, self._numbers, values, images)
        offset, *sides, _, _ = self._shaped.tensors[self._plan.steps[-1].target]
        whole = values[offset : offset + images * np.prod(sides)]
        return np.array(whole.reshape(images, *sides)[..., : self._plan.outputs])

    def _prepare(self, height: int, width: int) -> None:
        """Room for all tensors of this size of picture, with zeros in their borders."""
        if (height, width) != self._size:
            self._size = height, width
            self._shaped = shaped(self._plan, height, width, self._at_once)
            self._values = np.zeros(self._shaped.values, np.float32)
