"""The numbers of convolutions in the order in which the engine takes them.

Those of 3 x 3 are transformed for Winograd's F(4x4, 3x3), as `winograd.c` takes them.
Lavin and Gray, 2015, arXiv 1509.09308.
"""

import numpy as np
import numpy.typing as npt

from recognition.export.layers import Convolution, Values
from recognition.native.plan import LANES, MOST_BLOCKS

Numbers = npt.NDArray[np.float32]


def whole(channels: int) -> int:
    """The number of channels, rounded up to whole blocks of the engine."""
    return -(-channels // LANES) * LANES


def filled(values: Values) -> Numbers:
    """Values of channels, with zeros for those that only fill a block."""
    filled = np.zeros(whole(len(values)), np.float32)
    filled[: len(values)] = values
    return filled


def packed(weights: Values) -> Numbers:
    """Weights (outputs, inputs, rows, columns) in the order in which the engine takes them.

    It takes up to 48 outputs at a time (two times 32 of 64), each place by rows, columns, inputs.
    """
    outputs, inputs, rows, columns = weights.shape
    places = np.zeros((rows * columns * inputs, whole(outputs)), np.float32)
    places[:, :outputs] = weights.transpose(2, 3, 1, 0).reshape(-1, outputs)
    parts = []
    while left := places.shape[1] // LANES:
        width = LANES * (2 if left == MOST_BLOCKS + 1 else min(left, MOST_BLOCKS))
        parts.append(places[:, :width].ravel())
        places = places[:, width:]
    return np.concatenate(parts)


DENSE_NUMBERS = 1 << 20
"""A layer of one pixel with more weights is as fast as these come from memory: 16 bits for each
take SFace's from 2.2 to 0.8 ms. Its published weights have 8 bits, in blocks."""

HALVES_ERROR = 2.0**-11
"""What rounding to 16 bits may change of weights, where these are neither huge nor tiny."""


def is_dense(layer: Convolution) -> bool:
    """Whether a layer gives one pixel and has very many weights, which 16 bits hold."""
    weights = layer.weights
    if not layer.gives_one_pixel or weights.size <= DENSE_NUMBERS:
        return False
    with np.errstate(over="ignore"):
        error = weights.astype(np.float16) - weights
    return bool(np.linalg.norm(error) <= HALVES_ERROR * np.linalg.norm(weights))


def packed_depthwise(weights: Values) -> Numbers:
    """Weights (channels, 1, rows, columns) of each channel alone: by rows, columns, channels."""
    return np.concatenate([filled(place) for place in weights.reshape(len(weights), -1).T])


def in_tiles(layer: Convolution, tile: int) -> Numbers:
    """A convolution's numbers for some outputs at a time: weights by tile, input, row, column and
    output of the tile; then bias and slopes."""
    outputs, inputs, rows, columns = layer.weights.shape
    tiles = layer.weights.reshape(outputs // tile, tile, inputs, rows, columns)
    weights = tiles.transpose(0, 2, 3, 4, 1).reshape(-1)
    return np.concatenate([weights, layer.bias, layer.slopes])


# 3 weights to 6: the matrix G.
SPREAD = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
    np.float64,
)

MOST_CHANNELS = 192
"""With more, the transformed weights, 4 times as many, take longer to come from memory than the
multiplications that they save."""


LEAST_CHANNELS = 1024
"""Inputs times outputs. With fewer, the transforms cost more than they save (32 x 32: 9 %)."""


def suits_winograd(layer: Convolution) -> bool:
    """Whether a convolution is one that this makes faster."""
    outputs, inputs, rows, columns = layer.weights.shape
    is_square = (rows, columns) == (3, 3) and layer.stride == 1 and not layer.gives_one_pixel
    is_enough = inputs * outputs >= LEAST_CHANNELS
    return is_square and is_enough and max(inputs, outputs) <= MOST_CHANNELS


def packed_for_winograd(weights: Values) -> Numbers:
    """36 matrices of weights, one behind the other."""
    outputs, inputs, *_ = weights.shape
    spread = SPREAD @ weights.astype(np.float64) @ SPREAD.T
    filled = np.zeros((outputs, whole(inputs), 6, 6), np.float32)
    filled[:, :inputs] = spread
    matrices = [
        packed(filled[:, :, row : row + 1, column : column + 1])
        for row in range(6)
        for column in range(6)
    ]
    return np.concatenate(matrices)
