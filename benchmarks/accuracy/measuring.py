"""The figures of a contender, from embedded faces. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.contenders import Contender, Source
from recognition.evaluation import pairs
from recognition.evaluation.galleries import (
    Distances,
    GalleryShape,
    LabelledFaces,
    labelled_faces,
)
from recognition.evaluation.open_set_figures import (
    GalleryFigures,
    detection_error_trade_off,
    figures_of,
    try_shape,
)
from recognition.evaluation.reading import EmbeddedFaces
from recognition.matching import of_length
from recognition.registry.models import model_named

FAR = 1e-3
FPIR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Accuracy:
    """A contender's row of the table, and its DET curve at the middle gallery.

    Parameters:
        wrong_face: share of pictures in which another face lies nearer to the centre.
        curve: FPIR, and the share of known people who are missed.
    """

    name: str
    rank_1: float
    equal_error_rate: float
    tar: float
    galleries: tuple[GalleryFigures, ...]
    wrong_face: float
    milliseconds_a_face: float
    curve: tuple[Distances, Distances]


def shapes(faces: LabelledFaces) -> list[GalleryShape]:
    """10x1, 50x5 and everybody x5; fewer people and examples where there are no more."""
    examples = min(5, min(len(rows) for rows in faces.people) - 1)
    everybody = len(faces.people)
    wanted = [(10, 1), (50, examples), (everybody, examples)]
    found = [GalleryShape(people=min(n, everybody), examples=k) for n, k in wanted]
    return sorted(set(found))


def measure(source: Source, contender: Contender, embedded: EmbeddedFaces) -> Accuracy:
    """Try a contender on pairs and on random galleries, the same for all."""
    faces = labelled_faces(embedded.embeddings, embedded.names, contender.rule, contender.length)
    known = embedded.people
    vectors = of_length(known.embeddings, contender.length).astype(np.float32)
    genuine, impostor = pairs.pair_distances(vectors, known.names)
    tried = {shape: try_shape(faces, shape) for shape in shapes(faces)}
    middle = list(tried)[len(tried) // 2]
    return Accuracy(
        name=contender.name,
        rank_1=pairs.rank_1(vectors, known.names),
        equal_error_rate=pairs.equal_error_rate(genuine, impostor),
        tar=pairs.point_at(genuine, impostor, FAR).true_accept_rate,
        galleries=tuple(
            figures_of(shape, trials, _threshold(source, contender, shape))
            for shape, trials in tried.items()
        ),
        wrong_face=sum(embedded.off_centre) / len(embedded.off_centre),
        milliseconds_a_face=embedded.milliseconds_a_face,
        curve=detection_error_trade_off(tried[middle]),
    )


def _threshold(source: Source, contender: Contender, shape: GalleryShape) -> float:
    line = model_named(source.model).line
    return contender.threshold or line.for_gallery(
        shape.people, shape.people * shape.examples, FPIR
    )
