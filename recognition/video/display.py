"""How a frame is shown: turned by quarters and mirrored, as its display matrix says. Pure.

A matrix has nine 32-bit numbers by rows, a b u, c d v, x y w. It takes a pixel at (x, y) to
(ax + cy, bx + dy), in fixed point (ISO/IEC 14496-12, 6.2.2).
"""

import struct
from dataclasses import dataclass

import numpy as np

from recognition.types import RgbPicture

MATRIX_BYTES = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """What to do with a stored frame, in this order."""

    swap_sides: bool = False
    mirror: bool = False
    """Left and right change places."""
    flip: bool = False
    """Top and bottom change places."""


def display_of(matrix: bytes) -> Display:
    """The nearest of the eight ways to lay a picture; without a matrix, the way it is stored."""
    if len(matrix) < MATRIX_BYTES:
        return Display()
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Display(mirror=a < 0, flip=d < 0)
    return Display(swap_sides=True, mirror=c < 0, flip=b < 0)


def shown(picture: RgbPicture, display: Display) -> RgbPicture:
    """The frame as players show it."""
    if display.swap_sides:
        picture = picture.transpose(1, 0, 2)
    if display.mirror:
        picture = np.fliplr(picture)
    if display.flip:
        picture = np.flipud(picture)
    return np.ascontiguousarray(picture)
