"""YuNet for the engine. Its four heads are one: of each cell two scores' logits, box, points."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from onnx import numpy_helper

from recognition.detection.yunet import STRIDES
from recognition.export.engine.packing import Numbers
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import Convolution, joined, with_relu
from recognition.export.onnx.onnx_yunet import read_yunet
from recognition.native.plan import INPUT, Plan

BEFORE_CELLS = (1, 4)
"""Pairs of layers that are followed by halving alone. For each size of cell two pairs follow."""

AROUND = (1, 1)
"""All layers of 3 x 3 are padded so."""

HEADS = 4
VALUES = 16

Pair = tuple[Convolution, Convolution]
"""Each pixel's channels mixed, and then each channel's pixels."""


def yunet_plan(source: Path) -> tuple[Plan, Numbers]:
    """Pixels -> 16 numbers of each cell, for cells of 8, 16 and 32 pixels. Raises WeightsCorrupt,
    ValueError."""
    first, *rest = _layers(source)
    pairs = list(zip(rest[::2], rest[1::2], strict=True))
    body, heads = pairs[: -3 * HEADS], pairs[-3 * HEADS :]
    body = [(mixing, with_relu(alone)) for mixing, alone in body]
    builder = PlanBuilder(AROUND)
    x = builder.then(INPUT, with_relu(replace(first, stride=2)))
    for count in BEFORE_CELLS:
        for last in range(count - 1, -1, -1):
            x = _pair(builder, x, body.pop(0), pooled=not last)
    levels: list[int] = []
    for _ in STRIDES:
        x = builder.then_maximum(x, 2) if levels else x
        for _ in range(2):
            x = _pair(builder, x, body.pop(0))
        levels.append(x)
    results: list[int] = []
    for level in reversed(levels):
        if results:
            builder.add_enlarged(x, level)
        x = _pair(builder, level, body.pop(0))
        results.append(x)
    cells = [_pair(builder, x, _head(heads[size::3])) for size, x in enumerate(results[::-1])]
    return builder.built(VALUES, cells)


def _layers(source: Path) -> list[Convolution]:
    """All convolutions, as they are padded. Negative values stay."""
    graph = read_yunet(source).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    layers = []
    for node in graph.node:
        if node.op_type == "Conv":
            weights, bias = (constants[name] for name in node.input[1:])
            padding = AROUND if weights.shape[2] > 1 else (0, 0)
            slopes = np.ones_like(bias)
            layers.append(Convolution(weights=weights, bias=bias, slopes=slopes, padding=padding))
    return layers


def _pair(builder: PlanBuilder, x: int, pair: Pair, *, pooled: bool = False) -> int:
    mixing, alone = pair
    then = builder.then_pooled_depthwise if pooled else builder.then_depthwise
    return then(builder.then(x, mixing, border=AROUND), alone)


def _head(heads: Sequence[Pair]) -> Pair:
    """The heads of one size of cell as one: scores of faces and objects, boxes, points."""
    faces, boxes, objects, points = heads
    mixing, alone = zip(faces, objects, boxes, points, strict=True)
    return joined(mixing), replace(joined(alone), padding=AROUND)
