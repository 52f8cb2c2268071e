"""Lowers facenet-pytorch's modules into plans for the engine, with their own weights.

Nothing is approximated: batch normalisation, the scale of residual blocks and the pixels' mean are
multiplied into the convolutions, branches that read the same values begin as one convolution, and
where values are joined they are written side by side at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor as Weights

from recognition.export.mtcnn_nets import taking_pixels
from recognition.export.packing import Convolution, Numbers, in_tiles, joined
from recognition.export.plan_builder import PlanBuilder
from recognition.native.plan import INPUT, Output, Plan


def with_prelu(layer: Any, prelu: Any | None = None) -> Convolution:
    """A layer with the PReLU behind it; without one, negative values stay."""
    slopes = torch.ones(len(layer.weight)) if prelu is None else prelu.weight.data
    return Convolution(weights=layer.weight.data, bias=layer.bias.data, slopes=slopes)


def normalised(module: Any) -> Convolution:
    """facenet-pytorch's BasicConv2d: convolution, batch normalisation, ReLU."""
    scale, shift = _scale_and_shift(module.bn)
    conv = module.conv
    bias = shift if conv.bias is None else shift + scale * conv.bias.data.double()
    return Convolution(
        weights=(conv.weight.data.double() * scale.reshape(-1, 1, 1, 1)).float(),
        bias=bias.float(),
        slopes=torch.zeros(conv.out_channels),
        stride=conv.stride[0],
        padding=conv.padding,
    )


def _scale_and_shift(norm: Any) -> tuple[Weights, Weights]:
    scale = norm.weight.data.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    return scale, norm.bias.data.double() - norm.running_mean.double() * scale


def of_two(head: Any) -> Convolution:
    """A softmax of two is the sigmoid of their difference: the head's two values as that one."""
    layer = with_prelu(head)
    return Convolution(
        weights=layer.weights[1:] - layer.weights[:1],
        bias=layer.bias[1:] - layer.bias[:1],
        slopes=torch.ones(1),
    )


TILES = (5, 8, 8, 5)
"""Outputs of P-Net's layers that `proposal.c` computes at once."""


def proposal_numbers(net: Any) -> Numbers:
    """P-Net's layers for pixels -> the face's logit and four offsets of each cell."""
    layers = (
        with_prelu(taking_pixels(net.conv1), net.prelu1),
        with_prelu(net.conv2, net.prelu2),
        with_prelu(net.conv3, net.prelu3),
        joined([of_two(net.conv4_1), with_prelu(net.conv4_2)]),
    )
    return np.concatenate([in_tiles(each, tile) for each, tile in zip(layers, TILES, strict=True)])


def refinement_plan(net: Any) -> tuple[Plan, Numbers]:
    """R- or O-Net: pixels -> a face's logit, four offsets, and O-Net's ten landmarks."""
    builder = PlanBuilder()
    x = builder.then(INPUT, with_prelu(taking_pixels(net.conv1), net.prelu1))
    x = builder.then_maximum(x, net.pool1)
    layers = 4 if hasattr(net, "conv4") else 3
    for number in range(2, layers + 1):
        conv, prelu = getattr(net, f"conv{number}"), getattr(net, f"prelu{number}")
        x = builder.then(x, with_prelu(conv, prelu))
        if pool := getattr(net, f"pool{number}", None):
            x = builder.then_maximum(x, pool)
    last = layers + 1
    inner = with_prelu(getattr(net, f"dense{last}"), getattr(net, f"prelu{last}"))
    x = builder.then(x, over_all_pixels(inner, conv.out_channels))
    face, *others = _heads(net, last + 1)
    layer = joined([as_pixel(of_two(face)), *(as_pixel(with_prelu(head)) for head in others)])
    x = builder.then(x, layer)
    return builder.built(Output(tensor=x, channel=0, channels=len(layer.weights)))


def _heads(net: Any, number: int) -> list[Any]:
    names = (f"dense{number}_{head}" for head in (1, 2, 3))
    return [getattr(net, name) for name in names if hasattr(net, name)]


def as_pixel(layer: Convolution) -> Convolution:
    """A dense layer as a convolution over one pixel."""
    return replace(layer, weights=layer.weights[:, :, None, None])


def over_all_pixels(layer: Convolution, channels: int) -> Convolution:
    """A dense layer behind MTCNN's flattening, which goes by columns, rows, channels."""
    outputs, values = layer.weights.shape
    side = round((values / channels) ** 0.5)
    by_columns = layer.weights.reshape(outputs, side, side, channels)
    return replace(layer, weights=by_columns.permute(0, 3, 2, 1), gives_one_pixel=True)
