"""Nets over many pictures, some at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.float32]


def in_parts(
    net: Callable[[Pictures], list[Pictures]], pictures: Pictures, at_once: int
) -> list[Pictures]:
    """A net's outputs for all pictures, of which so many go through it together, at most. Of none
    there are outputs, too: empty ones."""
    starts = range(0, max(len(pictures), 1), at_once)
    parts = [net(pictures[start : start + at_once]) for start in starts]
    if len(parts) == 1:
        return parts[0]
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
