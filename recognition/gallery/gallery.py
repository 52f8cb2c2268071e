"""The gallery: who is known, and what they look like to one model.

On storage it is a manifest, and a file for each person. So adding or removing a person rewrites
nobody else's data, and a removed person is gone from every file. The manifest is written last when
people are added, and first when they are removed. So a reader finds all that the manifest names.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from recognition.errors import (
    GalleryCorrupt,
    GalleryError,
    GalleryModelMismatch,
    NothingToEnrol,
)
from recognition.gallery.gallery_files import MANIFEST, FolderFiles, GalleryFiles, MemoryFiles
from recognition.gallery.gallery_manifest import (
    Manifest,
    Person,
    StoredExamples,
    checked_rows,
    decode_manifest,
    dimension_of,
    encode_examples,
    encode_manifest,
)
from recognition.gallery.names import clean_name, name_key
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
    "MemoryFiles",
    "Person",
    "add_examples",
    "check_model",
    "example_id",
    "remove_example",
    "remove_person",
    "rename_person",
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


def add_examples(
    files: GalleryFiles, model: str, embeddings: Mapping[str, Iterable[object]]
) -> Gallery:
    """Add examples to people by name, who are created where they are new.

    `embeddings` maps a name to vectors of shape (dimension,). Names that differ only in case are
    one person's. An example that a person has already is not added twice. Only the files of the
    people who are named are read or written. Raises GalleryError.
    """
    gallery = Gallery.open(files) or Gallery(model=model, dimension=dimension_of(model))
    check_model(gallery, model)
    people_embeddings = _by_person(embeddings)
    known = {name: gallery.person_named(name) for name in people_embeddings}
    changed = [
        _with_new(gallery, known[name], name, vectors)
        for name, vectors in people_embeddings.items()
    ]
    people = dict(gallery.people)
    for person, data in changed:
        files.write(person.file, data)
        people[person.id] = person
    _write_manifest(files, gallery, people)
    replaced = {person.file for person in known.values() if person is not None}
    for file in replaced - {person.file for person in people.values()}:
        files.delete(file)
    return _opened(files)


def _by_person(embeddings: Mapping[str, Iterable[object]]) -> dict[str, list[object]]:
    """The vectors of each person, by the first way that the name is written."""
    found: dict[str, tuple[str, list[object]]] = {}
    for written, vectors in embeddings.items():
        name = clean_name(written)
        found.setdefault(name_key(name), (name, []))[1].extend(vectors)
    return dict(found.values())


def _with_new(
    gallery: Gallery, person: Person | None, name: str, vectors: Iterable[object]
) -> tuple[Person, bytes]:
    """A person's entry and file with further examples."""
    new = [np.asarray(vector, np.float32) for vector in vectors]
    if not new:
        raise NothingToEnrol(
            f"{name} has no usable picture: give one that shows their face alone, "
            "from the front and sharp"
        )
    rows = checked_rows(np.atleast_2d(np.array(new)), name, gallery.dimension)
    if person is None:
        return encode_examples(str(uuid.uuid4()), name, rows)
    joined = np.concatenate([gallery.examples[person.id], rows])
    return encode_examples(person.id, person.name, joined)


def remove_person(files: GalleryFiles, name: str) -> Gallery:
    """Erase a person: first from the manifest, then their file. Raises GalleryError."""
    gallery = _opened(files)
    person = _by_name(gallery, name)
    people = {key: value for key, value in gallery.people.items() if key != person.id}
    _write_manifest(files, gallery, people)
    files.delete(person.file)
    return _opened(files)


def remove_example(files: GalleryFiles, name: str, removed_id: str) -> Gallery:
    """Erase one example; a person's last one takes the person along. Raises GalleryError."""
    gallery = _opened(files)
    person = _by_name(gallery, name)
    rows = gallery.examples[person.id]
    kept = np.array([example_id(row) != removed_id for row in rows])
    if kept.all():
        raise GalleryError(f"{name!r} has no example {removed_id!r}: list their examples")
    if not kept.any():
        return remove_person(files, name)
    changed, data = encode_examples(person.id, name, rows[kept])
    files.write(changed.file, data)
    _write_manifest(files, gallery, {**gallery.people, person.id: changed})
    files.delete(person.file)
    return _opened(files)


def example_id(embedding: Embedding) -> str:
    """The name of one example: the beginning of its hash, the same wherever it is looked up."""
    return hashlib.sha256(np.asarray(embedding, "<f4").tobytes()).hexdigest()[:24]


def rename_person(files: GalleryFiles, name: str, new_name: str) -> Gallery:
    """Give a person another name. Raises GalleryError."""
    gallery = _opened(files)
    person, new_name = _by_name(gallery, name), clean_name(new_name)
    holder = gallery.person_named(new_name)
    if holder is not None and holder.id != person.id:
        raise GalleryError(f"{holder.name!r} is enrolled already: choose another name")
    _write_manifest(files, gallery, {**gallery.people, person.id: replace(person, name=new_name)})
    return _opened(files)


def _write_manifest(files: GalleryFiles, gallery: Gallery, people: Mapping[str, Person]) -> None:
    manifest = Manifest(model=gallery.model, dimension=gallery.dimension, people=people)
    files.write(MANIFEST, encode_manifest(manifest))


def _opened(files: GalleryFiles) -> Gallery:
    gallery = Gallery.open(files)
    if gallery is None:
        raise GalleryError("there is no gallery yet: enrol somebody first")
    return gallery


def _by_name(gallery: Gallery, name: str) -> Person:
    person = gallery.person_named(name)
    if person is None:
        raise GalleryError(f"nobody of the name {name!r} is enrolled")
    return person
