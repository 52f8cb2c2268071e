"""Embedders that come as graphs, in the form that is quick on ONNX Runtime.

SFace takes 45 ms of one core as it is published, and 28 ms with its weights dequantised. It takes
14 ms with each PReLU written as slope * x + (1 - slope) * relu(x). ONNX Runtime has quick kernels
for these three, which stay in its blocked layout, and a slow one for PReLU.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from recognition.errors import WeightsCorrupt
from recognition.export.onnx.openvino_ir import read_ir
from recognition.registry.models import Model

Values = npt.NDArray[np.generic]


def write_embedder(model: Model, sources: Sequence[Path], target: Path) -> None:
    """Write a model's net in its quick form.

    Raises WeightsCorrupt when the net is not what the registry says.
    """
    net = quickened(read_graph(sources))
    if len(net.graph.input) != 1 or len(net.graph.output) != 1:
        raise WeightsCorrupt(
            f"{sources[0]} has {len(net.graph.input)} inputs and {len(net.graph.output)} outputs: "
            "an embedder has one of each"
        )
    onnx.save(net, target)
    _check(model, sources[0], target)


def read_graph(sources: Sequence[Path]) -> ModelProto:
    """An ONNX file, or OpenVINO's .xml with its .bin. Raises WeightsCorrupt."""
    if sources[0].suffix == ".xml":
        return read_ir(sources[0], sources[1])
    try:
        return onnx.load(str(sources[0]))
    except Exception as error:  # noqa: BLE001 - protobuf raises many kinds over a bad file
        raise WeightsCorrupt(
            f"{sources[0]} can't be read as an ONNX file ({type(error).__name__}): fetch it again"
        ) from None


def quickened(model: ModelProto) -> ModelProto:
    """The same net with constants worked out, and PReLU in terms that run quickly."""
    constant = dequantised(model)
    constants = _constants_of(constant)
    nodes: list[NodeProto] = []
    for node in constant.graph.node:
        if node.op_type == "PRelu" and node.input[1] in constants:
            nodes += _quick_prelu(node, constants)
        else:
            nodes.append(node)
    return _with(constant, nodes, constants)


def dequantised(model: ModelProto) -> ModelProto:
    """The same net with all constants worked out, which makes 8-bit weights float32."""
    constants = _constants_of(model)
    nodes: list[NodeProto] = []
    for node in model.graph.node:
        if all(name in constants for name in node.input if name) and len(node.output) == 1:
            constants[node.output[0]] = _worked_out(node, constants, model)
        else:
            nodes.append(node)
    return _with(model, nodes, constants)


def _constants_of(model: ModelProto) -> dict[str, Values]:
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def _worked_out(node: NodeProto, constants: dict[str, Values], model: ModelProto) -> Values:
    inputs = {name: constants[name] for name in node.input if name}
    described = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for name, v in inputs.items()
    ]
    output = helper.make_empty_tensor_value_info(node.output[0])
    graph = helper.make_graph([node], "constant", described, [output])
    alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=10)
    (value,) = ReferenceEvaluator(alone).run(None, inputs)
    return np.asarray(value)


def _quick_prelu(node: NodeProto, constants: dict[str, Values]) -> list[NodeProto]:
    (values, slopes), (result,) = node.input, node.output
    slope = constants[slopes].astype(np.float32)
    if slope.size == 1:
        return [
            helper.make_node("LeakyRelu", [values], [result], alpha=float(slope.reshape(-1)[0]))
        ]
    constants[f"{result}.slope"], constants[f"{result}.rest"] = slope, 1.0 - slope
    positive, raised, sloping = (f"{result}.{part}" for part in ("relu", "raised", "sloping"))
    return [
        helper.make_node("Relu", [values], [positive]),
        helper.make_node("Mul", [positive, f"{result}.rest"], [raised]),
        helper.make_node("Mul", [values, f"{result}.slope"], [sloping]),
        helper.make_node("Add", [sloping, raised], [result]),
    ]


def _with(
    model: ModelProto, nodes: Sequence[NodeProto], constants: dict[str, Values]
) -> ModelProto:
    """The model with other nodes, the constants that they use, and inputs that are read."""
    used = {name for node in nodes for name in node.input}
    kept = [
        numpy_helper.from_array(np.asarray(values), name)
        for name, values in constants.items()
        if name in used
    ]
    inputs = [
        each for each in model.graph.input if each.name in used and each.name not in constants
    ]
    graph = helper.make_graph(nodes, "embedder", inputs, model.graph.output, kept)
    return helper.make_model(
        graph, opset_imports=model.opset_import, ir_version=max(model.ir_version, 4)
    )


def _check(model: Model, source: Path, target: Path) -> None:
    """Run the net once: it must load, and give as many numbers as the registry says."""
    import onnxruntime

    side = model.crop_pixels
    try:
        session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
        pixels = np.zeros((1, 3, side, side), np.float32)
        output = session.run(None, {session.get_inputs()[0].name: pixels})[0]
    except Exception as error:  # noqa: BLE001 - ONNX Runtime raises many kinds over a bad graph
        raise WeightsCorrupt(
            f"{source} does not run with faces of {side} pixels ({type(error).__name__})"
        ) from None
    if output.size != model.dimension:
        raise WeightsCorrupt(
            f"{source} makes vectors of {output.size}, but the model says {model.dimension}"
        )
