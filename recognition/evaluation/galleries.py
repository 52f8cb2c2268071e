"""Random galleries of labelled faces, and how near strangers and enrolled people come to them.

Terms are those of ISO/IEC 19795-1: a probe is a face that is looked up. FPIR is the share of
strangers' probes that get a name, TPIR the share of enrolled people's probes that get the right
name. Pure: random numbers come in as an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recognition.matching import Matrix, Rows, Rule

Distances = npt.NDArray[np.float64]

STRANGER = ""
"""The name of a face that no gallery holds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledFaces:
    """Faces that are compared many times.

    Parameters:
        products: inner products of all embeddings with all: shape (faces, faces).
        people: the rows of each person who may be enrolled.
        strangers: the rows of faces that are never enrolled.
        rule: as in `recognition.registry.models`.
        length: the length that embeddings and their means have; 0 leaves them as they are.
    """

    products: Distances
    people: tuple[Rows, ...]
    strangers: Rows
    rule: Rule
    length: float

    def halves(self, random: np.random.Generator) -> tuple[LabelledFaces, LabelledFaces]:
        """Two random halves of the people and of the strangers, which share nobody."""
        people = random.permutation(len(self.people))
        strangers = random.permutation(self.strangers)
        middle, edge = len(people) // 2, len(strangers) // 2
        return (
            self._only(people[:middle], strangers[:edge]),
            self._only(people[middle:], strangers[edge:]),
        )

    def _only(self, people: Rows, strangers: Rows) -> LabelledFaces:
        return replace(self, people=tuple(self.people[n] for n in people), strangers=strangers)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class GalleryShape:
    """How many people a gallery holds, and how many examples of each."""

    people: int
    examples: int

    def __str__(self) -> str:
        return f"{self.people}x{self.examples}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """What one random gallery gave.

    Parameters:
        strangers: the distance of each stranger to the nearest person, ascending.
        probes: the distance of each enrolled person's probe to the nearest person.
        right: whether that is the probe's person.
    """

    strangers: Distances
    probes: Distances
    right: npt.NDArray[np.bool_]

    def fpir(self, threshold: float) -> float:
        """Share of strangers who get a name."""
        return float(np.searchsorted(self.strangers, threshold, side="right")) / len(self.strangers)

    def tpir(self, threshold: float) -> float:
        """Share of enrolled people who get their own name."""
        return float(np.mean(self.right & (self.probes <= threshold)))


def labelled_faces(
    embeddings: Matrix, names: Sequence[str], rule: Rule, length: float
) -> LabelledFaces:
    """Faces by their names; those with the name STRANGER are strangers."""
    vectors = embeddings.astype(np.float64)
    if length:
        vectors *= length / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    labels = np.asarray(names)
    return LabelledFaces(
        products=vectors @ vectors.T,
        people=tuple(np.flatnonzero(labels == name) for name in sorted(set(names) - {STRANGER})),
        strangers=np.flatnonzero(labels == STRANGER),
        rule=rule,
        length=length,
    )


def distances(faces: LabelledFaces, probes: Rows, gallery: Rows) -> Distances:
    """How far each probe is from each person of a gallery: shape (probes, people).

    The rows of a gallery have the shape (people, examples). The result is what
    `recognition.matching.distance_to` says, for many probes and people at once.
    """
    people, examples = gallery.shape
    products = faces.products[np.ix_(probes, gallery.ravel())].reshape(-1, people, examples)
    squares = np.diagonal(faces.products)
    if faces.rule == "nearest":
        squared = (squares[gallery][None] - 2.0 * products).min(axis=2)
    else:
        towards = products.mean(axis=2)
        square = faces.products[gallery[:, :, None], gallery[:, None, :]].mean(axis=(1, 2))
        if faces.length:
            towards = towards * faces.length / np.sqrt(np.maximum(square, 1e-12))
            square = np.full_like(square, faces.length**2)
        squared = square[None] - 2.0 * towards
    return np.sqrt(np.maximum(squares[probes][:, None] + squared, 0.0))


def possible(faces: LabelledFaces, shape: GalleryShape) -> bool:
    """Whether enough people have that many examples, and one picture more to look up."""
    return sum(len(rows) > shape.examples for rows in faces.people) >= shape.people


def try_gallery(
    faces: LabelledFaces, shape: GalleryShape, random: np.random.Generator, share: float = 1.0
) -> Trial:
    """Draw a gallery, and look up strangers and one further picture of everybody enrolled.

    Strangers are the faces of that kind, and one picture of each person who is not drawn.
    `share` of them are looked up.
    """
    able = [number for number, rows in enumerate(faces.people) if len(rows) > shape.examples]
    drawn = random.permutation(able)[: shape.people]
    rows = np.array([random.permutation(faces.people[n])[: shape.examples + 1] for n in drawn])
    gallery, probes = rows[:, :-1], rows[:, -1]
    strangers = random.permutation(_strangers(faces, set(drawn.tolist()), random))
    strangers = strangers[: max(round(len(strangers) * share), 1)]
    found = distances(faces, probes, gallery)
    return Trial(
        strangers=np.sort(distances(faces, strangers, gallery).min(axis=1)),
        probes=found.min(axis=1),
        right=found.argmin(axis=1) == np.arange(len(probes)),
    )


def _strangers(faces: LabelledFaces, drawn: set[int], random: np.random.Generator) -> Rows:
    others = [random.choice(rows) for n, rows in enumerate(faces.people) if n not in drawn]
    return np.concatenate([faces.strangers, np.array(others, np.int64)])
