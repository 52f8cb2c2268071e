"""Builds a plan for the engine step by step, and packs its numbers as the engine takes them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recognition.export.engine.packing import (
    Numbers,
    filled,
    is_dense,
    packed,
    packed_depthwise,
    packed_for_winograd,
    suits_winograd,
    whole,
)
from recognition.export.layers import Convolution
from recognition.native.plan import (
    CONVOLUTION,
    DENSE,
    DEPTHWISE,
    ENLARGING,
    GATING,
    MAXIMUM,
    MEAN,
    POOLED_DEPTHWISE,
    WINOGRAD,
    Plan,
    PlanStep,
    Tensor,
)


class PlanBuilder:
    """Collects tensors, steps and numbers."""

    def __init__(self, border: tuple[int, int] = (0, 0)) -> None:
        self._tensors = [Tensor(channels=3, border=border)]
        self._steps: list[PlanStep] = []
        self._numbers: list[Numbers] = []
        self._length = 0

    def tensor(self, channels: int, border: tuple[int, int] = (0, 0)) -> int:
        """Add a tensor of these channels to the plan, and return its number."""
        self._tensors.append(Tensor(channels=whole(channels), border=border))
        return len(self._tensors) - 1

    def channels(self, tensor: int) -> int:
        """How many channels a tensor has, rounded up as the engine needs them."""
        return self._tensors[tensor].channels

    def convolve(
        self, source: int, target: int, layer: Convolution, *,
        source_channel: int = 0, target_channel: int = 0, adds: bool = False,
    ) -> None:  # fmt: skip
        """Add a convolution from one tensor into channels of another."""
        count, inputs, rows, columns = layer.weights.shape
        kind, numbers = CONVOLUTION, packed(layer.weights)
        if not adds and suits_winograd(layer):
            kind, inputs, numbers = WINOGRAD, whole(inputs), packed_for_winograd(layer.weights)
        elif not adds and is_dense(layer):
            kind, numbers = DENSE, numbers.astype(np.float16).view(np.float32)
        step = PlanStep(
            kind=kind, source=source, target=target, inputs=inputs, outputs=whole(count),
            source_channel=source_channel, target_channel=target_channel, adds=adds,
            kernel=(rows, columns), stride=layer.stride, padding=layer.padding,
            weights=self._add(numbers),
            bias=self._add(filled(layer.bias)), slopes=self._add(filled(layer.slopes)),
        )  # fmt: skip
        self._steps.append(step)

    def then(
        self, source: int, layer: Convolution, border: tuple[int, int] = (0, 0), *,
        source_channel: int = 0,
    ) -> int:  # fmt: skip
        """A convolution into a separate tensor."""
        target = self.tensor(len(layer.weights), border)
        self.convolve(source, target, layer, source_channel=source_channel)
        return target

    def then_depthwise(
        self, source: int, layer: Convolution, border: tuple[int, int] = (0, 0)
    ) -> int:
        """A convolution of each channel alone, whose weights are (channels, 1, rows, columns)."""
        count, _, rows, columns = layer.weights.shape
        target = self.tensor(count, border)
        self._steps.append(
            PlanStep(
                kind=DEPTHWISE, source=source, target=target, inputs=whole(count),
                outputs=whole(count), kernel=(rows, columns), stride=layer.stride,
                padding=layer.padding, weights=self._add(packed_depthwise(layer.weights)),
                bias=self._add(filled(layer.bias)), slopes=self._add(filled(layer.slopes)),
            )
        )  # fmt: skip
        return target

    def then_pooled_depthwise(self, source: int, layer: Convolution) -> int:
        """A convolution of each channel alone by 3 x 3, without negative slopes, and the largest of
        each 2 x 2 of its results: one for 4 x 4 values. It must have 2 columns or more."""
        target = self.then_depthwise(source, layer)
        self._steps[-1] = replace(self._steps[-1], kind=POOLED_DEPTHWISE, kernel=(4, 4), stride=2)
        return target

    def add_enlarged(self, source: int, target: int) -> None:
        """Add to each pixel the one of a tensor of half the sides that covers it."""
        channels = self._tensors[source].channels
        self._steps.append(
            PlanStep(
                kind=ENLARGING, source=source, target=target, inputs=channels, outputs=channels,
                adds=True,
            )
        )  # fmt: skip

    def gate(self, source: int, gates: int, target: int, *, adds: bool = False) -> None:
        """Multiply each channel by the sigmoid of its gate, and put or add it to the target."""
        channels = self._tensors[source].channels
        self._steps.append(
            PlanStep(
                kind=GATING, source=source, target=target, inputs=channels, outputs=channels,
                gates=gates, adds=adds,
            )
        )  # fmt: skip

    def maximum(
        self, source: int, target: int, side: int, *,
        target_channel: int = 0, reaches_over: bool = False,
    ) -> None:  # fmt: skip
        """The largest value in windows of `side` pixels, two pixels apart."""
        channels = self._tensors[source].channels
        self._steps.append(
            PlanStep(
                kind=MAXIMUM, source=source, target=target, inputs=channels, outputs=channels,
                target_channel=target_channel, kernel=(side, side), stride=2,
                reaches_over=reaches_over,
            )
        )  # fmt: skip

    def then_maximum(self, source: int, side: int, *, reaches_over: bool = False) -> int:
        """Add a maximum over squares, and return the number of its new tensor."""
        target = self.tensor(self._tensors[source].channels)
        self.maximum(source, target, side, reaches_over=reaches_over)
        return target

    def then_mean(self, source: int) -> int:
        """Add a mean over the whole picture, and return the number of its new tensor."""
        channels = self._tensors[source].channels
        target = self.tensor(channels)
        self._steps.append(
            PlanStep(kind=MEAN, source=source, target=target, inputs=channels, outputs=channels)
        )
        return target

    def built(
        self, outputs: int, results: Sequence[int] = (), beyond: Sequence[float] = ()
    ) -> tuple[Plan, Numbers]:
        """The plan, which gives a number of channels of the results: by default of what the last
        step made."""
        plan = Plan(
            tensors=tuple(self._tensors), steps=tuple(self._steps), outputs=outputs,
            results=tuple(results) or (self._steps[-1].target,), beyond=tuple(beyond),
        )  # fmt: skip
        return plan, np.concatenate(self._numbers)

    def _add(self, numbers: Numbers) -> int:
        begin = self._length
        self._numbers.append(numbers)
        self._length += len(numbers)
        return begin
