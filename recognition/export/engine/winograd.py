"""Transforms weights for Winograd's F(4x4, 3x3), as the engine's `winograd.c` takes them.

Lavin and Gray, 2015, arXiv 1509.09308.
"""

from __future__ import annotations

import numpy as np

from recognition.export.engine.packing import Numbers, packed, whole
from recognition.export.layers import Convolution, Values

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
