"""Builds a plan for the engine step by step, and packs its numbers as the engine takes them."""

from __future__ import annotations

import numpy as np

from recognition.export.engine.packing import Numbers, filled, packed, whole
from recognition.export.engine.winograd import packed_for_winograd, suits_winograd
from recognition.export.layers import Convolution
from recognition.native.plan import (
    CONVOLUTION,
    MAXIMUM,
    MEAN,
    WINOGRAD,
    Plan,
    PlanStep,
    Tensor,
)


class PlanBuilder:
    """Collects tensors, steps and numbers."""

    def __init__(self, input_channels: int = 3) -> None:
        self._tensors = [Tensor(channels=input_channels)]
        self._steps: list[PlanStep] = []
        self._numbers: list[Numbers] = []
        self._length = 0

    def tensor(self, channels: int, border: tuple[int, int] = (0, 0)) -> int:
        self._tensors.append(Tensor(channels=whole(channels), border=border))
        return len(self._tensors) - 1

    def channels(self, tensor: int) -> int:
        return self._tensors[tensor].channels

    def convolve(
        self, source: int, target: int, layer: Convolution, *,
        source_channel: int = 0, target_channel: int = 0, adds: bool = False,
    ) -> None:  # fmt: skip
        count, inputs, rows, columns = layer.weights.shape
        winograd = not adds and suits_winograd(layer)
        if winograd:
            inputs, numbers = whole(inputs), packed_for_winograd(layer.weights)
        else:
            numbers = packed(layer.weights)
        step = PlanStep(
            kind=WINOGRAD if winograd else CONVOLUTION,
            source=source, target=target, inputs=inputs, outputs=whole(count),
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
        target = self.tensor(self._tensors[source].channels)
        self.maximum(source, target, side, reaches_over=reaches_over)
        return target

    def then_mean(self, source: int) -> int:
        channels = self._tensors[source].channels
        target = self.tensor(channels)
        self._steps.append(
            PlanStep(kind=MEAN, source=source, target=target, inputs=channels, outputs=channels)
        )
        return target

    def built(self, outputs: int) -> tuple[Plan, Numbers]:
        """The plan, which gives a number of channels of what the last step made."""
        plan = Plan(tensors=tuple(self._tensors), steps=tuple(self._steps), outputs=outputs)
        return plan, np.concatenate(self._numbers)

    def _add(self, numbers: Numbers) -> int:
        begin = self._length
        self._numbers.append(numbers)
        self._length += len(numbers)
        return begin
