"""Builds an ONNX file node by node, from numpy's numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from recognition.export.layers import Convolution, Values

OPSET = 17
IR_VERSION = 8
"""It is as old as the opset, so that older ONNX Runtimes load it, too."""

INPUT = "pixels"

Axis = int | str
"""A length, or the name of one that is free."""


class OnnxGraph:
    """Nodes and constants. A value is known by its name; the first is `INPUT`."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; returns the name of its result."""
        result = f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [result], **attributes))
        return result

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        """Add a constant, and return its name."""
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolve(self, x: str, layer: Convolution, adds: str | None = None) -> str:
        """A convolution, `adds` added to its result, and the slopes of negative values."""
        rows, columns = layer.padding
        result = self.node(
            "Conv", x, self.constant(layer.weights), self.constant(layer.bias),
            kernel_shape=layer.weights.shape[2:], strides=[layer.stride] * 2,
            pads=[rows, columns, rows, columns],
        )  # fmt: skip
        if adds is not None:
            result = self.node("Add", result, adds)
        if (layer.slopes == 1).all():
            return result
        return self.relu(result) if not layer.slopes.any() else self.prelu(result, layer.slopes)

    def relu(self, x: str) -> str:
        """Add a ReLU, and return the name of what it gives."""
        return self.node("Relu", x)

    def prelu(self, x: str, slopes: Values) -> str:
        """PReLU as a x + (1 - a) relu(x), of nodes that ONNX Runtime has quick kernels for."""
        bent = self._times(self.relu(x), 1 - slopes)
        return self.node("Add", self._times(x, slopes), bent)

    def _times(self, x: str, factors: Values) -> str:
        """Each channel times its factor: a convolution, which keeps values in blocks."""
        weights = self.constant(factors.reshape(-1, 1, 1, 1))
        return self.node("Conv", x, weights, kernel_shape=[1, 1], group=len(factors))

    def maximum(self, x: str, side: int, reaches_over: bool = False) -> str:
        """The largest value in windows of `side` pixels, two pixels apart."""
        return self.node(
            "MaxPool", x, kernel_shape=[side] * 2, strides=[2, 2], ceil_mode=int(reaches_over)
        )

    def write(self, path: Path, shape: Sequence[Axis], **outputs: str) -> None:
        """Write the net, for any number of pictures.

        Parameters:
            shape: of a picture: channels, rows, columns.
            outputs: which values are given, by the names that they get.
        """
        named = [helper.make_node("Identity", [value], [name]) for name, value in outputs.items()]
        pixels = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["pictures", *shape])
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph([*self._nodes, *named], "net", [pixels], given, self._constants)
        onnx.save(model_of(graph), path)


def model_of(graph: GraphProto) -> ModelProto:
    """A graph of our nodes as a whole model."""
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
