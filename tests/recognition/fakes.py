"""A detector and an embedder that need no model, behind the recogniser's Protocols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.embedding.embedder import Crop, Embeddings
from recognition.gallery.gallery import Gallery
from recognition.types import Box, DetectedFace, RgbPicture


class FakeDetector:
    """Finds what it was told to, whatever the picture."""

    def __init__(self, *faces: DetectedFace) -> None:
        self.faces = faces

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        return self.faces


class FakeEmbedder:
    """Gives the vectors that it was told to, in order."""

    name = "dlib"
    dimension = 128

    def __init__(self, *vectors: np.ndarray) -> None:
        self.vectors = vectors

    def cut(self, picture: RgbPicture, faces: Sequence[DetectedFace]) -> list[Crop]:
        return [np.zeros((4, 4, 3), np.uint8) for _ in faces]

    def embed(self, crops: Sequence[Crop]) -> Embeddings:
        rows = [*self.vectors, *[np.zeros(128, np.float32)] * len(crops)]
        return np.array(rows[: len(crops)], np.float32).reshape(-1, 128)


def face_at(
    left: float,
    top: float,
    size: float,
    probability: float = 0.99,
    landmarks: tuple[tuple[float, float], ...] = (),
) -> DetectedFace:
    box = Box(left=left, top=top, right=left + size, bottom=top + size)
    return DetectedFace(box=box, probability=probability, landmarks=landmarks)


def names_of(gallery: Gallery) -> list[str]:
    """The name of each example, sorted."""
    people = gallery.people.values()
    return sorted(person.name for person in people for _ in range(person.examples))


def nearest_name(gallery: Gallery | None, query: np.ndarray) -> str | None:
    """Who has the example nearest to a vector."""
    assert gallery is not None
    near = gallery.people_near(query, 1)
    return gallery.people[near[0].person_id].name if near else None


def vector(seed: int, dimension: int = 128) -> np.ndarray:
    """A unit vector; each seed gives another direction."""
    values = np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return values / np.linalg.norm(values)
