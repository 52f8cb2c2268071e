"""`engine.c` as a library: the way in, with its types."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.native.plan import ShapedPlan
from recognition.types import RgbPicture

Numbers = npt.NDArray[np.float32]

SCRATCH = 500_000
"""Numbers that one step needs room for; as `winograd.c` has it."""

Bounds = npt.NDArray[np.int64]
"""Rectangles: shape (n, 4), (left, top, right, bottom) in whole pixels, C-contiguous."""


class Engine:
    """The compiled library. It has no threads: a process may load it and fork.

    One thread at a time may use it.
    """

    def __init__(self, library: Path) -> None:
        loaded = ctypes.CDLL(str(library))
        self._scratch = np.empty(SCRATCH, np.float32)
        pointer, count = ctypes.c_void_p, ctypes.c_int64
        self._run_steps = loaded.run_steps
        self._run_steps.argtypes = [pointer, count, *[pointer] * 4, count]
        self._run_steps.restype = None
        self._resize_area = loaded.resize_area
        self._resize_area.argtypes = [pointer, *[count] * 3, pointer, *[count] * 2, pointer]
        self._resize_area.restype = None
        self._resize_crops = loaded.resize_crops
        self._resize_crops.argtypes = [pointer, count, pointer, count, pointer, count, pointer]
        self._resize_crops.restype = None

    def run(self, plan: ShapedPlan, numbers: Numbers, values: Numbers, images: int) -> None:
        """Run a plan's steps over its tensors, which lie in `values`."""
        self._run_steps(
            plan.steps.ctypes.data, len(plan.steps), plan.tensors.ctypes.data,
            numbers.ctypes.data, values.ctypes.data, self._scratch.ctypes.data, images,
        )  # fmt: skip

    def resize(self, picture: RgbPicture, height: int, width: int) -> Numbers:
        """The picture at another size, by area: shape (height, width, 3)."""
        result = np.empty((height, width, 3), np.float32)
        sums = np.empty(3 * picture.shape[1], np.uint32)
        self._resize_area(
            picture.ctypes.data, picture.strides[0], *picture.shape[:2],
            result.ctypes.data, height, width, sums.ctypes.data,
        )  # fmt: skip
        return result

    def crops(self, picture: RgbPicture, bounds: Bounds, size: int) -> Numbers:
        """Rectangles (left, top, right, bottom) of a picture that hold a pixel or more, each
        resized by area: shape (n, size, size, 3)."""
        result = np.empty((len(bounds), size, size, 3), np.float32)
        sums = np.empty(3 * picture.shape[1], np.uint32)
        self._resize_crops(
            picture.ctypes.data, picture.strides[0], bounds.ctypes.data, len(bounds),
            result.ctypes.data, size, sums.ctypes.data,
        )  # fmt: skip
        return result
