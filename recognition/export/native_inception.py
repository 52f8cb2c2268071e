"""facenet-pytorch's InceptionResnetV1 (Szegedy et al., 2016) as a plan for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from recognition.export.mtcnn_nets import taking_pixels
from recognition.export.native_nets import as_pixel, normalised
from recognition.export.packing import Convolution, Numbers, joined
from recognition.export.plan_builder import PlanBuilder
from recognition.native.plan import INPUT, Output, Plan


def inception_plan(net: Any) -> tuple[Plan, Numbers]:
    """Pixels of faces -> embeddings that are not yet of length 1."""
    net.conv2d_1a.conv = taking_pixels(net.conv2d_1a.conv, scale=1.0 / 128.0)
    builder = PlanBuilder()
    x = builder.then(INPUT, normalised(net.conv2d_1a))
    x = builder.then(x, normalised(net.conv2d_2a), border=net.conv2d_2b.conv.padding)
    x = builder.then(x, normalised(net.conv2d_2b))
    x = builder.then_maximum(x, net.maxpool_3a)
    for module in (net.conv2d_3b, net.conv2d_4a, net.conv2d_4b):
        x = builder.then(x, normalised(module))
    _residual_blocks(builder, x, net.repeat_1)
    x = _joining(builder, x, net.mixed_6a)
    _residual_blocks(builder, x, net.repeat_2)
    x = _joining(builder, x, net.mixed_7a)
    _residual_blocks(builder, x, [*net.repeat_3, net.block8])
    x = builder.then_mean(x)
    x = builder.then(x, as_pixel(_embedding(net.last_linear, net.last_bn)))
    return builder.built(Output(tensor=x, channel=0, channels=net.last_linear.out_features))


def _embedding(linear: Any, norm: Any) -> Convolution:
    scale = norm.weight.data / torch.sqrt(norm.running_var + norm.eps)
    return Convolution(
        weights=linear.weight.data * scale[:, None],
        bias=norm.bias.data - norm.running_mean * scale,
        slopes=torch.ones(linear.out_features),
    )


def _residual_blocks(builder: PlanBuilder, x: int, blocks: Sequence[Any]) -> None:
    """x + scale * block(x), in place, block after block.

    One tensor holds what the branches give, in front, and what they have in between, behind.
    """
    _, *longer = branches = _branches(blocks[0])
    width = branches[0][0].conv.out_channels
    between = sum(len(branch) - 1 for branch in longer)
    work = builder.tensor(width * (len(branches) + between), _border(longer))
    for block in blocks:
        _residual_block(builder, x, work, block, width)


def _residual_block(builder: PlanBuilder, x: int, work: int, block: Any, width: int) -> None:
    """The first convolutions of all branches are one; its last one reads the front of `work`."""
    _, *longer = branches = _branches(block)
    single_at = width * len(longer)
    heads = joined([normalised(branch[0]) for branch in branches])
    builder.convolve(x, work, heads, target_channel=single_at)
    free = single_at + width * len(branches)
    for number, (_, *inner, last) in enumerate(longer):
        channel = single_at + width * (1 + number)
        for module in inner:
            layer = normalised(module)
            builder.convolve(work, work, layer, source_channel=channel, target_channel=free)
            channel, free = free, free + width
        layer = normalised(last)
        builder.convolve(work, work, layer, source_channel=channel, target_channel=width * number)
    builder.convolve(work, x, _scaled(block, single_at), adds=True)


def _scaled(block: Any, single_inputs_at: int) -> Convolution:
    """A block's last convolution, times its scale, for the inputs in the order of `work`: those
    of the branch of one convolution, which are first in the module, come last."""
    weights = block.conv2d.weight.data * block.scale
    width = weights.shape[1] - single_inputs_at
    return Convolution(
        weights=torch.cat([weights[:, width:], weights[:, :width]], dim=1),
        bias=block.conv2d.bias.data * block.scale,
        slopes=torch.full((len(weights),), 0.0 if hasattr(block, "relu") else 1.0),
    )


def _joining(builder: PlanBuilder, x: int, module: Any) -> int:
    """Branches of convolutions and a pooling one side by side: their values, joined."""
    branches, pool = _branches(module), _pool(module)
    longer = [branch for branch in branches if len(branch) > 1]
    heads = builder.then(x, joined([normalised(branch[0]) for branch in longer]), _border(longer))
    outputs = [branch[-1].conv.out_channels for branch in branches]
    target = builder.tensor(sum(outputs) + builder.channels(x))
    at = channel = 0
    for branch, width in zip(branches, outputs, strict=True):
        source, source_channel = x, 0
        if len(branch) > 1:
            source, source_channel = heads, channel
            channel += branch[0].conv.out_channels
        for module in branch[1:-1]:
            layer = normalised(module)
            source = builder.then(source, layer, source_channel=source_channel)
            source_channel = 0
        builder.convolve(
            source, target, normalised(branch[-1]),
            source_channel=source_channel, target_channel=at,
        )  # fmt: skip
        at += width
    builder.maximum(x, target, pool, target_channel=at)
    return target


def _branches(module: Any) -> list[list[Any]]:
    """A module's branches, as lists of convolutions."""
    found = []
    for number in range(4):
        branch = getattr(module, f"branch{number}", None)
        if isinstance(branch, nn.Sequential):
            found.append(list(branch))
        elif branch is not None and not isinstance(branch, nn.MaxPool2d):
            found.append([branch])
    return found


def _pool(module: Any) -> nn.MaxPool2d:
    (pool,) = (each for each in module.children() if isinstance(each, nn.MaxPool2d))
    return pool


def _border(branches: Sequence[Sequence[Any]]) -> tuple[int, int]:
    """Zeros that the branches' convolutions ask for around what they read."""
    paddings = [module.conv.padding for branch in branches for module in branch]
    return max(rows for rows, _ in paddings), max(columns for _, columns in paddings)
