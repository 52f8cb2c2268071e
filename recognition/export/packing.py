"""Convolutions, and their numbers in the order in which the engine takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor as Weights

from recognition.native.plan import LANES, MOST_BLOCKS

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Convolution:
    """Weights (outputs, inputs, rows, columns), bias and slopes (outputs,) of one convolution.

    `gives_one_pixel`: it sees all pixels at once, as a dense layer does.
    """

    weights: Weights
    bias: Weights
    slopes: Weights
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    gives_one_pixel: bool = False


def joined(convolutions: Sequence[Convolution]) -> Convolution:
    """Several of one shape that read the same values, as one."""
    return Convolution(
        weights=torch.cat([each.weights for each in convolutions]),
        bias=torch.cat([each.bias for each in convolutions]),
        slopes=torch.cat([each.slopes for each in convolutions]),
    )


def whole(channels: int) -> int:
    return -(-channels // LANES) * LANES


def filled(values: Weights) -> Numbers:
    """Values of channels, with zeros for those that only fill a block."""
    filled = np.zeros(whole(len(values)), np.float32)
    filled[: len(values)] = values.numpy()
    return filled


def packed(weights: Weights) -> Numbers:
    """Weights (outputs, inputs, rows, columns) in the order in which the engine takes them: for
    up to 48 outputs at a time, each input's place by rows, columns, inputs."""
    outputs, inputs, rows, columns = weights.shape
    places = np.zeros((rows * columns * inputs, whole(outputs)), np.float32)
    places[:, :outputs] = weights.permute(2, 3, 1, 0).reshape(-1, outputs).numpy()
    most = MOST_BLOCKS * LANES
    parts = [places[:, begin : begin + most].ravel() for begin in range(0, places.shape[1], most)]
    return np.concatenate(parts)


def in_tiles(layer: Convolution, tile: int) -> Numbers:
    """A convolution's numbers for some outputs at a time: weights by tile, input, row, column and
    output of the tile; then bias and slopes."""
    outputs, inputs, rows, columns = layer.weights.shape
    tiles = layer.weights.reshape(outputs // tile, tile, inputs, rows, columns)
    weights = tiles.permute(0, 2, 3, 4, 1).reshape(-1).numpy()
    return np.concatenate([weights, layer.bias.numpy(), layer.slopes.numpy()])
