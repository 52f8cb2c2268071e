"""What a graph's nodes say of themselves, and its constants as its layers use them."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, helper, numpy_helper

Doubles = npt.NDArray[np.float64]

PASSING = ("Dropout", "Identity", "Flatten")
LINEAR = ("BatchNormalization", "Add", "Sub", "Mul", "Div")
BENDING = ("PRelu", "Relu", "LeakyRelu")

MOST_PLACES = 64
"""Of a kernel of `convolution.c`."""


class NotForEngine(Exception):
    """The graph holds something that the engine can't run."""


def attribute(node: NodeProto, name: str, usual: Any) -> Any:
    """A node's attribute by its name, or what it usually is."""
    found = (helper.get_attribute_value(it) for it in node.attribute if it.name == name)
    return next(found, usual)


def for_channels(values: Doubles, channels: int) -> Doubles:
    """Constants that are one for each channel, or one for all. Raises NotForEngine."""
    if len(values) not in (1, channels):
        raise NotForEngine("it has constants that are not one for each channel")
    return values


def stride_of(node: NodeProto) -> int:
    """Pixels from one result to the next. Raises NotForEngine."""
    down, right = attribute(node, "strides", [1, 1])
    if down != right:
        raise NotForEngine("its strides differ between rows and columns")
    return int(down)


def check_dense(node: NodeProto) -> None:
    """Raises NotForEngine where a dense layer is more than a product and a sum."""
    scales = attribute(node, "alpha", 1.0), attribute(node, "beta", 1.0)
    if scales != (1.0, 1.0) or attribute(node, "transA", 0):
        raise NotForEngine("a dense layer scales or turns what it reads")


def padding_of(node: NodeProto) -> tuple[int, int]:
    """Rows and columns that a node is padded with on each side. Raises NotForEngine."""
    if attribute(node, "auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise NotForEngine("it leaves the padding to who runs it")
    top, left, bottom, right = attribute(node, "pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        raise NotForEngine("it pads one side only")
    return top, left


class Constants:
    """A graph's constants by name, and what nodes do with them."""

    def __init__(self, net: ModelProto) -> None:
        self._arrays = {it.name: numpy_helper.to_array(it) for it in net.graph.initializer}

    def linear(self, node: NodeProto) -> tuple[str, Doubles, Doubles] | None:
        """What a node makes linear, by which scale and shift; None where it is not by constants."""
        if node.op_type == "BatchNormalization":
            gamma, beta, mean, variance = (self.number(name) for name in node.input[1:])
            scale = gamma / np.sqrt(variance + attribute(node, "epsilon", 1e-5))
            return node.input[0], scale, beta - mean * scale
        names = [name for name in node.input if name in self._arrays]
        if len(names) != 1:
            return None
        (source,) = (name for name in node.input if name not in names)
        by, one, none = self.number(names[0]), np.ones(1), np.zeros(1)
        if node.op_type == "Add":
            return source, one, by
        if node.op_type == "Mul":
            return source, by, none
        if source != node.input[0]:
            raise NotForEngine("it subtracts from a constant, or divides one")
        return (source, one, -by) if node.op_type == "Sub" else (source, 1 / by, none)

    def number(self, name: str) -> Doubles:
        """A constant for each channel, or one for all."""
        return self._arrays[name].astype(np.float64).reshape(-1)

    def weights(self, node: NodeProto, channels: int) -> tuple[Doubles, Doubles]:
        """Weights (outputs, inputs, rows, columns) and bias (outputs,)."""
        weights = self._arrays[node.input[1]].astype(np.float64)
        if node.op_type != "Conv":
            check_dense(node)
            rows = weights if attribute(node, "transB", 0) else weights.T
            side = math.isqrt(rows.shape[1] // channels)
            weights = rows.reshape(len(rows), channels, side, side)
            if side**2 > MOST_PLACES:
                raise NotForEngine(f"a dense layer sees more than {MOST_PLACES} pixels")
        elif attribute(node, "group", 1) not in (1, len(weights)):
            raise NotForEngine("it has a convolution in groups")
        elif set(attribute(node, "dilations", [1])) != {1} or weights[0, 0].size > MOST_PLACES:
            raise NotForEngine(f"it has a kernel with gaps, or of more than {MOST_PLACES} places")
        bias = self.number(node.input[2]) if len(node.input) > 2 else np.zeros(1)
        return weights, for_channels(bias, len(weights))

    def slopes(self, node: NodeProto) -> Doubles:
        """What a PReLU, ReLU or leaky ReLU multiplies numbers below 0 by."""
        if node.op_type == "PRelu":
            return self.number(node.input[1])
        return np.full(1, 0.0 if node.op_type == "Relu" else attribute(node, "alpha", 0.01))
