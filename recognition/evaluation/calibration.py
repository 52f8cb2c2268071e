"""Fits a model's threshold line to labelled faces, and says how well it holds for other people.

Many random galleries of several sizes say which threshold lets a share of strangers pass. The line
goes through the means of those thresholds. Then a margin moves it to the safe side. So 19 of 20
galleries, or another share, keep the FPIR that was asked for. Pure.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recognition.errors import RecognitionError
from recognition.evaluation import pairs
from recognition.evaluation.galleries import (
    GalleryShape,
    LabelledFaces,
    Trial,
    possible,
    try_gallery,
)
from recognition.matching import Matrix
from recognition.open_set import REFERENCE_EXAMPLES, REFERENCE_FPIR, ThresholdLine

SIZES = (10, 20, 50, 100, 150, 300, 600)
EXAMPLES = (1, 2, 3, 5, 10)
RATES = (0.005, 0.01, 0.02, 0.05)
TRIALS = 60
ROUNDS = 5
"""Random halvings of the people for the check on people who were not fitted."""

HALF = 0.5
"""Share of the strangers of a trial, so that trials differ in their strangers, too."""

KEPT = 0.95
"""Share of galleries that keep the FPIR asked for. A model that tells people apart less well pays
for a larger share with known people."""

PAIR_FAR = 1e-3

LEAST_PEOPLE, LEAST_STRANGERS = 20, 100

Tell = Callable[[str], None]


class TooLittleToCalibrate(RecognitionError):
    """There are too few people or strangers for thresholds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedLine:
    """A line, and the margin by which it is on the safe side of the mean galleries."""

    line: ThresholdLine
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The line's result on people whom it was not fitted to.

    Parameters:
        fpir, tpir: means over the galleries, where FPIR 1 % was asked for.
        kept: the share of galleries with at most that FPIR.
    """

    shape: GalleryShape
    galleries: int
    fpir: float
    tpir: float
    kept: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What `calibrate` found."""

    fitted: FittedLine
    people: int
    strangers: int
    held_out: tuple[HeldOut, ...]


def calibrate(
    faces: LabelledFaces, random: np.random.Generator, tell: Tell, kept: float = KEPT
) -> Calibration:
    """Fit the line to all faces, and check such lines on halves that they were not fitted to.

    `kept` is the share of galleries that shall keep the FPIR asked for, 0 to 1.

    Raises TooLittleToCalibrate.
    """
    check_enough(faces)
    tell(f"fitting {len(shapes_of(faces))} shapes of galleries")
    fitted = fit_line(faces, random, kept=kept)
    return Calibration(
        fitted=fitted,
        people=len(faces.people),
        strangers=len(faces.strangers),
        held_out=_cross_validated(faces, random, tell, kept),
    )


def check_enough(faces: LabelledFaces) -> None:
    """Raises TooLittleToCalibrate with what is missing."""
    able = sum(len(rows) > 1 for rows in faces.people)
    if able < LEAST_PEOPLE or len(faces.strangers) < LEAST_STRANGERS:
        raise TooLittleToCalibrate(
            f"calibrating needs {LEAST_PEOPLE} people with two pictures or more, and "
            f"{LEAST_STRANGERS} strangers; faces were found of {able} such people and of "
            f"{len(faces.strangers)} strangers: add pictures"
        )


def shapes_of(faces: LabelledFaces) -> list[GalleryShape]:
    """The galleries that can be drawn, up to everybody."""
    sizes = sorted({*(n for n in SIZES if n <= len(faces.people)), len(faces.people)})
    shapes = [GalleryShape(people=n, examples=k) for n in sizes for k in EXAMPLES]
    return [shape for shape in shapes if possible(faces, shape)]


def fit_line(
    faces: LabelledFaces, random: np.random.Generator, trials: int = TRIALS, kept: float = KEPT
) -> FittedLine:
    """The line through random galleries of all shapes, on the safe side.

    Raises TooLittleToCalibrate where strangers do not come nearer to larger galleries.
    """
    tried = {
        shape: [try_gallery(faces, shape, random, HALF) for _ in range(trials)]
        for shape in shapes_of(faces)
    }
    line = _line_through(tried)
    margin = float(np.mean([_margin(line, shape, trials, kept) for shape, trials in tried.items()]))
    return FittedLine(line=replace(line, a=line.a - margin), margin=margin)


