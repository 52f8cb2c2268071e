"""Boxes as arrays: overlap, suppression of duplicates, squares, regression. Pure numpy.

A box is a row (left, top, right, bottom). Some formulas count pixels (+ 1), others lengths: that
is how the reference has it, and parity asks for the same.
"""

from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float32]
"""Shape (n, 4)."""

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

BLOCK = 64

Overlap = Literal["union", "smaller"]
"""The area that two boxes' shared area is divided by: the area of both, or of the smaller one,
where lengths count pixels."""

PIXEL = {"union": 0.0, "smaller": 1.0}


class Greedy(Protocol):
    """The inner loop of suppression, which may be numpy's or compiled."""

    def __call__(self, ranked: Boxes, most: np.float32, over: Overlap) -> Rows:
        """The ranks of the boxes that stay, in order. `ranked` has the best box first. A box goes
        when its overlap with a better one that stays exceeds `most`."""


def suppress(boxes: Boxes, scores: Scores, most: float, greedy: Greedy | None = None) -> Rows:
    """Non-maximum suppression: the rows that stay, best first (as torchvision's `nms`).

    A box goes when its intersection over union with a better one exceeds `most`.
    """
    order = np.argsort(-scores, kind="stable")  # of equal scores, the first
    return order[(greedy or numpy_greedy)(boxes[order], _rounded_down(most), "union")]


def suppress_by_smaller(
    boxes: Boxes, scores: Scores, most: float, greedy: Greedy | None = None
) -> Rows:
    """The same by intersection over the smaller of two boxes, which also takes a box inside
    another; lengths count pixels (as facenet-pytorch's `nms_numpy` with method 'Min')."""
    order = np.argsort(scores, kind="stable")[::-1]  # of equal scores, the last
    return order[(greedy or numpy_greedy)(boxes[order], _rounded_down(most), "smaller")]


def numpy_greedy(ranked: Boxes, most: np.float32, over: Overlap) -> Rows:
    """Overlaps are computed for 64 of the best that are left at a time: few calls, little memory
    whatever the number of boxes."""
    alive = np.ones(len(ranked), bool)
    kept: list[int] = []
    begin = 0
    while (block := begin + np.flatnonzero(alive[begin:])[:BLOCK]).size:
        too_near = _overlaps(ranked[block], ranked, over, PIXEL[over]) > most
        for row, rank in enumerate(block):
            if alive[rank]:
                kept.append(int(rank))
                alive &= ~too_near[row]
        begin = int(block[-1]) + 1
    return np.array(kept, np.int64)


def _rounded_down(value: float) -> np.float32:
    """The largest float32 that is not above `value`: the reference compares in double precision,
    where 0.3 is less than the float32 nearest to it."""
    nearest = np.float32(value)
    return np.nextafter(nearest, np.float32(0)) if float(nearest) > value else nearest


def _overlaps(some: Boxes, others: Boxes, over: str, pixel: float) -> npt.NDArray[np.float32]:
    """Overlap of each of `some` with each of `others`: shape (some, others)."""
    left, top, right, bottom = some.T[:, :, None]
    other_left, other_top, other_right, other_bottom = np.ascontiguousarray(others.T)
    shared = _shared_side(left, right, other_left, other_right, pixel)
    shared *= _shared_side(top, bottom, other_top, other_bottom, pixel)
    of_some, of_others = _areas(some, pixel)[:, None], _areas(others, pixel)
    smaller = over == "smaller"
    against = np.minimum(of_some, of_others) if smaller else of_some + of_others - shared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(shared, against, out=against), np.float32)


def _shared_side(
    start: Scores, end: Scores, other_start: Scores, other_end: Scores, pixel: float
) -> npt.NDArray[np.float32]:
    shared = np.minimum(end, other_end)
    shared -= np.maximum(start, other_start)
    shared += np.float32(pixel)
    return np.asarray(np.maximum(shared, np.float32(0), out=shared), np.float32)


def _areas(boxes: Boxes, pixel: float) -> npt.NDArray[np.float32]:
    sides = boxes[:, 2:] - boxes[:, :2] + np.float32(pixel)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def squares(boxes: Boxes) -> Boxes:
    """Each box's square about its centre, as long as its longer side."""
    sides = boxes[:, 2:] - boxes[:, :2]
    longest = sides.max(axis=1, keepdims=True)
    corner = boxes[:, :2] + sides * np.float32(0.5) - longest * np.float32(0.5)
    return np.concatenate([corner, corner + longest], axis=1)


def moved(boxes: Boxes, offsets: npt.NDArray[np.float32], pixel: float) -> Boxes:
    """Boxes moved by a net's offsets, which count in sides of the box."""
    sides = boxes[:, 2:] - boxes[:, :2] + np.float32(pixel)
    return np.asarray(boxes + offsets * np.concatenate([sides, sides], axis=1), np.float32)


def pixel_bounds(boxes: Boxes, width: int, height: int) -> npt.NDArray[np.int64]:
    """Boxes as slices of the picture, (left, top, right, bottom): cut at its edges.

    The reference counts pixels from 1 here, so that a slice begins one before the number.
    """
    whole = np.trunc(boxes).astype(np.int64)
    first = np.maximum(whole[:, :2], 1) - 1
    last = np.minimum(whole[:, 2:], [width, height])
    return np.concatenate([first, last], axis=1)
