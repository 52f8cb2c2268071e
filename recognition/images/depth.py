"""Pictures with more than 8 bits, or with floats: scaled by the range that they use.

A camera's 12 bits in a file of 16, or a float from 0 to 1, would be black by the file's own scale.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IGNORED_PERCENT = 0.1
"""A hot pixel, or a marker for missing values, may not decide how bright all others are."""


def range_of(values: npt.NDArray[np.generic]) -> tuple[float, float]:
    """The least and the largest value that count."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, (IGNORED_PERCENT, 100.0 - IGNORED_PERCENT))
    if low == high:
        low, high = finite.min(), finite.max()
    return float(low), float(high)


def eight_bits(values: npt.NDArray[np.generic], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Values from `low` to `high` as 0 to 255; others are cut off."""
    span = high - low if high > low else 1.0
    scaled = np.empty(values.shape, np.uint8)
    for number, row in enumerate(values):
        wanted = np.nan_to_num(row.astype(np.float64), nan=low, posinf=high, neginf=low)
        scaled[number] = np.clip((wanted - low) / span, 0.0, 1.0) * 255.0
    return scaled
