"""The gallery: who is known, and what they look like to one model.

On storage it is a manifest, and a file for each person. So adding or removing a person rewrites
nobody else's data, and a removed person is gone from every file. The manifest is written last when
people are added, and first when they are removed. So a reader finds all that the manifest names.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from recognition.errors import GalleryCorrupt, GalleryModelMismatch
from recognition.gallery.gallery_files import MANIFEST, FolderFiles, GalleryFiles
from recognition.gallery.gallery_manifest import Person, StoredExamples, decode_manifest
from recognition.gallery.names import name_key
from recognition.matching import (
    Matrix,
    NearPerson,
    Rows,
    Search,
    closeness,
    nearest_parts,
    squared_norms,
)
from recognition.open_set import ThresholdLine
from recognition.types import Embedding

__all__ = [
    "FolderFiles",
    "Gallery",
    "GalleryFiles",
    "Person",
    "check_model",
    "example_id",
]

READERS = 16
ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Gallery:
    """Who is known: `people` by id, and `examples`, the embeddings (n, dimension) of each.

    Examples may be read on first need; `search` finds near people without reading any.
    """

    model: str
    dimension: int
    people: Mapping[str, Person] = field(default_factory=dict)
    examples: Mapping[str, Matrix] = field(default_factory=dict)
    version: str | None = None
    search: Search | None = None

    @cached_property
    def example_count(self) -> int:
        """How many examples everybody has together."""
        return sum(person.examples for person in self.people.values())

    def comparisons(self, line: ThresholdLine) -> float:
        """How many comparisons looking a face up here is worth, by a model's line."""
        return line.comparisons(len(self._ids), self.example_count)

    def people_near(self, embedding: Embedding, count: int) -> list[NearPerson]:
        """Up to `count` people, those with the nearest example first."""
        if self.search is not None:
            return self.search.people_near(embedding, count)
        if not self._ids:
            return []
        values = closeness(embedding, self.matrix, self._squared_norms)
        return [self._near(part) for part in nearest_parts(values, self._starts, count)]

    def _near(self, part: int) -> NearPerson:
        person, first = self._ids[part], self._starts[part]
        rows = self.matrix[first : first + self.people[person].examples]
        return NearPerson(person_id=person, examples=rows)

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        """Everybody who has an example, in the order of the matrix."""
        return tuple(key for key, person in self.people.items() if person.examples)

    @cached_property
    def _starts(self) -> Rows:
        """The first row of each person in the matrix."""
        counts = [self.people[one].examples for one in self._ids]
        return np.cumsum([0, *counts[:-1]])

    @cached_property
    def matrix(self) -> Matrix:
        """All embeddings: shape (examples, dimension)."""
        return np.ascontiguousarray(np.concatenate([self.examples[one] for one in self._ids]))

    @cached_property
    def _squared_norms(self) -> Matrix:
        return squared_norms(self.matrix)

    @cached_property
    def _by_name_key(self) -> Mapping[str, Sequence[Person]]:
        found: dict[str, list[Person]] = defaultdict(list)
        for person in self.people.values():
            found[name_key(person.name)].append(person)
        return found

    def person_named(self, name: str) -> Person | None:
        """Who has this name, in whatever case; the same letters first."""
        alike = self._by_name_key.get(name_key(name), ())
        return min(alike, key=lambda person: person.name != name, default=None)

    @classmethod
    def load(cls, files: GalleryFiles) -> Gallery | None:
        """Read a gallery whole, or None where there is none. Raises GalleryError.

        When somebody else changes the gallery meanwhile, it is read again.
        """
        for attempt in range(ATTEMPTS):
            gallery = cls.open(files)
            if gallery is None:
                return None
            try:
                return replace(gallery, examples=_all_examples(gallery))
            except GalleryCorrupt:
                if files.version() == gallery.version or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("every attempt returns or raises")

    @classmethod
    def open(cls, files: GalleryFiles) -> Gallery | None:
        """Read only the manifest; a person's examples are read when they are asked for."""
        version = files.version()
        data = files.read(MANIFEST)
        if data is None:
            return None
        manifest = decode_manifest(data)
        return cls(
            model=manifest.model,
            dimension=manifest.dimension,
            people=manifest.people,
            examples=StoredExamples(files, manifest),
            version=version,
        )


def _all_examples(gallery: Gallery) -> dict[str, Matrix]:
    with ThreadPoolExecutor(READERS) as readers:
        matrices = readers.map(gallery.examples.__getitem__, gallery.people)
        return dict(zip(gallery.people, matrices, strict=True))


def check_model(gallery: Gallery, model: str) -> None:
    """Raises GalleryModelMismatch unless `model` made the gallery."""
    if gallery.model != model:
        raise GalleryModelMismatch(
            f"the gallery was made by the model {gallery.model}, not by {model}: "
            f"use {gallery.model}, or enrol everybody again"
        )


def example_id(embedding: Embedding) -> str:
    """The name of one example: the beginning of its hash, the same wherever it is looked up."""
    return hashlib.sha256(np.asarray(embedding, "<f4").tobytes()).hexdigest()[:24]
