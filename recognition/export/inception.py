"""facenet-pytorch's InceptionResnetV1 (Szegedy et al., 2016) by the names of its layers.

The state dict tells each kernel's shape. What it does not tell stands here: which layers there are,
how they are joined, strides, padding, and shares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recognition.export.layers import (
    Convolution,
    State,
    convolution,
    normalised,
    scaled,
    taking_pixels,
    with_relu,
)

Branch = list[Convolution]
"""Convolutions one after the other."""

POOLING_SIDE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """x + last(the branches' results side by side), and the slopes of `last` behind the sum."""

    branches: list[Branch]
    last: Convolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The branches' results and the pooled values side by side, at half the size."""

    branches: list[Branch]


def stem(state: State) -> tuple[Branch, Branch]:
    """What comes before the blocks: the convolutions before the pooling, and those behind it."""
    first = taking_pixels(convolution(state, "conv2d_1a.conv", stride=2))
    before = [
        with_relu(normalised(first, state, "conv2d_1a.bn")),
        _basic(state, "conv2d_2a"),
        _basic(state, "conv2d_2b", keeps_size=True),
    ]
    behind = [_basic(state, "conv2d_3b"), _basic(state, "conv2d_4a")]
    return before, [*behind, _basic(state, "conv2d_4b", stride=2)]


def blocks(state: State) -> Iterator[list[Residual] | Joining]:
    """The blocks in order; residual ones of one kind together."""
    yield [_residual(state, f"repeat_1.{number}", (1, 2, 3), 0.17) for number in range(5)]
    yield _joining(state, "mixed_6a", (1, 3))
    yield [_residual(state, f"repeat_2.{number}", (1, 3), 0.10) for number in range(10)]
    yield _joining(state, "mixed_7a", (2, 2, 3))
    repeated = [_residual(state, f"repeat_3.{number}", (1, 3), 0.20) for number in range(5)]
    yield [*repeated, _residual(state, "block8", (1, 3))]


def embedding(state: State) -> Convolution:
    """The dense layer behind the mean."""
    return normalised(convolution(state, "last_linear"), state, "last_bn")


def _basic(state: State, name: str, stride: int = 1, *, keeps_size: bool = False) -> Convolution:
    """facenet-pytorch's BasicConv2d: convolution, batch normalisation, ReLU."""
    layer = convolution(state, f"{name}.conv", stride, keeps_size=keeps_size)
    return with_relu(normalised(layer, state, f"{name}.bn"))


def _residual(
    state: State, name: str, lengths: Sequence[int], share: float | None = None
) -> Residual:
    """A block; the last one has no separate share, and no ReLU."""
    branches = [
        [_basic(state, layer, keeps_size=True) for layer in layers]
        for layers in _branches(name, lengths)
    ]
    last = convolution(state, f"{name}.conv2d")
    return Residual(branches=branches, last=with_relu(scaled(last, share)) if share else last)


def _joining(state: State, name: str, lengths: Sequence[int]) -> Joining:
    """The last convolution of each branch halves the size."""
    branches = [
        [*(_basic(state, each, keeps_size=True) for each in layers), _basic(state, last, stride=2)]
        for *layers, last in _branches(name, lengths)
    ]
    return Joining(branches=branches)


def _branches(name: str, lengths: Sequence[int]) -> Iterator[list[str]]:
    """The names of each branch's convolutions. One that is alone is the branch itself."""
    for number, length in enumerate(lengths):
        branch = f"{name}.branch{number}"
        yield [branch] if length == 1 else [f"{branch}.{place}" for place in range(length)]
