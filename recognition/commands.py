"""What `python -m recognition` can do; a function a command."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from recognition.drawing import draw
from recognition.embedding import Embeddings
from recognition.enrolment.labelled_pictures import pictures_by_folder
from recognition.enrolment.reading import read_faces
from recognition.errors import GalleryEmpty, PictureError
from recognition.evaluation import pairs
from recognition.gallery import FolderFiles, Gallery
from recognition.loading import load_recognizer
from recognition.model_choice import choose_model
from recognition.open_set import DecisionSettings
from recognition.quality import QualityFilter
from recognition.recognizer import Recognizer
from recognition.showing import as_json, as_table, evaluation_table


def announce(line: str) -> None:
    """Tell whoever waits; results alone go to standard output."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def recognise(parsed: argparse.Namespace) -> bool:
    """Name the faces of pictures. False when some could not be read."""
    gallery = _gallery(parsed.gallery) if parsed.gallery else None
    recognizer = chosen_recognizer(parsed, gallery)
    all_read = True
    for path in parsed.pictures:
        try:
            content = path.read_bytes()
            seen = recognizer.recognise(content, gallery)
        except (PictureError, OSError) as error:
            announce(f"{path}: {error}")
            all_read = False
            continue
        print(json.dumps(as_json(path, seen)) if parsed.json else as_table(path, seen))  # noqa: T201
        if parsed.draw:
            target = _drawing_of(path, parsed.draw, len(parsed.pictures))
            target.write_bytes(draw(content, seen))
            announce(f"drawn: {target}")
    return all_read


def _gallery(folder: Path) -> Gallery:
    gallery = Gallery.load(FolderFiles(folder))
    if gallery is None or not gallery.people:
        raise GalleryEmpty(
            f"{folder} is no gallery with people in it: make one with "
            f"`python -m recognition enrol FOLDER --gallery {folder}`"
        )
    return gallery


def chosen_recognizer(parsed: argparse.Namespace, gallery: Gallery | None) -> Recognizer:
    """The recogniser of the command's options, or of the gallery."""
    configured = parsed.model or (gallery.model if gallery else None)
    return load_recognizer(
        choose_model(configured, parsed.weights, announce),
        parsed.weights,
        runtime=parsed.runtime,
        precision=parsed.precision,
        min_face_size=parsed.min_face_size,
        quality=parsed.quality,
        deciding=DecisionSettings(fpir=parsed.strangers_named / 100.0, threshold=parsed.threshold),
        announce=announce,
    )


def _drawing_of(picture: Path, target: Path, pictures: int) -> Path:
    """The file to draw to: the one that was named, or for several pictures one in that folder."""
    if pictures == 1 and not target.is_dir():
        return target
    target.mkdir(parents=True, exist_ok=True)
    return target / f"{picture.stem}.png"


def evaluate(parsed: argparse.Namespace) -> bool:
    """Print how well the model tells apart the people of a folder, and draw the ROC curve."""
    recognizer = chosen_recognizer(parsed, None)
    embeddings, names, left_out = _labelled_embeddings(parsed.folder, recognizer, parsed.quality)
    found = pairs.evaluate(embeddings, names)
    if parsed.plot:
        from recognition.evaluation.roc_plot import write_roc_plot

        genuine, impostor = pairs.pair_distances(embeddings, names)
        title = (
            f"{recognizer.model}, {parsed.precision}: "
            f"{found.pictures} pictures of {found.people} people"
        )
        write_roc_plot(parsed.plot, found, genuine, impostor, title)
        announce(f"plot: {parsed.plot}")
    if parsed.json:
        values = {**asdict(found), "model": recognizer.model, "left_out": left_out}
        values["tar_at"] = {f"{rate:g}": asdict(at) for rate, at in found.tar_at.items()}
        print(json.dumps(values))  # noqa: T201
    else:
        print(evaluation_table(found, recognizer, left_out))  # noqa: T201
    return True


def _labelled_embeddings(
    folder: Path, recognizer: Recognizer, quality: QualityFilter
) -> tuple[Embeddings, list[str], int]:
    """The face of each picture, embedded, and whose it is; how many were left out."""
    found = pictures_by_folder(folder)
    for one in found.passed_over:
        announce(f"{one.path} is passed over: {one.why}")
    faces = list(read_faces(found.pictures, recognizer, quality, announce))
    rows = [np.zeros((0, recognizer.dimension), np.float32)]
    rows += [one.face.embedding[None] for one in faces]
    names = [one.picture.person for one in faces]
    return np.concatenate(rows), names, len(found.pictures) - len(faces)


def import_gallery(parsed: argparse.Namespace) -> bool:
    """Convert a `data.pt` of the original system."""
    from recognition.seed_gallery import import_seed_gallery

    gallery = import_seed_gallery(parsed.data, FolderFiles(parsed.folder), announce)
    print(f"{len(gallery.people)} people of the model {gallery.model} in {parsed.folder}")  # noqa: T201
    return True
