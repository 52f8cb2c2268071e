"""What a graph's nodes say of themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, helper

Doubles = npt.NDArray[np.float64]

PASSING = ("Dropout", "Identity", "Flatten")
LINEAR = ("BatchNormalization", "Add", "Sub", "Mul", "Div")
BENDING = ("PRelu", "Relu", "LeakyRelu")

MOST_PLACES = 64
"""Of a kernel, as `convolution.c` has it."""


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
