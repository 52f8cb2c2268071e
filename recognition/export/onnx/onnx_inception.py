"""InceptionResnetV1 as an ONNX graph."""

from __future__ import annotations

from recognition.export.inception import (
    POOLING_SIDE,
    Branch,
    Joining,
    Residual,
    blocks,
    embedding,
    stem,
)
from recognition.export.layers import State
from recognition.export.mtcnn import as_pixel
from recognition.export.onnx.onnx_graph import INPUT, OnnxGraph


def inception_graph(state: State) -> tuple[OnnxGraph, str]:
    """Pixels of faces -> embeddings that are not yet of length 1."""
    graph = OnnxGraph()
    before, behind = stem(state)
    x = graph.maximum(_chain(graph, INPUT, before), POOLING_SIDE)
    x = _chain(graph, x, behind)
    for each in blocks(state):
        if isinstance(each, Joining):
            x = _join(graph, x, each)
        else:
            for block in each:
                x = _add(graph, x, block)
    x = graph.convolve(graph.node("GlobalAveragePool", x), as_pixel(embedding(state)))
    return graph, graph.node("Flatten", x)


def _chain(graph: OnnxGraph, x: str, layers: Branch) -> str:
    for layer in layers:
        x = graph.convolve(x, layer)
    return x


def _join(graph: OnnxGraph, x: str, joining: Joining) -> str:
    results = [_chain(graph, x, branch) for branch in joining.branches]
    return graph.node("Concat", *results, graph.maximum(x, POOLING_SIDE), axis=1)


def _add(graph: OnnxGraph, x: str, block: Residual) -> str:
    results = [_chain(graph, x, branch) for branch in block.branches]
    return graph.convolve(graph.node("Concat", *results, axis=1), block.last, adds=x)
