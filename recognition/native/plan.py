"""A net as a table of steps, which `engine.c` runs: what each reads, writes and computes.

Pure: no library. The exporter makes a plan from the weights once. For a size of picture `shaped`
finds out how large every tensor is, and leaves out what no later step looks at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LANES = 16
"""Channels that the engine computes at once; all but a net's input are whole multiples."""

MOST_BLOCKS = 3
"""Of 16 channels: as many as the engine's inner loop keeps in registers."""

CONVOLUTION, MAXIMUM, MEAN, WINOGRAD, DEPTHWISE, ENLARGING, GATING = range(7)
DENSE, POOLED_DEPTHWISE = range(7, 9)

INPUT = 0
"""The tensor that the pixels are put into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """Values with a number of channels, and a border of zeros for convolutions with padding."""

    channels: int
    border: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One convolution (with bias and slope of negative values), largest value, mean, picture of
    twice the sides, or product with gates.

    Parameters:
        source, target: positions in the plan's tensors; each with its first channel.
        inputs, outputs: channels that are read and written.
        kernel, stride, padding: as (rows, columns), or for both.
        adds: the result is added to what the target holds, before the slope.
        reaches_over: a window of a maximum may reach over the last row or column.
        weights, bias, slopes: where these begin in the net's numbers.
        gates: the tensor of one pixel whose sigmoid the source is multiplied by.
    """

    kind: int
    source: int
    target: int
    inputs: int
    outputs: int
    source_channel: int = 0
    target_channel: int = 0
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    adds: bool = False
    reaches_over: bool = False
    weights: int = 0
    bias: int = 0
    slopes: int = 0
    gates: int = 0

    def result_length(self, length: int, axis: int) -> int:
        """Return the number of output rows (axis 0) or columns (1) for an input length."""
        if self.kind == MEAN:
            return 1
        if self.kind == ENLARGING:
            return 2 * length
        free = length + 2 * self.padding[axis] - self.kernel[axis]
        return (-(-free // self.stride) if self.reaches_over else free // self.stride) + 1

    def needed_length(self, result_length: int, axis: int, length: int) -> int:
        """Return the number of input rows or columns that the first output ones cover."""
        if self.kind in (MEAN, ENLARGING):
            return length
        last = (result_length - 1) * self.stride + self.kernel[axis] - self.padding[axis]
        return min(last, length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A net: its tensors (the first is the input) and steps in order.

    Parameters:
        outputs: channels of what it gives, the first ones of the tensors `results`.
        beyond: the input's border, by channel: what is 0 to the net; nothing where 0 is.
    """

    tensors: tuple[Tensor, ...]
    steps: tuple[PlanStep, ...]
    outputs: int
    results: tuple[int, ...]
    beyond: tuple[float, ...] = ()


Table = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShapedPlan:
    """A plan for one size of picture, in the engine's own tables.

    Parameters:
        tensors: rows (offset, height, width, channels, border rows, border columns).
        steps: rows as `struct step` has them.
        values: how many numbers all tensors hold together.
    """

    tensors: Table
    steps: Table
    values: int


def shaped(plan: Plan, height: int, width: int, images: int) -> ShapedPlan:
    """Return the plan for a number of pictures of one size at once."""
    whole = whole_sizes(plan, height, width)
    sizes, results = _needed_sizes(plan, whole)
    lengths, apart = [], [_apart(tensor.channels) for tensor in plan.tensors]
    for tensor, (rows, columns), channels in zip(plan.tensors, sizes, apart, strict=True):
        padded = (rows + 2 * tensor.border[0]) * (columns + 2 * tensor.border[1])
        lengths.append(images * padded * channels)
    begins, values = _places(plan, lengths)
    tensors = [
        (begin, *size, channels, *tensor.border)
        for begin, size, channels, tensor in zip(begins, sizes, apart, plan.tensors, strict=True)
    ]
    first = {step.target: number for number, step in reversed([*enumerate(plan.steps)])}
    steps = [
        _step_row(step, result, begins=first[step.target] == number)
        for number, (step, result) in enumerate(zip(plan.steps, results, strict=True))
    ]
    return ShapedPlan(
        tensors=np.array(tensors, np.int64), steps=np.array(steps, np.int64), values=values
    )


def _apart(channels: int) -> int:
    """Numbers from a pixel to the next. At 2,048 bytes and multiples of it, pixels that a kernel
    reads would push each other out of the first cache: 0.1 ms of SFace."""
    return channels + LANES if channels % (32 * LANES) == 0 else channels


def _places(plan: Plan, lengths: Sequence[int]) -> tuple[list[int], int]:
    """Where each tensor begins, and how many numbers there are. One whose numbers nothing reads any
    more makes room for others, so that all stay in the cache."""
    last_use = dict.fromkeys((INPUT, *plan.results), len(plan.steps))
    for number, step in enumerate(plan.steps):
        for tensor in (step.source, step.target, step.gates):
            last_use[tensor] = max(last_use.get(tensor, 0), number)
    begins, values = [0] * len(lengths), lengths[INPUT]
    placed: list[tuple[int, int]] = [(0, INPUT)]
    for number, step in enumerate(plan.steps):
        placed = [it for it in placed if last_use[it[1]] >= number]
        if any(tensor == step.target for _, tensor in placed):
            continue
        begin = 0
        for other, tensor in sorted(placed):
            if begin + lengths[step.target] <= other:
                break
            begin = other + lengths[tensor]
        begins[step.target] = begin
        placed.append((begin, step.target))
        values = max(values, begin + lengths[step.target])
    return begins, values


def _step_row(step: PlanStep, result: tuple[int, int], *, begins: bool) -> tuple[int, ...]:
    """In the order of `struct step`."""
    return (
        step.kind, step.source, step.source_channel, step.target, step.target_channel,
        step.inputs, step.outputs, *step.kernel, step.stride, *step.padding,
        *result, step.adds, step.weights, step.bias, step.slopes, step.gates,
        begins,
    )  # fmt: skip


Size = tuple[int, int]


def whole_sizes(plan: Plan, height: int, width: int) -> list[Size]:
    """Rows and columns of each tensor for a size of picture."""
    sizes: list[Size] = [(0, 0)] * len(plan.tensors)
    sizes[INPUT] = height, width
    for step in plan.steps:
        rows, columns = sizes[step.source]
        sizes[step.target] = step.result_length(rows, 0), step.result_length(columns, 1)
    return sizes


def _needed_sizes(plan: Plan, whole: Sequence[Size]) -> tuple[list[Size], list[Size]]:
    """The rows and columns that matter of each tensor and each step's result, from the last step
    back. A stride of 2 leaves out the last row of an even number, and so on through the net: 3 % of
    InceptionResnetV1."""
    needed: list[Size] = [(0, 0)] * len(whole)
    for tensor in plan.results:
        needed[tensor] = whole[tensor]
    results: list[Size] = []
    for step in reversed(plan.steps):
        rows, columns = result = needed[step.target]
        results.append(result)
        if step.kind == GATING:
            needed[step.gates] = whole[step.gates]
        (all_rows, all_columns), (had_rows, had_columns) = whole[step.source], needed[step.source]
        needed[step.source] = (
            max(had_rows, step.needed_length(rows, 0, all_rows)),
            max(had_columns, step.needed_length(columns, 1, all_columns)),
        )
    needed[INPUT] = whole[INPUT]
    return needed, results[::-1]
