"""P-, R- and O-Net rewritten into what ONNX Runtime runs fast, with facenet-pytorch's own weights.

Each rewrite is an equation, not an approximation; the parity tests measure what is left of it in
floating point (under 1e-5):

- PReLU. ONNX Runtime has no blocked (NCHWc) kernel for it, so each one costs two reorderings and
  a slow kernel: 9 of P-Net's 18.5 ms on its largest level. As `a x + (1 - a) relu(x)` it is two
  depthwise convolutions and a ReLU, all of them blocked: P-Net takes 2.4 times less.
- Pooling after PReLU works on a quarter of the values when it is put before it. For a slope
  a >= 0, PReLU is monotone and simply commutes with the maximum. For a < 0 it is V-shaped, and
  its maximum is at the largest or the smallest value: max(max(x), max(a x)).
- (x - 127.5) / 128 goes into the first convolution, which has no padding; so does a picture's
  0 to 255.
- P-Net's softmax of two is the sigmoid of their difference: one value, and the exponential only
  for the few cells over the threshold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from recognition.export.engine.native_mtcnn import first_layer, heads, pools
from recognition.export.engine.packing import filled, whole
from recognition.export.layers import (
    Convolution,
    State,
    convolution,
    joined,
    of_two,
    with_prelu,
)
from recognition.export.onnx.onnx_graph import INPUT, OnnxGraph


def proposal_graph(state: State) -> tuple[OnnxGraph, str]:
    """P-Net. Pixels (1, 3, h, w) -> (1, 5, h', w'): the face's logit, then four box offsets."""
    graph = OnnxGraph()
    x, outputs = _pooled_prelu(graph, first_layer(state), side=2)
    x = graph.convolve(x, _for_more_inputs(_prelu_layer(state, 2), outputs))
    x = graph.convolve(x, convolution(state, "conv3"))
    slopes = state["prelu3.weight"]
    last = joined([of_two(convolution(state, "conv4_1")), convolution(state, "conv4_2")])
    matrix = last.weights[:, :, 0, 0]
    straight = graph.map_channels(x, matrix * slopes, last.bias)
    return graph, graph.node(
        "Add", straight, graph.map_channels(graph.relu(x), matrix * (1 - slopes))
    )


def refinement_graph(state: State) -> tuple[OnnxGraph, dict[str, str]]:
    """R-Net or O-Net: pixels -> offsets, O-Net's landmarks, and the probability of a face."""
    graph = OnnxGraph()
    first_side, *sides = pools(state)
    x, outputs = _pooled_prelu(graph, first_layer(state), first_side)
    x = graph.convolve(x, _for_more_inputs(_prelu_layer(state, 2), outputs))
    for number, side in enumerate(sides, start=3):
        x = graph.maximum(x, side, reaches_over=True)
        x = graph.convolve(x, _prelu_layer(state, number))
    dense = len(sides) + 3
    x = graph.node("Flatten", graph.node("Transpose", x, perm=[0, 3, 2, 1]))
    x = graph.dense(x, convolution(state, f"dense{dense}"))
    x = graph.node("PRelu", x, graph.constant(state[f"prelu{dense}.weight"]))
    face, *others = (graph.dense(x, convolution(state, name)) for name in heads(state))
    named = dict(zip(("offsets", "landmarks"), others, strict=False))
    return graph, {**named, "face": graph.node("Softmax", face, axis=1)}


def _prelu_layer(state: State, number: int) -> Convolution:
    return with_prelu(convolution(state, f"conv{number}"), state, f"prelu{number}")


def _pooled_prelu(graph: OnnxGraph, layer: Convolution, side: int) -> tuple[str, int]:
    """Convolution, PReLU, pooling; the pooling comes before the PReLU. Returns the channels, too.

    The convolution gets one more channel, a x, for each slope a < 0. With P = max(x) and
    Q = max(a x), PReLU and pooling give P + relu(Q - P) there, and a P + (1 - a) relu(P) elsewhere.
    Channels are filled to whole blocks: pooling and convolutions keep their values in blocks then.
    """
    slopes, channels = layer.slopes, len(layer.slopes)
    negative = np.flatnonzero(slopes < 0)
    pooled = graph.maximum(graph.convolve(INPUT, _with_copies(layer, negative)), side, True)
    outputs = whole(channels)
    into_relu = np.eye(outputs, whole(channels + len(negative)), dtype=np.float32)
    into_relu[channels:] = 0
    straight, bent = np.diag(filled(slopes)), np.diag(filled(1 - slopes))
    straight = np.pad(straight, ((0, 0), (0, into_relu.shape[1] - outputs)))
    for copy, channel in enumerate(negative.tolist(), start=channels):
        into_relu[channel, channel], into_relu[channel, copy] = -1, 1
        straight[channel, channel] = bent[channel, channel] = 1
    relu = graph.relu(graph.map_channels(pooled, into_relu))
    bent_ = graph.map_channels(relu, bent)
    return graph.node("Add", graph.map_channels(pooled, straight), bent_), outputs


def _with_copies(layer: Convolution, negative: npt.NDArray[np.intp]) -> Convolution:
    """More channels: those with a negative slope times it, and then zeros."""
    factors = layer.slopes[negative]
    weights = [layer.weights, layer.weights[negative] * factors.reshape(-1, 1, 1, 1)]
    bias = np.concatenate([layer.bias, layer.bias[negative] * factors])
    missing = whole(len(bias)) - len(bias)
    return Convolution(
        weights=np.pad(np.concatenate(weights), ((0, missing), (0, 0), (0, 0), (0, 0))),
        bias=filled(bias),
        slopes=np.ones(whole(len(bias)), np.float32),
    )


def _for_more_inputs(layer: Convolution, inputs: int) -> Convolution:
    """The layer with further input channels that count nothing."""
    missing = inputs - layer.weights.shape[1]
    return replace(layer, weights=np.pad(layer.weights, ((0, 0), (0, missing), (0, 0), (0, 0))))
