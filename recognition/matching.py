"""Who is near: Euclidean distances between embeddings, in plain numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from recognition.types import Embedding

Matrix = npt.NDArray[np.float32]
Exact = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

Rule = Literal["nearest", "mean"]
"""The examples that a face is compared with: a person's nearest example, or the mean of their
examples."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NearPerson:
    """A person of the gallery and their examples: shape (examples, dimension)."""

    person_id: str
    examples: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A person, and how far a face is from them by the model's rule."""

    person_id: str
    distance: float


class Search(Protocol):
    """Finds the people near a face in a gallery that is too large for this process."""

    def people_near(self, embedding: Embedding, count: int) -> list[NearPerson]:
        """Up to `count` people, those with the nearest example first."""


def squared_norms(matrix: Matrix) -> Matrix:
    """The squared length of each row."""
    norms: Matrix = np.einsum("ij,ij->i", matrix, matrix)
    return norms


def closeness(embedding: Embedding, matrix: Matrix, squared_norms: Matrix) -> Matrix:
    """The squared distance of each row of `matrix` (n, dimension), less |embedding|^2.

    |a - b|^2 = |a|^2 - 2ab + |b|^2: one matrix-vector product instead of n differences. A row
    whose squared norm is infinite is nobody's.
    """
    squares: Matrix = squared_norms - np.float32(2.0) * (matrix @ embedding)
    return squares


def squared_distances(matrix: Matrix) -> Matrix:
    """The squared distance of each row of `matrix` (n, dimension) to each: shape (n, n)."""
    norms = squared_norms(matrix)
    squares: Matrix = norms[:, None] + norms - np.float32(2.0) * (matrix @ matrix.T)
    return squares


def distances_between(rows: Matrix | Exact, others: Matrix | Exact) -> Exact:
    """How far each of `rows` (n, dimension) is from each of `others` (m, dimension): (n, m)."""
    exact, beside = rows.astype(np.float64), others.astype(np.float64)
    squares = np.einsum("ij,ij->i", exact, exact)[:, None] + np.einsum("ij,ij->i", beside, beside)
    return np.asarray(np.sqrt(np.maximum(squares - 2.0 * exact @ beside.T, 0.0)))


def nearest_parts(values: Matrix, starts: Rows, count: int) -> list[int]:
    """Which parts of `values` have the smallest minimum: up to `count`, smallest first.

    A part begins at each of `starts` (ascending) and ends where the next one begins. A part
    without a finite value is skipped.
    """
    smallest = np.minimum.reduceat(values, starts)
    count = min(count, len(starts))
    first = np.argpartition(smallest, count - 1)[:count]
    ordered = first[np.argsort(smallest[first], kind="stable")]
    return [int(part) for part in ordered if np.isfinite(smallest[part])]


def ranked(
    embedding: Embedding, people: Sequence[NearPerson], rule: Rule, length: float
) -> list[Match]:
    """The people by their distance from a face, nearest first."""
    if not people:
        return []
    distances = _distances(embedding, [person.examples for person in people], rule, length)
    return [
        Match(person_id=people[place].person_id, distance=float(distances[place]))
        for place in np.argsort(distances, kind="stable")
    ]


def distance_to(embedding: Embedding, examples: Matrix, rule: Rule, length: float) -> float:
    """How far a face is from a person's examples (n, dimension), by a rule."""
    return float(_distances(embedding, [examples], rule, length)[0])


def _distances(
    embedding: Embedding, examples: Sequence[Matrix], rule: Rule, length: float
) -> Exact:
    """How far a face is from the examples of each person.

    All vectors, and the mean of examples, are first brought to a length; 0 leaves them as they are.
    """
    counts = np.array([len(each) for each in examples])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rows = of_length(np.concatenate(examples), length)
    if rule == "mean":
        rows = of_length(np.add.reduceat(rows, starts) / counts[:, None], length)
    far = np.linalg.norm(rows - of_length(embedding[None], length), axis=1)
    return far if rule == "mean" else np.minimum.reduceat(far, starts)


def distances_to(embedding: Embedding, others: Matrix, length: float) -> Exact:
    """How far a face is from each of others (n, dimension), all brought to a length. Shape (n,)."""
    away: Exact = np.linalg.norm(
        of_length(others, length) - of_length(embedding[None], length), axis=1
    )
    return away


def of_length(vectors: Matrix | Exact, length: float) -> Exact:
    """The rows of a matrix, each with this length; 0 leaves them as they are."""
    rows = vectors.astype(np.float64)
    if not length:
        return rows
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows * (length / np.maximum(lengths, 1e-12)))


def similarity(distance: float, threshold: float) -> float:
    """0 to 1, for people: 1 at distance 0, 0.5 at the threshold, falling to 0 beyond it.

    A logistic curve in the distance, scaled so that the same figure means the same certainty for
    every model. Its steepness 10 gives 0.99 at 54 % of the threshold.
    """
    steep = min(10.0 * (distance / threshold - 1.0), 60.0)
    at_zero = 1.0 / (1.0 + np.exp(-10.0))
    return float(min(1.0 / (1.0 + np.exp(steep)) / at_zero, 1.0))
