"""`python -m recognition evaluate` and `calibrate`."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from recognition.console.commands import chosen_recognizer
from recognition.console.terminal import announce
from recognition.evaluation import calibration, pairs, tables
from recognition.evaluation.galleries import STRANGER, GalleryShape
from recognition.evaluation.labels import DoubtfulPicture, doubtful_pictures
from recognition.evaluation.open_set_figures import GalleryFigures, figures
from recognition.evaluation.reading import EmbeddedFaces, pictures_of, read_pictures
from recognition.matching import of_length
from recognition.recognizer import Recognizer
from recognition.registry.models import Model, model_named

SEED = 22
"""The same pictures give the same figures."""


def evaluate(parsed: argparse.Namespace) -> bool:
    """Print how well the model tells the people of a folder apart, and from strangers."""
    recognizer, faces = _read(parsed)
    model = model_named(recognizer.model)
    known = faces.people
    vectors = as_compared(known.embeddings, model)
    found = pairs.evaluate(vectors, known.names)
    threshold_of = _threshold(parsed, model)
    galleries = figures(faces.compared_as(model), threshold_of)
    doubtful = _doubtful(known, model)
    if parsed.plot:
        _plot(parsed, recognizer, faces, vectors, found)
    if parsed.json:
        print(json.dumps(_evaluation_json(found, recognizer.model, faces, galleries, doubtful)))  # noqa: T201
    else:
        print(tables.evaluation(found, recognizer.model, faces.left_out))  # noqa: T201
        print(tables.galleries(galleries))  # noqa: T201
        print(tables.doubtful(doubtful, known))  # noqa: T201
    return True


def calibrate(parsed: argparse.Namespace) -> bool:
    """Print the model's threshold line and pair threshold, and how well they hold."""
    recognizer, faces = _read(parsed)
    model = model_named(recognizer.model)
    random = np.random.default_rng(SEED)
    found = calibration.calibrate(faces.compared_as(model), random, announce, parsed.kept / 100.0)
    pair = calibration.pair_threshold(as_compared(faces.embeddings, model), faces.names)
    if parsed.json:
        print(json.dumps(_calibration_json(found, pair, recognizer.model)))  # noqa: T201
    else:
        print(tables.calibration(found, pair, recognizer.model))  # noqa: T201
    return True


def as_compared(embeddings: np.ndarray, model: Model) -> np.ndarray:
    """Embeddings at the length at which the model compares them."""
    return of_length(embeddings, model.length).astype(np.float32)


def _read(parsed: argparse.Namespace) -> tuple[Recognizer, EmbeddedFaces]:
    pictures = pictures_of(parsed.folder, parsed.strangers, announce)
    recognizer = chosen_recognizer(parsed, None)
    return recognizer, read_pictures(pictures, recognizer, parsed.quality, announce)


def _threshold(parsed: argparse.Namespace, model: Model) -> Callable[[GalleryShape], float]:
    def threshold_of(shape: GalleryShape) -> float:
        fpir = parsed.strangers_named / 100.0
        examples = shape.people * shape.examples
        return parsed.threshold or model.line.for_gallery(shape.people, examples, fpir)

    return threshold_of


def _doubtful(known: EmbeddedFaces, model: Model) -> list[DoubtfulPicture]:
    faces = known.compared_as(model)
    return doubtful_pictures(faces, known.names, known.paths, known.several, model.pair_threshold)


def _plot(
    parsed: argparse.Namespace,
    recognizer: Recognizer,
    faces: EmbeddedFaces,
    vectors: np.ndarray,
    found: pairs.Evaluation,
) -> None:
    from recognition.evaluation.plot import write_plot

    genuine, impostor = pairs.pair_distances(vectors, faces.people.names)
    title = f"{recognizer.model}, {parsed.precision}: {found.pictures} pictures of "
    title += f"{found.people} people, {faces.names.count(STRANGER)} strangers"
    compared = faces.compared_as(model_named(recognizer.model))
    write_plot(parsed.plot, found, genuine, impostor, compared, title)
    announce(f"plot: {parsed.plot}")


def _evaluation_json(
    found: pairs.Evaluation,
    model: str,
    faces: EmbeddedFaces,
    galleries: list[GalleryFigures],
    doubtful: list[DoubtfulPicture],
) -> dict[str, object]:
    return {
        **asdict(found),
        "tar_at": {f"{rate:g}": asdict(at) for rate, at in found.tar_at.items()},
        "model": model,
        "left_out": faces.left_out,
        "strangers": faces.names.count(STRANGER),
        "galleries": [asdict(one) for one in galleries],
        "doubtful": [{**asdict(one), "path": str(one.path)} for one in doubtful],
        "several_faces": [str(path) for path in tables.with_several(faces.people)],
    }


def _calibration_json(found: calibration.Calibration, pair: float, model: str) -> dict[str, object]:
    return {
        "model": model,
        "line": asdict(found.fitted.line),
        "margin": found.fitted.margin,
        "pair_threshold": pair,
        "people": found.people,
        "strangers": found.strangers,
        "held_out": [asdict(one) for one in found.held_out],
    }
