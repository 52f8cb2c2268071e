"""One exported net on the engine: loaded, checked, run by one thread."""

import math
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.native.engine import NO_PIXELS, Engine
from recognition.native.net_file import read_net
from recognition.native.plan import INPUT, shaped

Pixels = npt.NDArray[np.float32] | npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]

SIZES_KEPT = 16
"""Pictures of as many sizes find their tables of steps made."""


class NativeNet:
    """Calls a net with pixels of 0 to 255, channels innermost. Raises ModelFileCorrupt.

    Parameters:
        at_once: pictures that go through the net together, at most.
    """

    def __init__(self, file: Path, engine: Engine, at_once: int = 1) -> None:
        self._plan, self._numbers = read_net(file)
        self._engine = engine
        self._at_once = at_once
        self._shapes = lru_cache(SIZES_KEPT)(partial(shaped, self._plan, images=at_once))
        self._size = (0, 0)
        self._values = np.zeros(0, np.float32)

    def __call__(self, pixels: Pixels) -> Numbers:
        """Values (pictures, rows, columns, channels) for pixels (pictures, height, width, 3)."""
        starts = range(0, max(len(pixels), 1), self._at_once)
        parts = (self.all_of(pixels[at : at + self._at_once])[0] for at in starts)
        return np.concatenate([part.copy() for part in parts])

    def all_of(self, pixels: Pixels) -> list[Numbers]:
        """The same of each of the net's results, for `at_once` pictures at most, until the next
        call."""
        self._prepare(pixels.shape[1], pixels.shape[2])
        images = len(pixels)
        if pixels.dtype == np.uint8:
            taken = np.ascontiguousarray(pixels, np.uint8)
        else:
            self._within(INPUT, images)[...], taken = pixels, NO_PIXELS
        self._engine.run(self._shaped, self._numbers, self._values, images, taken)
        results = [self._within(tensor, images) for tensor in self._plan.results]
        return [result[..., : self._plan.outputs] for result in results]

    def _surround(self) -> None:
        """Put what is 0 to the net around the input."""
        whole = self._within(INPUT, self._at_once, bordered=True)
        rows, columns = self._plan.tensors[INPUT].border
        for rim in (
            whole[:, :rows],
            whole[:, whole.shape[1] - rows :],
            whole[:, :, :columns],
            whole[:, :, whole.shape[2] - columns :],
        ):
            rim[...] = self._plan.beyond or 0

    def _within(self, tensor: int, images: int, *, bordered: bool = False) -> Numbers:
        """A tensor's pictures, with their borders or without."""
        offset, height, width, channels, rows, columns = self._shaped.tensors[tensor].tolist()
        shape = images, height + 2 * rows, width + 2 * columns, channels
        whole = self._values[offset : offset + math.prod(shape)].reshape(shape)
        return whole if bordered else whole[:, rows : rows + height, columns : columns + width]

    def _prepare(self, height: int, width: int) -> None:
        """Room for all tensors of this size of picture, and the input's border."""
        if (height, width) != self._size:
            self._size = height, width
            self._shaped = self._shapes(height, width)
            if len(self._values) < self._shaped.values:
                self._values = np.zeros(self._shaped.values, np.float32)
            self._surround()
