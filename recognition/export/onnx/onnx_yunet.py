"""YuNet for ONNX Runtime: weights made float once, pictures of any size, RGB instead of BGR."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from recognition.errors import WeightsCorrupt
from recognition.export.onnx.onnx_embedders import dequantised, read_graph

OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]


def write_yunet(source: Path, target: Path) -> None:
    """Write the net so that it takes pixels (1, 3, height, width), RGB, sides of whole 32 pixels.

    Raises WeightsCorrupt when it is another net.
    """
    onnx.save(read_yunet(source), target)


def read_yunet(source: Path) -> onnx.ModelProto:
    """The same net as a graph. Raises WeightsCorrupt."""
    model = dequantised(read_graph([source]))
    if [output.name for output in model.graph.output] != OUTPUTS:
        raise WeightsCorrupt(f"{source} has other outputs than YuNet of 2023: fetch it again")
    first = model.graph.node[0].input[1]
    (weights,) = (each for each in model.graph.initializer if each.name == first)
    reversed_colours = np.ascontiguousarray(numpy_helper.to_array(weights)[:, ::-1])
    weights.CopyFrom(numpy_helper.from_array(reversed_colours, first))
    _, _, height, width = model.graph.input[0].type.tensor_type.shape.dim
    height.dim_param, width.dim_param = "height", "width"
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"cells of {output.name}"
    return model
