"""InceptionResnetV1 as an ONNX graph."""

from __future__ import annotations

import numpy as np

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
from recognition.export.onnx.onnx_graph import INPUT, OnnxGraph

LEAST_LENGTH = 1e-12
"""Of a vector that is scaled to the length 1, as in torch."""


def inception_graph(state: State) -> tuple[OnnxGraph, str]:
    """Pixels of faces -> embeddings of length 1."""
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
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    return graph, _of_length_1(graph, graph.dense(x, embedding(state)))


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


def _of_length_1(graph: OnnxGraph, vectors: str) -> str:
    length = graph.node("ReduceL2", vectors, axes=[1])
    least = graph.constant(np.array(LEAST_LENGTH, np.float32))
    return graph.node("Div", vectors, graph.node("Max", length, least))
