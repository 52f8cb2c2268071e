"""`python -m face_engine`: tries each library that this processor can run, and tells the time.

It resizes a picture with each, and compares the result with numpy's.
"""

import ctypes
import sys
import time
from pathlib import Path

import numpy as np

from .building import WIDTHS, abilities, library_name

HERE = Path(__file__).parent
HEIGHT, WIDTH, BY = 480, 640, 4
ROUNDS = 50


def resized(library: ctypes.CDLL, picture: np.ndarray) -> np.ndarray:
    """The picture at a quarter of its sides, by area: shape (3, rows, columns)."""
    rows, columns = HEIGHT // BY, WIDTH // BY
    library.proposal_plane.restype = ctypes.c_int64
    plane = library.proposal_plane(ctypes.c_int64(rows * columns))
    planes = np.zeros((3, plane), np.float32)
    sums = np.empty(3 * WIDTH + 2 * columns + 3, np.uint32)
    numbers = [picture.strides[0], HEIGHT, WIDTH], [rows, columns, plane]
    before, after = ([ctypes.c_int64(each) for each in some] for some in numbers)
    pointers = [ctypes.c_void_p(each.ctypes.data) for each in (picture, planes, sums)]
    library.resize_to_planes(pointers[0], *before, pointers[1], *after, pointers[2])
    return planes[:, : rows * columns].reshape(3, rows, columns)


def main() -> int:
    """Print a line for each library; 1 where one computes wrongly."""
    picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    blocks = picture.reshape(HEIGHT // BY, BY, WIDTH // BY, BY, 3)
    expected = blocks.mean(axis=(1, 3), dtype=np.float64).transpose(2, 0, 1)
    wrong = 0
    usable = [HERE / library_name(width) for width in WIDTHS if width.needed <= abilities()]
    for file in filter(Path.exists, usable):
        library = ctypes.CDLL(str(file))
        began = time.perf_counter()
        for _ in range(ROUNDS):
            found = resized(library, picture)
        took = 1000 * (time.perf_counter() - began) / ROUNDS
        right = np.allclose(found, expected, atol=0.01)
        wrong += not right
        print(f"{file.name}: {took:.3f} ms, {'right' if right else 'WRONG'}")  # noqa: T201
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
