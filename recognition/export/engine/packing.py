"""The numbers of convolutions in the order in which the engine takes them."""

from __future__ import annotations

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
