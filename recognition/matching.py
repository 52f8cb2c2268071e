"""Who is nearest: Euclidean distance between embeddings, in plain numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recognition.types import Embedding

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The gallery's nearest embedding: its row, and how far away it is."""

    row: int
    distance: float


class Search(Protocol):
    """A way to find the nearest row, and whose it is, for galleries too large for this process."""

    def nearest(self, embedding: Embedding) -> Nearest | None:
        """The nearest row, or None where there is none."""

    def person_of(self, row: int) -> str:
        """The id of the person whose example a row is."""


def squared_norms(matrix: Matrix) -> Matrix:
    """The squared length of each row."""
    return np.asarray(np.einsum("ij,ij->i", matrix, matrix), np.float32)


def nearest(embedding: Embedding, matrix: Matrix, squared_norms: Matrix) -> Nearest | None:
    """The nearest row of `matrix` (n, dimension), or None where there is no row.

    |a - b|^2 = |a|^2 - 2ab + |b|^2: one matrix-vector product instead of n differences. The
    winner's distance is then computed directly, because that sum loses digits near zero. A row
    whose squared norm is infinite is nobody's.
    """
    if len(matrix) == 0:
        return None
    row = int(np.argmin(squared_norms - 2.0 * (matrix @ embedding)))
    if not np.isfinite(squared_norms[row]):
        return None
    difference = matrix[row].astype(np.float64) - embedding.astype(np.float64)
    return Nearest(row=row, distance=float(np.linalg.norm(difference)))


def similarity(distance: float, threshold: float) -> float:
    """0 to 1, for people: 1 at distance 0, 0.5 at the threshold, falling to 0 beyond it.

    A logistic curve in the distance, scaled so that the same figure means the same certainty
    whatever the model; its steepness 10 gives 0.99 at 54 % of the threshold.
    """
    steep = np.clip(10.0 * (distance / threshold - 1.0), -60.0, 60.0)
    at_zero = 1.0 / (1.0 + np.exp(-10.0))
    return float(min(1.0 / (1.0 + np.exp(steep)) / at_zero, 1.0))
