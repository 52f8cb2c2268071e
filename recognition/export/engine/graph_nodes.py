"""What a graph's nodes say of themselves."""

from __future__ import annotations

from typing import Any

from onnx import NodeProto, helper

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


def padding_of(node: NodeProto) -> tuple[int, int]:
    """Rows and columns that a convolution is padded with on each side. Raises NotForEngine."""
    top, left, bottom, right = attribute(node, "pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        raise NotForEngine("it pads one side only")
    return top, left
