"""What a model does with strangers and known people, at several sizes of gallery. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recognition.evaluation.calibration import threshold_at
from recognition.evaluation.galleries import (
    Distances,
    GalleryShape,
    LabelledFaces,
    Trial,
    possible,
    try_gallery,
)

SIZES = (10, 50)
EXAMPLES = (1, 3, 5)
TRIALS = 30
LEAST_STRANGERS = 20
RATE = 0.01

ThresholdOf = Callable[[GalleryShape], float]
"""The threshold in force for a gallery of a shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFigures:
    """The means over random galleries of one shape.

    Parameters:
        threshold: that in force.
        fpir, tpir: at that threshold.
        tpir_at_rate: TPIR at the threshold at which FPIR is 1 % here.
    """

    shape: GalleryShape
    threshold: float
    fpir: float
    tpir: float
    tpir_at_rate: float


def shapes_of(faces: LabelledFaces) -> list[GalleryShape]:
    """Galleries of 10, 50 and all people, with 1, 3 and 5 examples, as far as there are.

    Everybody is in a gallery only where strangers are left to look up.
    """
    shapes = []
    for examples in EXAMPLES:
        able = sum(len(rows) > examples for rows in faces.people)
        for people in sorted({*(size for size in SIZES if size < able), able}):
            shape = GalleryShape(people=people, examples=examples)
            if people and possible(faces, shape) and _strangers(faces, people) >= LEAST_STRANGERS:
                shapes.append(shape)
    return sorted(shapes)


def _strangers(faces: LabelledFaces, people: int) -> int:
    return len(faces.strangers) + len(faces.people) - people


def try_shape(faces: LabelledFaces, shape: GalleryShape, trials: int = TRIALS) -> list[Trial]:
    """Random galleries, the same ones for every model that sees the same pictures."""
    random = np.random.default_rng(shape.people * 1000 + shape.examples)
    return [try_gallery(faces, shape, random) for _ in range(trials)]


def figures_of(shape: GalleryShape, trials: Sequence[Trial], threshold: float) -> GalleryFigures:
    """The mean figures of trials of one shape, at a threshold and at a fixed rate of strangers."""
    at_rate = threshold_at(trials, RATE)
    return GalleryFigures(
        shape=shape,
        threshold=threshold,
        fpir=_mean([trial.fpir(threshold) for trial in trials]),
        tpir=_mean([trial.tpir(threshold) for trial in trials]),
        tpir_at_rate=_mean([trial.tpir(at_rate) for trial in trials]),
    )


def figures(faces: LabelledFaces, threshold_of: ThresholdOf) -> list[GalleryFigures]:
    """The figures of all shapes that can be tried."""
    return [
        figures_of(shape, try_shape(faces, shape), threshold_of(shape))
        for shape in shapes_of(faces)
    ]


def detection_error_trade_off(trials: Sequence[Trial]) -> tuple[Distances, Distances]:
    """The DET curve: FPIR, and for each the share of known people who are missed (1 - TPIR)."""
    strangers = np.sort(np.concatenate([trial.strangers for trial in trials]))
    probes = np.concatenate([trial.probes for trial in trials])
    right = np.concatenate([trial.right for trial in trials])
    named = np.sort(probes[right])
    missed = 1.0 - np.searchsorted(named, strangers, side="right") / len(probes)
    return np.arange(1, len(strangers) + 1) / len(strangers), missed


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
