"""MTCNN's nets as ONNX graphs."""

from __future__ import annotations

from collections.abc import Sequence

from recognition.export.mtcnn import Layer
from recognition.export.onnx.onnx_graph import INPUT, OnnxGraph


def mtcnn_graph(layers: Sequence[Layer]) -> tuple[OnnxGraph, str]:
    """P-, R- or O-Net: pixels -> a face's logit, four offsets, and O-Net's ten landmarks."""
    graph, x = OnnxGraph(), INPUT
    for layer in layers:
        if isinstance(layer, int):
            x = graph.maximum(x, layer, reaches_over=True)
        else:
            x = graph.convolve(x, layer)
    return graph, x
