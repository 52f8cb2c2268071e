"""Layers of a state dict as convolutions, with what stands beside them multiplied in.

Nothing is approximated: batch normalisation, the pixels' mean and scale, and a softmax of two are
linear in what comes before them. It is done in double precision, and rounded once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32]
State = Mapping[str, npt.NDArray[np.float32]]

PIXEL_MEAN = 127.5
BATCH_NORM_EPSILON = 0.001
"""The layers of facenet-pytorch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Convolution:
    """Weights (outputs, inputs, rows, columns), bias and slopes (outputs,) of one convolution.

    Parameters:
        slopes: what negative results are multiplied by: 1 leaves them, 0 is a ReLU.
        gives_one_pixel: it sees all pixels at once, as a dense layer does.
    """

    weights: Values
    bias: Values
    slopes: Values
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    gives_one_pixel: bool = False


def convolution(
    state: State, name: str, stride: int = 1, *, keeps_size: bool = False
) -> Convolution:
    """A layer by its name; negative values stay. A dense layer's weights are (outputs, inputs).

    With `keeps_size` it is padded so that there are as many pixels behind it as before.
    """
    weights = state[f"{name}.weight"]
    bias = state.get(f"{name}.bias", np.zeros(len(weights), np.float32))
    slopes = np.ones(len(weights), np.float32)
    padding = (weights.shape[2] // 2, weights.shape[3] // 2) if keeps_size else (0, 0)
    return Convolution(weights=weights, bias=bias, slopes=slopes, stride=stride, padding=padding)


def with_prelu(layer: Convolution, state: State, name: str) -> Convolution:
    """The layer with a PReLU behind it, whose slopes the state has by name."""
    return replace(layer, slopes=state[f"{name}.weight"])


def normalised(layer: Convolution, state: State, name: str) -> Convolution:
    """A layer with the batch normalisation behind it."""
    deviation = np.sqrt(_double(state[f"{name}.running_var"]) + BATCH_NORM_EPSILON)
    scale = _double(state[f"{name}.weight"]) / deviation
    shift = _double(state[f"{name}.bias"]) - _double(state[f"{name}.running_mean"]) * scale
    weights = _double(layer.weights) * scale.reshape(-1, *[1] * (layer.weights.ndim - 1))
    return replace(layer, weights=single(weights), bias=single(shift + scale * _double(layer.bias)))


def with_relu(layer: Convolution) -> Convolution:
    """The layer with a ReLU behind it: a PReLU of slope 0."""
    return replace(layer, slopes=np.zeros_like(layer.slopes))


def scaled(layer: Convolution, factor: float) -> Convolution:
    """The layer with its results multiplied by a factor."""
    times = np.float32(factor)
    return replace(layer, weights=layer.weights * times, bias=layer.bias * times)


def taking_pixels(
    layer: Convolution, mean: float = PIXEL_MEAN, scale: float = 1 / 128
) -> Convolution:
    """The layer for pixels of 0 to 255 instead of (x - mean) * scale. It must have no padding."""
    weights = _double(layer.weights) * scale
    bias = _double(layer.bias) - mean * weights.sum(axis=(1, 2, 3))
    return replace(layer, weights=single(weights), bias=single(bias))


def of_two(layer: Convolution) -> Convolution:
    """A softmax of two is the sigmoid of their difference: the layer's two values as that one."""
    return Convolution(
        weights=layer.weights[1:] - layer.weights[:1],
        bias=layer.bias[1:] - layer.bias[:1],
        slopes=np.ones(1, np.float32),
    )


def joined(layers: Sequence[Convolution]) -> Convolution:
    """Several of one shape that read the same values, as one."""
    return Convolution(
        weights=np.concatenate([each.weights for each in layers]),
        bias=np.concatenate([each.bias for each in layers]),
        slopes=np.concatenate([each.slopes for each in layers]),
    )


def single(values: npt.NDArray[np.float64]) -> Values:
    """Values as float32, after a calculation in double precision."""
    return values.astype(np.float32)


def _double(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return values.astype(np.float64)
