"""Reads the original system's `data.pt`: [list of (1, 512) embeddings, list of names]."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from recognition.enrolment.gallery_check import by_person, learn_embeddings
from recognition.enrolment.learning import lines_of
from recognition.errors import GalleryCorrupt, TorchFileInvalid
from recognition.gallery.gallery import Gallery, GalleryFiles
from recognition.gallery.gallery_changes import add_examples
from recognition.registry.models import MODELS
from recognition.torch_file.reading import read_torch_file

SEED_MODEL = "vggface2-240"
SEED_DIMENSION = MODELS[SEED_MODEL].dimension


def import_seed_gallery(
    data: Path, files: GalleryFiles, tell: Callable[[str], None] = lambda _: None
) -> Gallery:
    """Add the people of a `data.pt` to a gallery of the model vggface2-240.

    `tell` is called with what is left out, and with warnings. Raises GalleryError. Nothing in the
    file is run.
    """
    pairs = ((name, vector) for vector, name in _pairs(data))
    learnt = learn_embeddings(pairs, SEED_MODEL, Gallery.load(files))
    for line in lines_of(learnt):
        tell(line)
    return add_examples(files, SEED_MODEL, by_person(learnt.examples))


def _pairs(data: Path) -> list[tuple[npt.NDArray[np.float32], str]]:
    try:
        vectors, names = cast("tuple[Iterable[object], Iterable[object]]", read_torch_file(data))
        rows = [_vector(each) for each in vectors]
        pairs = list(zip(rows, (_name(each) for each in names), strict=True))
    except (TorchFileInvalid, TypeError, ValueError) as error:
        raise GalleryCorrupt(f"{data} is no [embeddings, names] file: {error}") from None
    for row, name in pairs:
        if row.shape != (SEED_DIMENSION,):
            raise GalleryCorrupt(f"{name}'s embedding has {row.size} values, not {SEED_DIMENSION}")
    return pairs


def _vector(value: object) -> npt.NDArray[np.float32]:
    """Nothing but a tensor: a list may refer to itself, and never end."""
    if not isinstance(value, np.ndarray):
        raise TypeError("an embedding is no tensor")
    return np.asarray(value, np.float32).reshape(-1)


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is no text")
    return value
