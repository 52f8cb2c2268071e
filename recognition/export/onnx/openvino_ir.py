"""Reads a net in OpenVINO's own format (an .xml and a .bin) as an ONNX graph.

It knows the layers that face-reidentification-retail-0095 is made of; OpenVINO itself is 150 MB.
Format: OpenVINO's "Intermediate Representation", versions 10 and 11.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from recognition.errors import WeightsCorrupt
from recognition.export.onnx.onnx_graph import model_of

TYPES = {"f16": np.float16, "f32": np.float32, "i64": np.int64, "i32": np.int32}

Values = npt.NDArray[np.generic]
Attributes = Mapping[str, str]


class NotReadable(Exception):
    """A net of a kind that this module does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: its kind, settings, the names of what it reads, and the shape of what it gives."""

    kind: str
    output: str
    attributes: Attributes
    inputs: tuple[str, ...]
    shape: tuple[int, ...]


def read_ir(xml: Path, weights: Path) -> ModelProto:
    """The net as an ONNX model with float32 weights. Raises WeightsCorrupt."""
    try:
        # The operator put this file here, or its hash was checked; expat bounds entities itself.
        layers = _layers(ET.parse(xml).getroot())  # noqa: S314 # nosec B314
        return _model(layers, weights.read_bytes())
    except NotReadable as error:
        raise WeightsCorrupt(f"{xml} can't be used: {error}") from None
    except (ET.ParseError, KeyError, ValueError, AttributeError, TypeError):
        raise WeightsCorrupt(f"{xml} or {weights.name} is damaged: fetch them again") from None


def _layers(net: ET.Element) -> list[Layer]:
    """All layers, each after those that it reads."""
    elements = {element.attrib["id"]: element for element in net.iterfind("layers/layer")}
    reads: dict[str, dict[int, str]] = {layer: {} for layer in elements}
    for edge in net.iterfind("edges/edge"):
        to, port = edge.attrib["to-layer"], int(edge.attrib["to-port"])
        reads[to][port] = edge.attrib["from-layer"]
    inputs = {layer: [ports[port] for port in sorted(ports)] for layer, ports in reads.items()}
    try:
        ordered = list(TopologicalSorter(inputs).static_order())
    except CycleError:
        raise NotReadable("its layers read each other in a circle") from None
    return [_layer(elements[layer], inputs[layer]) for layer in ordered]


def _layer(element: ET.Element, inputs: list[str]) -> Layer:
    data = element.find("data")
    shape = [int(dim.text or "0") for dim in element.iterfind("output/port[1]/dim")]
    return Layer(
        kind=element.attrib["type"],
        output=_value_of(element.attrib["id"]),
        attributes={} if data is None else data.attrib,
        inputs=tuple(_value_of(source) for source in inputs),
        shape=tuple(shape),
    )


def _value_of(layer: str) -> str:
    return f"value{layer}"


def _model(layers: list[Layer], weights: bytes) -> ModelProto:
    constants: dict[str, Values] = {}
    nodes: list[NodeProto] = []
    inputs, outputs = [], []
    shapes = {layer.output: layer.shape for layer in layers}
    for layer in layers:
        if layer.kind == "Const":
            constants[layer.output] = _constant(layer.attributes, weights)
        elif layer.kind == "Convert":
            constants[layer.output] = constants[layer.inputs[0]].astype(np.float32)
        elif layer.kind == "Parameter":
            inputs.append(_described(layer.output, layer.shape))
        elif layer.kind == "Result":
            outputs.append(_described(layer.inputs[0], shapes[layer.inputs[0]]))
        else:
            nodes.append(_node(layer, constants))
    used = {name for node in nodes for name in node.input}
    initialisers = [
        numpy_helper.from_array(np.asarray(values, np.float32), name)
        for name, values in constants.items()
        if name in used
    ]
    return model_of(helper.make_graph(nodes, "net", inputs, outputs, initialisers))


def _described(name: str, shape: tuple[int, ...]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def _constant(attributes: Attributes, weights: bytes) -> Values:
    begin, size = int(attributes["offset"]), int(attributes["size"])
    kind = TYPES[attributes["element_type"]]
    values = np.frombuffer(weights[begin : begin + size], kind)
    return values.reshape(_numbers(attributes.get("shape", "")))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number.strip()]


def _node(layer: Layer, constants: dict[str, Values]) -> NodeProto:
    if layer.kind not in NODES:
        raise NotReadable(f"layers of the kind {layer.kind} are not known")
    return NODES[layer.kind](layer, constants)


def _convolution(layer: Layer, constants: dict[str, Values]) -> NodeProto:
    return _convolved(layer, layer.inputs[1], 1, constants[layer.inputs[1]].shape[2:])


def _grouped_convolution(layer: Layer, constants: dict[str, Values]) -> NodeProto:
    """OpenVINO has the groups as an axis in front of the outputs, ONNX joins the two."""
    weights = constants[layer.inputs[1]]
    joined = f"{layer.output}.weights"
    constants[joined] = weights.reshape(-1, *weights.shape[2:])
    return _convolved(layer, joined, weights.shape[0], weights.shape[3:])


def _convolved(layer: Layer, weights: str, groups: int, kernel: tuple[int, ...]) -> NodeProto:
    return helper.make_node(
        "Conv", [layer.inputs[0], weights], [layer.output],
        group=groups, kernel_shape=list(kernel), pads=_pads(layer.attributes),
        strides=_numbers(layer.attributes["strides"]),
        dilations=_numbers(layer.attributes["dilations"]),
    )  # fmt: skip


def _pads(attributes: Attributes) -> list[int]:
    if attributes.get("auto_pad", "explicit") not in ("explicit", "valid"):
        raise NotReadable(f"the padding {attributes['auto_pad']} is not known")
    return _numbers(attributes["pads_begin"]) + _numbers(attributes["pads_end"])


def _average(layer: Layer, _: dict[str, Values]) -> NodeProto:
    return helper.make_node(
        "AveragePool", [layer.inputs[0]], [layer.output],
        kernel_shape=_numbers(layer.attributes["kernel"]),
        strides=_numbers(layer.attributes["strides"]), pads=_pads(layer.attributes),
        ceil_mode=int(layer.attributes.get("rounding_type", "floor") == "ceil"),
        count_include_pad=int(layer.attributes.get("exclude-pad", "true") == "false"),
    )  # fmt: skip


def _slopes(layer: Layer, constants: dict[str, Values]) -> NodeProto:
    """OpenVINO's slopes are one a channel, or one for all; ONNX's broadcast over the pixels."""
    slopes = constants[layer.inputs[1]].reshape(-1)
    shaped = f"{layer.output}.slopes"
    constants[shaped] = slopes.reshape(-1, *[1] * (len(layer.shape) - 2))
    return helper.make_node("PRelu", [layer.inputs[0], shaped], [layer.output])


def _same(kind: str) -> Callable[[Layer, dict[str, Values]], NodeProto]:
    return lambda layer, _: helper.make_node(kind, list(layer.inputs), [layer.output])


NODES: dict[str, Callable[[Layer, dict[str, Values]], NodeProto]] = {
    "Convolution": _convolution,
    "GroupConvolution": _grouped_convolution,
    "AvgPool": _average,
    "PReLU": _slopes,
    "Add": _same("Add"),
    "Multiply": _same("Mul"),
    "Sigmoid": _same("Sigmoid"),
}
