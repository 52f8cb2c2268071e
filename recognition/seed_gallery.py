"""Reads the original system's `data.pt`: [list of (1, 512) embeddings, list of names]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from recognition.enrolment.gallery_check import by_person, learn_embeddings
from recognition.enrolment.learning import lines_of
from recognition.errors import GalleryCorrupt
from recognition.gallery import Gallery, GalleryFiles, add_examples
from recognition.models import MODELS

SEED_MODEL = "vggface2-240"
SEED_DIMENSION = MODELS[SEED_MODEL].dimension


def import_seed_gallery(
    data: Path, files: GalleryFiles, tell: Callable[[str], None] = lambda line: None
) -> Gallery:
    """Add the people of a `data.pt` to a gallery of the model vggface2-240.

    `tell` is called with what is left out, and with warnings. Raises GalleryError. Nothing in the
    file is run: it is read with weights_only.
    """
    pairs = ((name, vector) for vector, name in _pairs(data))
    learnt = learn_embeddings(pairs, SEED_MODEL, Gallery.load(files))
    for line in lines_of(learnt):
        tell(line)
    return add_examples(files, SEED_MODEL, by_person(learnt.examples))


def _pairs(data: Path) -> list[tuple[Any, str]]:
    import torch

    try:
        vectors, names = torch.load(data, map_location="cpu", weights_only=True)
        rows = [np.asarray(vector.detach().numpy(), np.float32).reshape(-1) for vector in vectors]
        pairs = list(zip(rows, (str(name) for name in names), strict=True))
    except FileNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001 - torch raises many kinds over a bad file
        raise GalleryCorrupt(f"{data} is no [embeddings, names] file ({error})") from None
    for row, name in pairs:
        if row.shape != (SEED_DIMENSION,):
            raise GalleryCorrupt(f"{name}'s embedding has {row.size} values, not {SEED_DIMENSION}")
    return pairs
