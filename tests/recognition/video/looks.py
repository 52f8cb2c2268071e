"""Synthetic people in frames: vectors around a person's own, and boxes that move."""

from __future__ import annotations

import numpy as np

from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.video.merging import SeenFace, SeenFrame
from tests.support.memory_files import MemoryFiles

DIMENSION = 128


def looks_like(person: int, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A person's vector of length 1; `noise` is how far this look is from it."""
    vector = np.random.default_rng(person).normal(size=DIMENSION)
    off = np.random.default_rng([person, seed]).normal(size=DIMENSION)
    looks = vector / np.linalg.norm(vector) + noise * off / np.linalg.norm(off)
    return looks.astype("<f4")


def face(vector: np.ndarray, left: float = 0.0, size: float = 100.0) -> SeenFace:
    box = (left, 0.0, left + size, size)
    return SeenFace(name=None, box=box, probability=0.99, embedding=vector.tobytes())


def frame(number: int, *faces: SeenFace, apart: float = 1.0, model: str = "dlib") -> SeenFrame:
    """A frame; `apart` is the time between two."""
    return SeenFrame(
        number=number, file=f"{number:02}.jpg", seconds=number * apart, faces=faces, model=model
    )


def gallery_of(people: dict[str, int], examples: int = 1) -> Gallery:
    """People by name, each with a person's vector."""
    embeddings = {
        name: [looks_like(person, 0.2, 1000 + n) for n in range(examples)]
        for name, person in people.items()
    }
    return add_examples(MemoryFiles(), "dlib", embeddings)
