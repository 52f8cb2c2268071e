"""What `python -m recognition` can do; a function a command."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from recognition import evaluation
from recognition.drawing import draw
from recognition.embedding import Embeddings
from recognition.errors import GalleryEmpty, PictureError, RecognitionError
from recognition.gallery import FolderFiles, Gallery, add_examples
from recognition.loading import load_recognizer
from recognition.model_choice import choose_model
from recognition.open_set import DecisionSettings
from recognition.quality import QualityFilter
from recognition.recognizer import Recognizer
from recognition.showing import as_json, as_table, evaluation_table
from recognition.types import Face

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


class NoPictures(RecognitionError):
    """A folder holds no pictures where some are needed."""


def announce(line: str) -> None:
    """Tell whoever waits; results alone go to standard output."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def recognise(parsed: argparse.Namespace) -> bool:
    """Name the faces of pictures. False when some could not be read."""
    gallery = _gallery(parsed.gallery) if parsed.gallery else None
    recognizer = _recognizer(parsed, gallery)
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


def _recognizer(parsed: argparse.Namespace, gallery: Gallery | None) -> Recognizer:
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


def enrol(parsed: argparse.Namespace) -> bool:
    """Make or extend a gallery from a folder with a sub-folder a person."""
    files = FolderFiles(parsed.gallery)
    recognizer = _recognizer(parsed, Gallery.open(files))
    embeddings, names, _ = _labelled_embeddings(parsed.folder, recognizer, parsed.quality)
    people: dict[str, list[Any]] = {person.name: [] for person in _people(parsed.folder)}
    for name, row in zip(names, embeddings, strict=True):
        people[name].append(row)
    gallery = add_examples(files, recognizer.model, people)
    print(f"{len(names)} pictures of {len(people)} people; {len(gallery.people)} in the gallery")  # noqa: T201
    return True


def evaluate(parsed: argparse.Namespace) -> bool:
    """Print how well the model tells apart the people of a folder, and draw the ROC curve."""
    recognizer = _recognizer(parsed, None)
    embeddings, names, left_out = _labelled_embeddings(parsed.folder, recognizer, parsed.quality)
    found = evaluation.evaluate(embeddings, names)
    if parsed.plot:
        from recognition.roc_plot import write_roc_plot

        genuine, impostor = evaluation.pair_distances(embeddings, names)
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


def _people(folder: Path) -> list[Path]:
    people = sorted(path for path in folder.iterdir() if path.is_dir())
    if not people:
        raise NoPictures(f"{folder} has no sub-folder: make one for each person, with pictures")
    return people


def _labelled_embeddings(
    folder: Path, recognizer: Recognizer, quality: QualityFilter
) -> tuple[Embeddings, list[str], int]:
    """The largest face of each picture, embedded, and whose it is; how many were left out."""
    rows, names, left_out = [np.zeros((0, recognizer.dimension), np.float32)], [], 0
    pictures = [
        (person.name, path)
        for person in _people(folder)
        for path in sorted(person.iterdir())
        if path.suffix.lower() in PICTURES
    ]
    if not pictures:
        raise NoPictures(f"{folder}'s sub-folders hold no pictures ({', '.join(sorted(PICTURES))})")
    for name, path in _with_progress(pictures):
        face, why_not = _largest_face(path, recognizer, quality)
        if face is None:
            announce(f"{path} is left out: {why_not}")
            left_out += 1
            continue
        rows.append(face.embedding[None])
        names.append(name)
    return np.concatenate(rows), names, left_out


def _largest_face(
    path: Path, recognizer: Recognizer, quality: QualityFilter
) -> tuple[Face | None, str]:
    try:
        faces = recognizer.embed(path.read_bytes(), quality).faces
    except (PictureError, OSError) as error:
        return None, str(error)
    if not faces:
        return None, "no face was found"
    if faces[0].left_out:
        return None, f"the face is {faces[0].left_out}"
    return faces[0], ""


def _with_progress(pictures: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
    """Count on the terminal, where somebody watches."""
    watched = sys.stderr.isatty()
    for number, picture in enumerate(pictures, start=1):
        if watched:
            sys.stderr.write(f"\r{number} of {len(pictures)} pictures")
            sys.stderr.flush()
        yield picture
    if watched:
        sys.stderr.write("\n")


def import_gallery(parsed: argparse.Namespace) -> bool:
    """Convert a `data.pt` of the original system."""
    from recognition.seed_gallery import import_seed_gallery

    gallery = import_seed_gallery(parsed.data, FolderFiles(parsed.folder))
    print(f"{len(gallery.people)} people of the model {gallery.model} in {parsed.folder}")  # noqa: T201
    return True
