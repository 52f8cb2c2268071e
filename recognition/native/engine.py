"""`engine.c` as a library: the way in, with its types."""

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.detection.boxes import PIXEL, Overlap, Rows
from recognition.native.plan import INPUT, ShapedPlan
from recognition.types import RgbPicture

Numbers = npt.NDArray[np.float32]

NO_PIXELS: RgbPicture = np.zeros((0, 0, 0, 3), np.uint8)
HEIGHT = 1

SCRATCH = 700_000
"""Numbers that one step needs room for; as `winograd.c` has it."""

Bounds = npt.NDArray[np.int64]
"""Rectangles: shape (n, 4), (left, top, right, bottom) in whole pixels, C-contiguous."""


Argument = npt.NDArray[np.generic] | int | float | np.float32

_POINTER, _COUNT, _NUMBER = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
SIGNATURES: dict[str, tuple[list[type], type | None]] = {
    "run_steps": ([_POINTER, _COUNT, *[_POINTER] * 4, _COUNT, _POINTER, _COUNT], None),
    "resize_to_planes": ([_POINTER, *[_COUNT] * 3, _POINTER, *[_COUNT] * 3, _POINTER], None),
    "resize_crops": ([*[_POINTER, _COUNT] * 3, _COUNT, _POINTER], None),
    "proposal_plane": ([_COUNT], _COUNT),
    "proposal_work": ([_COUNT, _COUNT], _COUNT),
    "propose": ([_POINTER, *[_COUNT] * 2, *[_POINTER] * 3], None),
    "suppress": ([_POINTER, _COUNT, _NUMBER, _NUMBER, _COUNT, _POINTER, _POINTER], _COUNT),
}
"""The C functions, with the types of what they take and give."""


class Engine:
    """The compiled library. It has no threads: a process may load it and fork.

    One thread at a time may use it.
    """

    def __init__(self, library: Path) -> None:
        loaded = ctypes.CDLL(str(library))
        self._functions = {name: loaded[name] for name in SIGNATURES}
        for name, (arguments, result) in SIGNATURES.items():
            self._functions[name].argtypes = arguments
            self._functions[name].restype = result
        self._scratch = np.empty(SCRATCH, np.float32)
        self._work = np.zeros(0, np.float32)

    def _call(self, name: str, *arguments: Argument) -> int:
        """Call a C function, which reads and writes the arrays themselves."""
        given = [it.ctypes.data if isinstance(it, np.ndarray) else it for it in arguments]
        return int(self._functions[name](*given) or 0)

    def run(
        self, plan: ShapedPlan, numbers: Numbers, values: Numbers, images: int,
        pixels: RgbPicture = NO_PIXELS,
    ) -> None:  # fmt: skip
        """Run a plan's steps over its tensors, which lie in `values`, also the input but where it
        comes as bytes: (pictures, height, width, channels)."""
        rows = len(pixels) * int(plan.tensors[INPUT, HEIGHT])
        self._call(
            "run_steps", plan.steps, len(plan.steps), plan.tensors, numbers, values,
            self._scratch, images, pixels, rows,
        )  # fmt: skip

    def resize_to_planes(self, picture: RgbPicture, height: int, width: int) -> Numbers:
        """The picture at another size, by area: shape (3, plane), of which each plane's first
        height * width numbers are its rows; what is behind them, P-Net may read."""
        planes = np.zeros((3, self._call("proposal_plane", height * width)), np.float32)
        sums = _sums(picture.shape[1], width)
        self._call(
            "resize_to_planes", picture, picture.strides[0], *picture.shape[:2],
            planes, height, width, planes.shape[1], sums,
        )  # fmt: skip
        return planes

    def crops(self, picture: RgbPicture, bounds: Bounds, height: int, width: int) -> Numbers:
        """Rectangles (left, top, right, bottom) of a picture that hold a pixel or more, each
        resized by area: shape (n, height, width, 3)."""
        result = np.empty((len(bounds), height, width, 3), np.float32)
        sums = _sums(picture.shape[1], width)
        self._call(
            "resize_crops", picture, picture.strides[0], bounds, len(bounds),
            result, height, width, sums,
        )  # fmt: skip
        return result

    def resized(self, picture: RgbPicture, height: int, width: int) -> Numbers:
        """The picture at another size, by area: shape (height, width, 3)."""
        whole = np.array([[0, 0, picture.shape[1], picture.shape[0]]])
        return self.crops(np.ascontiguousarray(picture), whole, height, width)[0]

    def propose(self, planes: Numbers, height: int, width: int, numbers: Numbers) -> Numbers:
        """P-Net's cells of a level, as `resize_to_planes` gives it: shape (5, rows, columns)."""
        rows, length = (height - 1) // 2 - 4, (width - 1) // 2
        work = self._room(self._call("proposal_work", height, width))
        cells = np.empty((5, self._call("proposal_plane", rows * length)), np.float32)
        self._call("propose", planes, height, width, numbers, work, cells)
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
        count = self._call(
            "suppress", sides, len(ranked), most, PIXEL[over], over == "smaller", alive, kept
        )
        return kept[:count]


def _sums(width: int, new_width: int) -> npt.NDArray[np.uint32]:
    """Room for the sums of a picture's rows, and for the windows of the new columns."""
    return np.empty(3 * width + 2 * new_width + 3, np.uint32)
