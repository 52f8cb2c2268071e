"""Whether something grows: a straight line through its samples, with its standard error. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.soak.samples import Sample

SETTLING_SHARE = 0.2
"""The first fifth is left out: caches fill, and processes take the memory that they keep."""

BLOCKS = 30
"""Samples are averaged in blocks before a line is drawn: neighbours are alike, and counted one by
one they would make the error look smaller than it is."""

SURE_ERRORS = 3
"""Standard errors that growth must exceed. Over thirty lines are judged at once: with two, every
other soak of a system that holds its ground would be said to grow."""

HELD: dict[str, Callable[[Sample], Mapping[str, float]]] = {
    "MiB": lambda sample: sample.resident_mib,
    "open files": lambda sample: sample.open_files,
    "connections": lambda sample: sample.connections,
    "threads": lambda sample: sample.threads,
}
"""What a process holds, of each sample, by role."""

MEANT_TO_GROW = ("emulator", "MiB")
"""It is S3, and keeps in memory every picture and answer that was ever put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """How much something grew: at the start, at the end, and per hour with its standard error."""

    name: str
    first: float
    last: float
    per_hour: float
    error: float

    @property
    def grows(self) -> bool:
        """More than chance explains, and over a hundredth an hour of what there is."""
        least = max(SURE_ERRORS * self.error, 0.01 * max(self.last, 1.0))
        return self.per_hour > least


def slope(name: str, points: Sequence[tuple[float, float]]) -> Slope:
    """The least-squares line through (seconds, value). With fewer than 3 blocks: no error known."""
    blocks = _averaged(points)
    if len(blocks) < 3:
        value = points[-1][1] if points else 0.0
        return Slope(name=name, first=value, last=value, per_hour=0.0, error=math.inf)
    seconds, values = np.transpose(blocks)
    line, covariance = np.polyfit(seconds, values, 1, cov=True)
    return Slope(
        name=name,
        first=blocks[0][1],
        last=blocks[-1][1],
        per_hour=float(line[0]) * 3600,
        error=float(covariance[0][0]) ** 0.5 * 3600,
    )


def _averaged(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    size = max(math.ceil(len(points) / BLOCKS), 1)
    starts = range(0, len(points), size)
    return [tuple(np.mean(points[start : start + size], axis=0).tolist()) for start in starts]


def settled(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples that count."""
    return samples[int(len(samples) * SETTLING_SHARE) :]


def slopes(samples: Sequence[Sample]) -> list[Slope]:
    """The slopes of everything that must not grow."""
    counted = settled(samples)

    def of(name: str, value: Callable[[Sample], float]) -> Slope:
        return slope(name, [(sample.seconds, value(sample)) for sample in counted])

    lines = [
        of(f"{role}: {what}", partial(held, what=what, role=role))
        for role in roles(samples)
        for what in HELD
        if (role, what) != MEANT_TO_GROW
    ]
    lines += [of(f"queue of {name}", partial(_queued, name=name)) for name in samples[0].queued]
    lines.append(of("open jobs", lambda one: one.rows["job"] - one.answered))
    return lines


def held(sample: Sample, what: str, role: str) -> float:
    """How much a role's processes hold of something."""
    return HELD[what](sample).get(role, 0.0)


def _queued(sample: Sample, name: str) -> float:
    return sample.queued[name]


def roles(samples: Iterable[Sample]) -> list[str]:
    """Every role of process that was seen, the heaviest first."""
    most: dict[str, float] = {}
    for sample in samples:
        for role, mib in sample.resident_mib.items():
            most[role] = max(most.get(role, 0.0), mib)
    return sorted(most, key=lambda role: -most[role])
