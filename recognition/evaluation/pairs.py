"""How well a model tells people apart, from embeddings with names. Pure functions.

Pairs of one person's pictures are genuine, all others impostors. A threshold accepts a pair when
its distance is at most that. TAR is the share of genuine pairs that are accepted, FAR that of
impostors (terms of NIST's face recognition tests).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.errors import RecognitionError
from recognition.matching import Matrix, distances_between

Distances = npt.NDArray[np.float64]

FALSE_ACCEPT_RATES = (1e-2, 1e-3)


class TooLittleToEvaluate(RecognitionError):
    """There are no two pictures of one person, or no two people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """A threshold and what comes of it."""

    threshold: float
    true_accept_rate: float
    false_accept_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The figures. `tar_at` is by the false accept rate that was asked for; `measurable` is the
    smallest such rate that this number of impostor pairs can show."""

    people: int
    pictures: int
    genuine_pairs: int
    impostor_pairs: int
    rank_1: float
    equal_error_rate: float
    tar_at: dict[float, OperatingPoint]
    suggested: OperatingPoint
    measurable: float


def evaluate(embeddings: Matrix, names: Sequence[str]) -> Evaluation:
    """The figures of embeddings (n, dimension) with the name of each.

    Raises TooLittleToEvaluate.
    """
    genuine, impostor = pair_distances(embeddings, names)
    if not len(genuine) or not len(impostor):
        raise TooLittleToEvaluate(
            "an evaluation needs at least two people, one of them with two pictures in which a "
            f"face is found; here are {len(genuine)} pairs of one person and {len(impostor)} of two"
        )
    return Evaluation(
        people=len(set(names)),
        pictures=len(names),
        genuine_pairs=len(genuine),
        impostor_pairs=len(impostor),
        rank_1=rank_1(embeddings, names),
        equal_error_rate=equal_error_rate(genuine, impostor),
        tar_at={rate: point_at(genuine, impostor, rate) for rate in FALSE_ACCEPT_RATES},
        suggested=suggested_point(genuine, impostor),
        measurable=1.0 / len(impostor),
    )


def pair_distances(embeddings: Matrix, names: Sequence[str]) -> tuple[Distances, Distances]:
    """Sorted distances of genuine and of impostor pairs, each pair once."""
    first, second = np.triu_indices(len(names), k=1)
    distances = distances_between(embeddings, embeddings)[first, second]
    labels = np.asarray(names)
    same = labels[first] == labels[second]
    return np.sort(distances[same]), np.sort(distances[~same])


def rank_1(embeddings: Matrix, names: Sequence[str]) -> float:
    """Share of pictures whose nearest other picture shows the same person.

    Only those count that have another of their person: the others can't be right.
    """
    distances = distances_between(embeddings, embeddings)
    np.fill_diagonal(distances, np.inf)
    labels = np.asarray(names)
    counts = {name: int(np.sum(labels == name)) for name in set(names)}
    answerable = np.array([counts[name] > 1 for name in names])
    right = labels[np.argmin(distances, axis=1)] == labels
    return float(right[answerable].mean())


def share_accepted(distances: Distances, threshold: float) -> float:
    """Share of sorted distances that a threshold accepts."""
    return float(np.searchsorted(distances, threshold, side="right")) / len(distances)


def point_at(genuine: Distances, impostor: Distances, rate: float) -> OperatingPoint:
    """The loosest threshold whose false accept rate is at most `rate`."""
    allowed = int(np.floor(rate * len(impostor)))
    # Just under the first impostor that may not be accepted any more.
    threshold = float(np.nextafter(impostor[allowed], -np.inf))
    return _point(genuine, impostor, threshold)


def equal_error_rate(genuine: Distances, impostor: Distances) -> float:
    """Where as large a share of genuine pairs is refused as of impostors is accepted."""
    thresholds = np.concatenate([genuine, impostor])
    false_accepts = np.searchsorted(impostor, thresholds, side="right") / len(impostor)
    false_refusals = 1.0 - np.searchsorted(genuine, thresholds, side="right") / len(genuine)
    best = int(np.argmin(np.abs(false_accepts - false_refusals)))
    return float((false_accepts[best] + false_refusals[best]) / 2.0)


def suggested_point(genuine: Distances, impostor: Distances) -> OperatingPoint:
    """The threshold to use. It is the middle of the gap between genuine and impostor pairs, where
    there is one. Else it is the loosest with a false accept rate of 1e-3."""
    if genuine[-1] < impostor[0]:
        return _point(genuine, impostor, float((genuine[-1] + impostor[0]) / 2.0))
    return point_at(genuine, impostor, 1e-3)


def _point(genuine: Distances, impostor: Distances, threshold: float) -> OperatingPoint:
    return OperatingPoint(
        threshold=threshold,
        true_accept_rate=share_accepted(genuine, threshold),
        false_accept_rate=share_accepted(impostor, threshold),
    )


def roc(genuine: Distances, impostor: Distances) -> tuple[Distances, Distances]:
    """The curve: false accept rates and, for each, the true accept rate; from 0 to 1."""
    thresholds = np.unique(np.concatenate([genuine, impostor]))
    far = np.searchsorted(impostor, thresholds, side="right") / len(impostor)
    tar = np.searchsorted(genuine, thresholds, side="right") / len(genuine)
    return np.concatenate([[0.0], far]), np.concatenate([[0.0], tar])