def _line_through(tried: dict[GalleryShape, list[Trial]]) -> ThresholdLine:
    """Least squares, twice: how much an example more of a person counts, then the line."""
    points = [
        (shape, rate, threshold_at(trials, rate))
        for shape, trials in tried.items()
        for rate in RATES
    ]
    thresholds = np.array([threshold for _, _, threshold in points])
    people = [[1.0, -math.log(s.people), -math.log(s.examples), math.log(r)] for s, r, _ in points]
    _, by_people, by_examples, _ = _least_squares(people, thresholds)
    if by_people <= 0:
        raise TooLittleToCalibrate(
            "strangers come no nearer to large galleries than to small ones: the pictures are too "
            "few, or strangers are among the people"
        )
    several = len({shape.examples for shape in tried}) > 1
    line = ThresholdLine(
        a=0.0, b=0.0, c=0.0, per_example=_counted(by_examples / by_people, several)
    )
    rows = [
        [
            1.0,
            -math.log(line.comparisons(s.people, s.people * s.examples) / REFERENCE_EXAMPLES),
            math.log(r / REFERENCE_FPIR),
        ]
        for s, r, _ in points
    ]
    a, b, c = _least_squares(rows, thresholds)
    return replace(line, a=a, b=b, c=c)


def _counted(share: float, several: bool) -> float:
    """Each example counts as a separate person where nothing else is known."""
    return round(min(max(share, 0.0), 1.0), 2) if several else 1.0


def _least_squares(rows: Sequence[Sequence[float]], values: np.ndarray) -> list[float]:
    found = np.linalg.lstsq(np.array(rows), values, rcond=None)[0]
    return [float(one) for one in found]


def threshold_at(trials: Sequence[Trial], rate: float) -> float:
    """The threshold that lets `rate` of all strangers of the trials pass."""
    return float(np.quantile(np.concatenate([trial.strangers for trial in trials]), rate))


def _margin(
    line: ThresholdLine, shape: GalleryShape, trials: Sequence[Trial], kept: float
) -> float:
    """From the line down to the threshold that this share of a shape's galleries needs."""
    needed = [np.quantile(trial.strangers, REFERENCE_FPIR) for trial in trials]
    at = line.for_gallery(shape.people, shape.people * shape.examples, REFERENCE_FPIR)
    return at - float(np.quantile(needed, 1.0 - kept))


def _cross_validated(
    faces: LabelledFaces, random: np.random.Generator, tell: Tell, kept: float
) -> tuple[HeldOut, ...]:
    """Lines that were fitted to one half, tried on the other, both ways, several times."""
    found: dict[GalleryShape, list[tuple[float, float]]] = {}
    for number, (fitted_to, other) in enumerate(_halvings(faces, random)):
        tell(f"fit {number + 1} of {2 * ROUNDS} to half of the people, tried on the others")
        line = fit_line(fitted_to, random, TRIALS // 2, kept).line
        for shape in shapes_of(other):
            threshold = line.for_gallery(
                shape.people, shape.people * shape.examples, REFERENCE_FPIR
            )
            trials = [try_gallery(other, shape, random) for _ in range(4)]
            rates = [(trial.fpir(threshold), trial.tpir(threshold)) for trial in trials]
            found.setdefault(shape, []).extend(rates)
    return tuple(_held_out(shape, rates) for shape, rates in sorted(found.items()))


def _halvings(
    faces: LabelledFaces, random: np.random.Generator
) -> Iterator[tuple[LabelledFaces, LabelledFaces]]:
    for _ in range(ROUNDS):
        one, other = faces.halves(random)
        yield one, other
        yield other, one


def _held_out(shape: GalleryShape, rates: Sequence[tuple[float, float]]) -> HeldOut:
    named = np.array([fpir for fpir, _ in rates])
    return HeldOut(
        shape=shape,
        galleries=len(rates),
        fpir=float(named.mean()),
        tpir=float(np.mean([tpir for _, tpir in rates])),
        kept=float(np.mean(named <= REFERENCE_FPIR)),
    )


def pair_threshold(embeddings: Matrix, names: Sequence[str]) -> float:
    """The distance that two people's faces pass once in 1,000 pairs; each stranger is a person."""
    people = [name or f"stranger {number}" for number, name in enumerate(names)]
    genuine, impostor = pairs.pair_distances(embeddings, people)
    return pairs.point_at(genuine, impostor, PAIR_FAR).threshold
