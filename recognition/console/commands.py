"""The commands of `python -m recognition`; a function a command."""

import argparse
import json
from pathlib import Path

from recognition.console.drawing import draw
from recognition.console.showing import as_json, as_table
from recognition.console.terminal import announce
from recognition.errors import GalleryEmpty, PictureError, in_words
from recognition.gallery.gallery import FolderFiles, Gallery
from recognition.open_set import DecisionSettings
from recognition.recognizer import Recognizer
from recognition.registry.loading import load_recognizer
from recognition.registry.model_choice import choose_model


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
            announce(in_words(error) if isinstance(error, OSError) else f"{path}: {error}")
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


def import_gallery(parsed: argparse.Namespace) -> bool:
    """Convert a `data.pt` of the original system."""
    from recognition.gallery.seed_gallery import import_seed_gallery

    gallery = import_seed_gallery(parsed.data, FolderFiles(parsed.folder), announce)
    print(f"{len(gallery.people)} people of the model {gallery.model} in {parsed.folder}")  # noqa: T201
    return True
