"""An embedder's graph as a plan for the engine.

It knows convolutions (of all channels, or of each alone), what is linear beside them, PReLU, gates
(Hu et al., 2018, arXiv 1709.01507) with or without a shortcut, and a dense layer.
"""

from dataclasses import dataclass, replace

import numpy as np
from onnx import ModelProto, NodeProto

from recognition.errors import WeightsCorrupt
from recognition.export.engine.graph_nodes import (
    BENDING,
    LINEAR,
    PASSING,
    Constants,
    Doubles,
    NotForEngine,
    attribute,
    for_channels,
    padding_of,
    stride_of,
)
from recognition.export.engine.packing import Numbers
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import Convolution, single
from recognition.native.plan import INPUT, Plan, Size, whole_sizes
from recognition.registry.models import Model

ONE_PIXEL = (1, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Value:
    """A value of the graph: a tensor's numbers times `scale` plus `shift`, by channel; then times
    the sigmoid of `gates`."""

    tensor: int
    scale: Doubles
    shift: Doubles
    gates: int | None = None


def graph_plan(net: ModelProto, model: Model) -> tuple[Plan, Numbers]:
    """Pixels of faces -> embeddings that are not yet of length 1. Raises WeightsCorrupt."""
    try:
        return _Reading(net, model).plan()
    except NotForEngine as error:
        problem = str(error)
    except (KeyError, ValueError, IndexError) as error:
        problem = f"it has a layer of another form ({error})"
    raise WeightsCorrupt(f"the engine can't run the net {model.net}: {problem}")


class _Reading:
    """Walks over a graph's nodes, each after those that it reads."""

    def __init__(self, net: ModelProto, model: Model) -> None:
        self._graph, self._model = net.graph, model
        self._constants = Constants(net)
        pixels = net.graph.input[0].name
        self._builder = PlanBuilder(self._border(pixels))
        self._beyond: list[float] = []
        scale = np.full(3, model.pixel_scale)
        shift = -model.pixel_mean * scale
        self._values = {pixels: _Value(tensor=INPUT, scale=scale, shift=shift)}
        self._gates: dict[str, _Value] = {}
        self._sizes: list[tuple[int, Size | int]] = []
        self._done: set[str] = set()

    def plan(self) -> tuple[Plan, Numbers]:
        for node in self._graph.node:
            if node.output[0] not in self._done:
                self._take(node)
                self._done.add(node.output[0])
        result = self._plain(self._graph.output[0].name)
        self._sizes.append((result, ONE_PIXEL))
        plan, numbers = self._builder.built(self._model.dimension, (result,), self._beyond)
        self._check_sizes(plan)
        return plan, numbers

    def _check_sizes(self, plan: Plan) -> None:
        """Means and dense layers are of whole pictures, gates and the result of one pixel."""
        found = whole_sizes(plan, self._model.crop_pixels, self._model.crop_pixels)
        for tensor, size in self._sizes:
            if found[tensor] != (found[size] if isinstance(size, int) else size):
                raise NotForEngine("it has means, gates, sums or layers of a part of a picture")

    def _take(self, node: NodeProto) -> None:
        kind, result = node.op_type, node.output[0]
        if kind in PASSING:
            self._values[result] = self._value(node.input[0])
        elif kind in ("Conv", "Gemm", "MatMul"):
            self._convolve(node)
        elif kind in LINEAR and (linear := self._constants.linear(node)):
            source, scale, shift = linear
            old = self._value(source)
            scale, shift = (for_channels(one, len(old.scale)) for one in (scale, shift))
            new = replace(old, scale=old.scale * scale, shift=old.shift * scale + shift)
            self._values[result] = new
        elif kind in ("AveragePool", "GlobalAveragePool"):
            tensor = self._plain(node.input[0])
            if node.op_type == "AveragePool":
                self._sizes.append((tensor, tuple(attribute(node, "kernel_shape", ()))))
            mean = self._builder.then_mean(tensor)
            self._keep(result, mean, len(self._value(node.input[0]).scale))
        elif kind == "Sigmoid":
            self._sizes.append((self._plain(node.input[0]), ONE_PIXEL))
            self._gates[result] = self._value(node.input[0])
        elif kind == "Mul":
            self._gate(node)
        elif kind == "Add":
            self._add_gated(node)
        else:
            raise NotForEngine(f"it has a layer of the kind {kind}")

    def _value(self, name: str) -> _Value:
        if name not in self._values:
            raise NotForEngine("it reads a gate or a constant where pixels are expected")
        return self._values[name]

    def _plain(self, name: str) -> int:
        """The tensor that holds a value as it is."""
        value = self._value(name)
        if value.gates is not None or (value.scale != 1).any() or value.shift.any():
            raise NotForEngine("it scales values that no convolution reads")
        if value.tensor == INPUT:
            raise NotForEngine("its first layer is no convolution")
        return value.tensor

    def _keep(self, name: str, tensor: int, channels: int) -> None:
        ones, zeros = np.ones(channels), np.zeros(channels)
        self._values[name] = _Value(tensor=tensor, scale=ones, shift=zeros)

    def _readers(self, name: str) -> list[NodeProto]:
        return [node for node in self._graph.node if name in node.input]

    def _border(self, name: str) -> tuple[int, int]:
        """Zeros that convolutions ask for around a value, or what is made of it in place."""
        borders = [(0, 0)]
        for node in self._readers(name):
            if node.op_type == "Conv":
                borders.append(padding_of(node))
            elif node.op_type in (*PASSING, *LINEAR):
                borders.append(self._border(node.output[0]))
        rows, columns = zip(*borders, strict=True)
        return max(rows), max(columns)

    def _convolve(self, node: NodeProto) -> None:
        value = self._value(node.input[0])
        if value.gates is not None:
            raise NotForEngine("a convolution reads gated values that are added to, too")
        weights, bias = self._constants.weights(node, len(value.scale))
        padding = padding_of(node) if node.op_type == "Conv" else (0, 0)
        if node.op_type != "Conv":
            self._sizes.append((value.tensor, weights.shape[2:]))
        alone = weights.shape[1] == 1 and len(weights) == len(value.scale)
        if weights.shape[1] != len(value.scale) and not alone:
            raise NotForEngine("it has a convolution of other channels than there are")
        if alone and value.tensor == INPUT:
            raise NotForEngine("its first layer takes each channel alone")
        by = (-1, 1, 1, 1) if alone else (1, -1, 1, 1)
        bias = bias + (weights * value.shift.reshape(by)).sum(axis=(1, 2, 3))
        if value.tensor == INPUT:
            weights = self._reading_pixels(weights, value)
        elif value.shift.any() and any(padding):
            raise NotForEngine("a convolution with padding reads shifted values")
        else:
            weights = weights * value.scale.reshape(by)
        name, layer = self._with_what_follows(
            node.output[0],
            Convolution(
                weights=single(weights), bias=single(bias), slopes=np.ones(len(bias), np.float32),
                stride=stride_of(node), padding=padding, gives_one_pixel=node.op_type != "Conv",
            ),
        )  # fmt: skip
        then = self._builder.then_depthwise if alone else self._builder.then
        self._keep(name, then(value.tensor, layer, self._border(name)), len(layer.bias))

    def _reading_pixels(self, weights: Doubles, value: _Value) -> Doubles:
        """The first layer's weights for pixels of 0 to 255 in RGB, and what lies beyond these."""
        beyond, weights = -value.shift / value.scale, weights * value.scale.reshape(1, -1, 1, 1)
        if self._model.colours == "bgr":
            beyond, weights = beyond[::-1], weights[:, ::-1]
        self._beyond = beyond.tolist()
        return weights

    def _with_what_follows(self, name: str, layer: Convolution) -> tuple[str, Convolution]:
        """The layer with what alone reads its result multiplied in."""
        while len(readers := self._readers(name)) == 1:
            (node,), count = readers, len(layer.bias)
            is_bent = bool((layer.slopes != 1).any())
            if node.op_type in BENDING:
                slopes = for_channels(self._constants.slopes(node), count)
                bent: Doubles = np.where(layer.slopes < 0, 1.0, slopes)
                layer = replace(layer, slopes=single(layer.slopes.astype(np.float64) * bent))
            elif (
                node.op_type in LINEAR and not is_bent and (linear := self._constants.linear(node))
            ):
                scale, shift = (for_channels(one, count) for one in linear[1:])
                layer = replace(
                    layer,
                    weights=single(layer.weights * scale.reshape(-1, 1, 1, 1)),
                    bias=single(layer.bias * scale + shift),
                )
            else:
                break
            name = node.output[0]
            self._done.add(name)
        return name, layer

    def _gate(self, node: NodeProto) -> None:
        """In place, or later, where that is what is added to another value."""
        names = [name for name in node.input if name in self._gates]
        others = [name for name in node.input if name not in self._gates]
        if len(names) != 1 or len(others) != 1:
            raise NotForEngine("it multiplies two values")
        tensor, result = self._plain(others[0]), node.output[0]
        self._keep(result, tensor, len(self._value(others[0]).scale))
        gates, readers = self._gates[names[0]], self._readers(result)
        if len(gates.scale) != len(self._values[result].scale):
            raise NotForEngine("it has gates for other channels than there are")
        if len(readers) == 1 and readers[0].op_type == "Add":
            self._values[result] = replace(self._values[result], gates=gates.tensor)
            return
        self._last_read(others[0], node)
        self._builder.gate(tensor, gates.tensor, tensor)

    def _add_gated(self, node: NodeProto) -> None:
        """A gated value is added to another one, in its place."""
        gated = [name for name in node.input if self._value(name).gates is not None]
        others = [name for name in node.input if name not in gated]
        if len(gated) != 1 or len(others) != 1:
            raise NotForEngine("it adds two values, of which none has gates")
        value, target = self._value(gated[0]), self._plain(others[0])
        if len(value.scale) != len(self._value(others[0]).scale):
            raise NotForEngine("it adds values of other channels")
        self._sizes.append((value.tensor, target))
        self._last_read(others[0], node)
        self._builder.gate(value.tensor, value.gates or 0, target, adds=True)
        self._keep(node.output[0], target, len(value.scale))

    def _last_read(self, name: str, node: NodeProto) -> None:
        """Make sure that nothing reads a value after a node, which overwrites it."""
        readers = [each.output[0] for each in self._readers(name)]
        if set(readers) - self._done - {node.output[0]}:
            raise NotForEngine("a value is read after it was gated")
