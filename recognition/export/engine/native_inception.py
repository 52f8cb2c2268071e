"""InceptionResnetV1 as a plan for the engine.

Branches that read the same values begin as one convolution, and where values are joined they are
written side by side at once.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recognition.export.engine.packing import Numbers
from recognition.export.engine.plan_builder import PlanBuilder
from recognition.export.inception import (
    POOLING_SIDE,
    Branch,
    Joining,
    Residual,
    blocks,
    embedding,
    stem,
)
from recognition.export.layers import Convolution, State, joined
from recognition.export.mtcnn import as_pixel
from recognition.native.plan import INPUT, Plan


def inception_plan(state: State) -> tuple[Plan, Numbers]:
    """Pixels of faces -> embeddings that are not yet of length 1."""
    builder = PlanBuilder()
    before, behind = stem(state)
    x = INPUT
    for layer, following in zip(before, [*before[1:], None], strict=True):
        x = builder.then(x, layer, border=following.padding if following else (0, 0))
    x = builder.then_maximum(x, POOLING_SIDE)
    for layer in behind:
        x = builder.then(x, layer)
    for each in blocks(state):
        if isinstance(each, Joining):
            x = _join(builder, x, each)
        else:
            _add(builder, x, each)
    last = as_pixel(embedding(state))
    builder.then(builder.then_mean(x), last)
    return builder.built(len(last.weights))


def _add(builder: PlanBuilder, x: int, blocks: Sequence[Residual]) -> None:
    """x + block(x), in place, block after block.

    One tensor holds what the branches give, in front, and what they have in between, behind.
    """
    _, *longer = branches = blocks[0].branches
    width = len(branches[0][0].weights)
    between = sum(len(branch) - 1 for branch in longer)
    work = builder.tensor(width * (len(branches) + between), _border(longer))
    for block in blocks:
        _add_one(builder, x, work, block, width)


def _add_one(builder: PlanBuilder, x: int, work: int, block: Residual, width: int) -> None:
    """The first convolutions of all branches are one; the last one reads the front of `work`."""
    _, *longer = branches = block.branches
    single_at = width * len(longer)
    heads = joined([branch[0] for branch in branches])
    builder.convolve(x, work, heads, target_channel=single_at)
    free = single_at + width * len(branches)
    for number, (_, *inner, last) in enumerate(longer):
        channel = single_at + width * (1 + number)
        for layer in inner:
            builder.convolve(work, work, layer, source_channel=channel, target_channel=free)
            channel, free = free, free + width
        builder.convolve(work, work, last, source_channel=channel, target_channel=width * number)
    builder.convolve(work, x, _in_order_of_work(block.last, single_at), adds=True)


def _in_order_of_work(last: Convolution, single_inputs_at: int) -> Convolution:
    """Inputs of the branch of one convolution, which are first in the net, come last."""
    width = last.weights.shape[1] - single_inputs_at
    weights = np.concatenate([last.weights[:, width:], last.weights[:, :width]], axis=1)
    return replace(last, weights=weights)


def _join(builder: PlanBuilder, x: int, joining: Joining) -> int:
    longer = [branch for branch in joining.branches if len(branch) > 1]
    heads = builder.then(x, joined([branch[0] for branch in longer]), _border(longer))
    outputs = [len(branch[-1].weights) for branch in joining.branches]
    target = builder.tensor(sum(outputs) + builder.channels(x))
    at = channel = 0
    for branch, width in zip(joining.branches, outputs, strict=True):
        source, source_channel = x, 0
        if len(branch) > 1:
            source, source_channel = heads, channel
            channel += len(branch[0].weights)
        for layer in branch[1:-1]:
            source = builder.then(source, layer, source_channel=source_channel)
            source_channel = 0
        builder.convolve(
            source, target, branch[-1], source_channel=source_channel, target_channel=at
        )
        at += width
    builder.maximum(x, target, POOLING_SIDE, target_channel=at)
    return target


def _border(branches: Sequence[Branch]) -> tuple[int, int]:
    """Zeros that the branches' convolutions ask for around what they read."""
    paddings = [layer.padding for branch in branches for layer in branch]
    return max(rows for rows, _ in paddings), max(columns for _, columns in paddings)
