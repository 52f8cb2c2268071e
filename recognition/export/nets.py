"""Which net is written how, for ONNX Runtime and the engine: MTCNN's, InceptionResnetV1, dlib's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from recognition.detection.mtcnn import DECIDE_SIZE, REFINE_SIZE
from recognition.errors import TorchFileInvalid, WeightsCorrupt
from recognition.export import inception
from recognition.export.engine.native_inception import inception_plan
from recognition.export.engine.native_yunet import yunet_plan
from recognition.export.engine.packing import Numbers, in_tiles
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import State
from recognition.export.mtcnn import Layer, as_pixel, proposal, refinement
from recognition.export.onnx.dlib_net import PIXELS as DLIB_PIXELS, dlib_graph
from recognition.export.onnx.onnx_graph import INPUT as PIXELS, OnnxGraph
from recognition.native.net_file import write_layers, write_net
from recognition.native.plan import INPUT, Plan
from recognition.torch_file.reading import read_torch_file

FREE_SIZE = (3, "height", "width")
REFINING = {"mtcnn-r": REFINE_SIZE, "mtcnn-o": DECIDE_SIZE}
TILES = (5, 8, 8, 5)
"""Outputs of P-Net's layers that `proposal.c` computes at once."""


def export_float(net: str, source: Path, path: Path) -> None:
    """Write a net for ONNX Runtime. Raises WeightsCorrupt."""
    with _reading(net, source):
        if net == "dlib":
            graph, vectors = dlib_graph(source)
            graph.write(path, (3, DLIB_PIXELS, DLIB_PIXELS), embeddings=vectors)
        elif net == "mtcnn-p":
            graph, cells = mtcnn_graph(proposal(read_state(source)))
            graph.write(path, FREE_SIZE, cells=cells)
        elif net in REFINING:
            graph, values = mtcnn_graph(refinement(read_state(source)))
            graph.write(path, (3, REFINING[net], REFINING[net]), values=values)
        else:
            graph, vectors = inception_graph(read_state(source))
            graph.write(path, FREE_SIZE, embeddings=vectors)


def export_native(net: str, source: Path, path: Path) -> None:
    """Write a net for the engine. Raises WeightsCorrupt."""
    with _reading(net, source):
        if net == "yunet":
            write_net(path, *yunet_plan(source))
            return
        state = read_state(source)
        if net == "mtcnn-p":
            write_layers(path, proposal_numbers(state))
        else:
            write_net(path, *(refinement_plan if net in REFINING else inception_plan)(state))


def read_state(weights: Path) -> State:
    """A state dict's layers. Raises TorchFileInvalid."""
    state = read_torch_file(weights)
    if not isinstance(state, dict) or not all(isinstance(v, np.ndarray) for v in state.values()):
        raise TorchFileInvalid("it is no state dict")
    return state


@contextmanager
def _reading(net: str, source: Path) -> Iterator[None]:
    try:
        yield
    except TorchFileInvalid as error:
        problem = str(error)
    except KeyError as error:
        problem = f"it has no layer {error}"
    except ValueError as error:
        problem = f"its layers don't fit together: {error}"
    else:
        return
    raise WeightsCorrupt(
        f"{source} can't be read as weights of {net}, because {problem}: "
        "delete it, and it is fetched again"
    )


def mtcnn_graph(layers: Sequence[Layer]) -> tuple[OnnxGraph, str]:
    """P-, R- or O-Net: pixels -> a face's logit, four offsets, and O-Net's ten landmarks."""
    graph, x = OnnxGraph(), PIXELS
    for layer in layers:
        if isinstance(layer, int):
            x = graph.maximum(x, layer, reaches_over=True)
        else:
            x = graph.convolve(x, layer)
    return graph, x


def inception_graph(state: State) -> tuple[OnnxGraph, str]:
    """Pixels of faces -> embeddings that are not yet of length 1."""
    graph = OnnxGraph()
    before, behind = inception.stem(state)
    x = graph.maximum(_chain(graph, PIXELS, before), inception.POOLING_SIDE)
    x = _chain(graph, x, behind)
    for each in inception.blocks(state):
        if isinstance(each, inception.Joining):
            x = _join(graph, x, each)
        else:
            for block in each:
                x = _add(graph, x, block)
    x = graph.convolve(graph.node("GlobalAveragePool", x), as_pixel(inception.embedding(state)))
    return graph, graph.node("Flatten", x)


def _chain(graph: OnnxGraph, x: str, layers: inception.Branch) -> str:
    for layer in layers:
        x = graph.convolve(x, layer)
    return x


def _join(graph: OnnxGraph, x: str, joining: inception.Joining) -> str:
    results = [_chain(graph, x, branch) for branch in joining.branches]
    return graph.node("Concat", *results, graph.maximum(x, inception.POOLING_SIDE), axis=1)


def _add(graph: OnnxGraph, x: str, block: inception.Residual) -> str:
    results = [_chain(graph, x, branch) for branch in block.branches]
    return graph.convolve(graph.node("Concat", *results, axis=1), block.last, adds=x)


def proposal_numbers(state: State) -> Numbers:
    """P-Net's layers for pixels -> the face's logit and four offsets of each cell."""
    layers = [layer for layer in proposal(state) if not isinstance(layer, int)]
    return np.concatenate([in_tiles(each, tile) for each, tile in zip(layers, TILES, strict=True)])


def refinement_plan(state: State) -> tuple[Plan, Numbers]:
    """R- or O-Net: pixels -> a face's logit, four offsets, and O-Net's ten landmarks."""
    builder, x, outputs = PlanBuilder(), INPUT, 0
    for layer in refinement(state):
        if isinstance(layer, int):
            x = builder.then_maximum(x, layer, reaches_over=True)
        else:
            x, outputs = builder.then(x, layer), len(layer.weights)
    return builder.built(outputs)
