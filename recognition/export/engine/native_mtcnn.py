"""MTCNN's nets for the engine, from facenet-pytorch's weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recognition.export.engine.packing import Numbers, in_tiles
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.layers import (
    Convolution,
    State,
    convolution,
    joined,
    of_two,
    taking_pixels,
    with_prelu,
)
from recognition.native.plan import INPUT, Output, Plan

TILES = (5, 8, 8, 5)
"""Outputs of P-Net's layers that `proposal.c` computes at once."""


def proposal_numbers(state: State) -> Numbers:
    """P-Net's layers for pixels -> the face's logit and four offsets of each cell."""
    layers = (
        first_layer(state),
        *(with_prelu(convolution(state, f"conv{n}"), state, f"prelu{n}") for n in (2, 3)),
        joined([of_two(convolution(state, "conv4_1")), convolution(state, "conv4_2")]),
    )
    return np.concatenate([in_tiles(each, tile) for each, tile in zip(layers, TILES, strict=True)])


def first_layer(state: State) -> Convolution:
    """The first layer of each of the three nets, for pixels of 0 to 255."""
    return with_prelu(taking_pixels(convolution(state, "conv1")), state, "prelu1")


def refinement_plan(state: State) -> tuple[Plan, Numbers]:
    """R- or O-Net: pixels -> a face's logit, four offsets, and O-Net's ten landmarks."""
    builder = PlanBuilder()
    x = builder.then(INPUT, first_layer(state))
    layers = 4 if "conv4.weight" in state else 3
    for number, side in zip(range(2, layers + 1), pools(state), strict=True):
        x = builder.then_maximum(x, side, reaches_over=True)
        layer = with_prelu(convolution(state, f"conv{number}"), state, f"prelu{number}")
        x = builder.then(x, layer)
    inner = with_prelu(convolution(state, f"dense{layers + 1}"), state, f"prelu{layers + 1}")
    x = builder.then(x, over_all_pixels(inner, len(layer.weights)))
    face, *others = (as_pixel(convolution(state, name)) for name in heads(state))
    heads_ = joined([of_two(face), *others])
    x = builder.then(x, heads_)
    return builder.built(Output(tensor=x, channel=0, channels=len(heads_.weights)))


def pools(state: State) -> tuple[int, ...]:
    """The side of the pooling before each convolution but the first."""
    return (3, 3, 2) if "conv4.weight" in state else (3, 3)


def heads(state: State) -> list[str]:
    """The last dense layers: face or not, offsets, and O-Net's landmarks."""
    return sorted(
        name.removesuffix(".weight") for name in state if "_" in name and "weight" in name
    )


def as_pixel(layer: Convolution) -> Convolution:
    """A dense layer as a convolution over one pixel."""
    return replace(layer, weights=layer.weights[:, :, None, None])


def over_all_pixels(layer: Convolution, channels: int) -> Convolution:
    """A dense layer behind MTCNN's flattening, which goes by columns, rows, channels."""
    outputs, values = layer.weights.shape
    side = round((values / channels) ** 0.5)
    by_columns = layer.weights.reshape(outputs, side, side, channels)
    return replace(layer, weights=by_columns.transpose(0, 3, 2, 1), gives_one_pixel=True)
