"""`engine.c` as a library: the way in, with its types."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.detection.boxes import PIXEL, Overlap, Rows
from recognition.native.plan import ShapedPlan
from recognition.types import RgbPicture

Numbers = npt.NDArray[np.float32]

SCRATCH = 700_000
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
        self._work = np.zeros(0, np.float32)
        pointer, count = ctypes.c_void_p, ctypes.c_int64
        self._run_steps = loaded.run_steps
        self._run_steps.argtypes = [pointer, count, *[pointer] * 4, count]
        self._run_steps.restype = None
        self._resize_to_planes = loaded.resize_to_planes
        self._resize_to_planes.argtypes = [
            pointer, *[count] * 3, pointer, *[count] * 3, pointer
        ]  # fmt: skip
        self._resize_to_planes.restype = None
        self._resize_crops = loaded.resize_crops
        self._resize_crops.argtypes = [pointer, count, pointer, count, pointer, count, pointer]
        self._resize_crops.restype = None
        self._proposal_plane = loaded.proposal_plane
        self._proposal_plane.argtypes, self._proposal_plane.restype = [count], count
        self._proposal_work = loaded.proposal_work
        self._proposal_work.argtypes, self._proposal_work.restype = [count, count], count
        self._propose = loaded.propose
        self._propose.argtypes = [pointer, *[count] * 2, *[pointer] * 3]
        self._propose.restype = None
        self._suppress = loaded.suppress
        self._suppress.argtypes = [
            pointer, count, ctypes.c_float, ctypes.c_float, count, pointer, pointer
        ]  # fmt: skip
        self._suppress.restype = count

    def run(self, plan: ShapedPlan, numbers: Numbers, values: Numbers, images: int) -> None:
        """Run a plan's steps over its tensors, which lie in `values`."""
        self._run_steps(
            plan.steps.ctypes.data, len(plan.steps), plan.tensors.ctypes.data,
            numbers.ctypes.data, values.ctypes.data, self._scratch.ctypes.data, images,
        )  # fmt: skip

    def resize_to_planes(self, picture: RgbPicture, height: int, width: int) -> Numbers:
        """The picture at another size, by area: shape (3, plane), of which each plane's first
        height * width numbers are its rows; what is behind them, P-Net may read."""
        planes = np.zeros((3, self._proposal_plane(height * width)), np.float32)
        sums = _sums(picture.shape[1], width)
        self._resize_to_planes(
            picture.ctypes.data, picture.strides[0], *picture.shape[:2],
            planes.ctypes.data, height, width, planes.shape[1],
            sums.ctypes.data,
        )  # fmt: skip
        return planes

    def crops(self, picture: RgbPicture, bounds: Bounds, size: int) -> Numbers:
        """Rectangles (left, top, right, bottom) of a picture that hold a pixel or more, each
        resized by area: shape (n, size, size, 3)."""
        result = np.empty((len(bounds), size, size, 3), np.float32)
        sums = _sums(picture.shape[1], size)
        self._resize_crops(
            picture.ctypes.data, picture.strides[0], bounds.ctypes.data, len(bounds),
            result.ctypes.data, size, sums.ctypes.data,
        )  # fmt: skip
        return result

    def propose(self, planes: Numbers, height: int, width: int, numbers: Numbers) -> Numbers:
        """P-Net's cells of a level, as `resize_to_planes` gives it: shape (5, rows, columns)."""
        rows, length = (height - 1) // 2 - 4, (width - 1) // 2
        work = self._room(self._proposal_work(height, width))
        cells = np.empty((5, self._proposal_plane(rows * length)), np.float32)
        self._propose(
            planes.ctypes.data, height, width, numbers.ctypes.data, work.ctypes.data,
            cells.ctypes.data,
        )  # fmt: skip
        return cells[:, : rows * length].reshape(5, rows, length)[:, :, : length - 4]

    def _room(self, count: int) -> Numbers:
        """Return at least this many numbers to work with, kept for the next time."""
        if len(self._work) < count:
            self._work = np.zeros(count, np.float32)
        return self._work

    def greedy(self, ranked: Numbers, most: np.float32, over: Overlap) -> Rows:
        """Suppression's inner loop, as `recognition.detection.boxes.Greedy` describes it."""
        sides = np.ascontiguousarray(ranked.T, np.float32)
        alive, kept = np.empty(len(ranked), np.int32), np.empty(len(ranked), np.int64)
        count = self._suppress(
            sides.ctypes.data, len(ranked), most, PIXEL[over], over == "smaller",
            alive.ctypes.data, kept.ctypes.data,
        )  # fmt: skip
        return kept[:count]


def _sums(width: int, new_width: int) -> npt.NDArray[np.uint32]:
    """Room for the sums of a picture's rows, and for the windows of the new columns."""
    return np.empty(3 * width + 2 * new_width + 3, np.uint32)
