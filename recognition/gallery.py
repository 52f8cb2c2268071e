"""The gallery: who is known, and what they look like to one model.

On storage it is a manifest and one file a person, so that adding or removing a person rewrites
nobody else's data, and a person who is removed is gone from every file. The manifest is written
last when people are added, and first when they are removed: whoever reads in between finds all
that the manifest names.
"""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from recognition.errors import GalleryCorrupt, GalleryError, GalleryModelMismatch
from recognition.matching import Matrix
from recognition.types import Embedding

FORMAT = 1
MANIFEST = "manifest.json"
DIMENSIONS = {"vggface2": 512, "casia-webface": 512, "dlib": 128}
MAX_NAME = 200
READERS = 16


class GalleryFiles(Protocol):
    """Where a gallery's files are; S3, a folder, or memory."""

    def read(self, name: str) -> bytes | None:
        """A file's bytes, or None where there is no such file."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole."""

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""

    def version(self) -> str | None:
        """What changes whenever the manifest does, or None where there is no gallery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person's entry in the manifest: the name, and the file of their examples."""

    id: str
    name: str
    file: str
    sha256: str
    examples: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Gallery:
    """All embeddings in one matrix, row by row with the name they belong to.

    `matrix` has shape (n, dimension); `people` maps a person's id to their part of it.
    """

    model: str
    dimension: int
    people: Mapping[str, Person] = field(default_factory=dict)
    examples: Mapping[str, Matrix] = field(default_factory=dict)
    version: str | None = None

    @cached_property
    def matrix(self) -> Matrix:
        parts = [self.examples[person_id] for person_id in self.people]
        empty = np.zeros((0, self.dimension), np.float32)
        return np.ascontiguousarray(np.concatenate([empty, *parts]))

    @cached_property
    def squared_norms(self) -> Matrix:
        return np.einsum("ij,ij->i", self.matrix, self.matrix)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of each row of the matrix."""
        return tuple(person.name for person in self.people.values() for _ in range(person.examples))

    @classmethod
    def load(cls, files: GalleryFiles, reuse: Gallery | None = None) -> Gallery | None:
        """Read a gallery, or None where there is none. Raises GalleryCorrupt.

        Files that did not change since `reuse` was read are not read again.
        """
        version = files.version()
        manifest = files.read(MANIFEST)
        if manifest is None:
            return None
        model, dimension, people = _read_manifest(manifest)
        held = reuse if reuse is not None and reuse.model == model else None

        def examples_of(person: Person) -> Matrix:
            if held and held.people.get(person.id) == person:
                return held.examples[person.id]
            return _read_examples(files, person, dimension)

        with ThreadPoolExecutor(READERS) as readers:
            matrices = list(readers.map(examples_of, people))
        return cls(
            model=model,
            dimension=dimension,
            people={person.id: person for person in people},
            examples={person.id: rows for person, rows in zip(people, matrices, strict=True)},
            version=version,
        )


def check_model(gallery: Gallery, model: str) -> None:
    """Raises GalleryModelMismatch unless `model` made the gallery."""
    if gallery.model != model:
        raise GalleryModelMismatch(
            f"the gallery was made by the model {gallery.model}, not by {model}: "
            f"use {gallery.model}, or enrol everybody again"
        )


def one_person(model: str, name: str, embedding: Embedding) -> Gallery:
    """A gallery in memory with one example of one person, to compare faces with."""
    person = Person(id=name, name=name, file="", sha256="", examples=1)
    rows = np.asarray(embedding, np.float32).reshape(1, -1)
    return Gallery(
        model=model, dimension=rows.shape[1], people={name: person}, examples={name: rows}
    )


def example_id(embedding: Embedding) -> str:
    """The name of one example: the beginning of its hash, the same wherever it is looked up."""
    return hashlib.sha256(np.asarray(embedding, "<f4").tobytes()).hexdigest()[:24]


def add_examples(
    files: GalleryFiles, model: str, embeddings: Mapping[str, Iterable[Any]]
) -> Gallery:
    """Add examples to people by name, who are created where they are new.

    `embeddings` maps a name to vectors of shape (dimension,). An example that a person has
    already is not added twice. Raises GalleryError.
    """
    gallery = Gallery.load(files) or Gallery(model=model, dimension=_dimension(model))
    check_model(gallery, model)
    people = dict(gallery.people)
    by_name = {person.name: person for person in people.values()}
    replaced = []
    for name, vectors in embeddings.items():
        _check_name(name)
        person = by_name.get(name)
        rows = _checked(np.atleast_2d(np.asarray(list(vectors), np.float32)), name, gallery)
        if person is not None:
            replaced.append(person.file)
            rows = np.concatenate([gallery.examples[person.id], rows])
        added = _write_examples(files, person.id if person else str(uuid.uuid4()), name, rows)
        people[added.id] = added
    _write_manifest(files, gallery, people)
    for name in set(replaced) - {person.file for person in people.values()}:
        files.delete(name)
    return _loaded(files)


def remove_person(files: GalleryFiles, name: str) -> Gallery:
    """Erase a person: first from the manifest, then their file. Raises GalleryError."""
    gallery = _loaded(files)
    person = _by_name(gallery, name)
    people = {key: value for key, value in gallery.people.items() if key != person.id}
    _write_manifest(files, gallery, people)
    files.delete(person.file)
    return _loaded(files)


def remove_example(files: GalleryFiles, name: str, removed_id: str) -> Gallery:
    """Erase one example; a person's last one takes the person along. Raises GalleryError."""
    gallery = _loaded(files)
    person = _by_name(gallery, name)
    rows = gallery.examples[person.id]
    kept = np.array([example_id(row) != removed_id for row in rows])
    if kept.all():
        raise GalleryError(f"{name!r} has no example {removed_id!r}")
    if not kept.any():
        return remove_person(files, name)
    changed = _write_examples(files, person.id, name, rows[kept])
    _write_manifest(files, gallery, {**gallery.people, person.id: changed})
    files.delete(person.file)
    return _loaded(files)


def rename_person(files: GalleryFiles, name: str, new_name: str) -> Gallery:
    """Give a person another name. Raises GalleryError."""
    gallery = _loaded(files)
    person = _by_name(gallery, name)
    _check_name(new_name)
    if any(other.name == new_name for other in gallery.people.values()):
        raise GalleryError(f"{new_name!r} is enrolled already")
    renamed = Person(
        id=person.id, name=new_name, file=person.file,
        sha256=person.sha256, examples=person.examples,
    )  # fmt: skip
    _write_manifest(files, gallery, {**gallery.people, person.id: renamed})
    return _loaded(files)


def _loaded(files: GalleryFiles) -> Gallery:
    gallery = Gallery.load(files)
    if gallery is None:
        raise GalleryError("there is no gallery yet: enrol somebody first")
    return gallery


def _by_name(gallery: Gallery, name: str) -> Person:
    for person in gallery.people.values():
        if person.name == name:
            return person
    raise GalleryError(f"nobody of the name {name!r} is enrolled")


def _dimension(model: str) -> int:
    if model not in DIMENSIONS:
        raise GalleryError(f"{model!r} is no model; known are {', '.join(DIMENSIONS)}")
    return DIMENSIONS[model]


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise GalleryError(f"{name!r} can't be a person's name: 1 to {MAX_NAME} printable letters")


def _checked(rows: Matrix, whose: str, gallery: Gallery) -> Matrix:
    if rows.ndim != 2 or rows.shape[1] != gallery.dimension:
        raise GalleryCorrupt(
            f"{whose}'s embeddings have the shape {rows.shape}, "
            f"but {gallery.model} makes vectors of {gallery.dimension}"
        )
    if not np.isfinite(rows).all():
        raise GalleryCorrupt(f"{whose}'s embeddings hold values that are no numbers")
    return rows


def _write_examples(files: GalleryFiles, person_id: str, name: str, rows: Matrix) -> Person:
    """Write a person's examples as a file of its own name, beside the one it replaces."""
    rows = np.unique(rows, axis=0)
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    file = f"people/{person_id}.{digest[:12]}.npy"
    files.write(file, data)
    return Person(id=person_id, name=name, file=file, sha256=digest, examples=len(rows))


def _write_manifest(files: GalleryFiles, gallery: Gallery, people: Mapping[str, Person]) -> None:
    text = json.dumps(
        {
            "format": FORMAT,
            "model": gallery.model,
            "dimension": gallery.dimension,
            "people": [
                {
                    "id": person.id,
                    "name": person.name,
                    "file": person.file,
                    "sha256": person.sha256,
                    "examples": person.examples,
                }
                for person in people.values()
            ],
        },
        ensure_ascii=False,
        indent=1,
    )
    files.write(MANIFEST, text.encode())


def _read_manifest(data: bytes) -> tuple[str, int, list[Person]]:
    try:
        manifest = json.loads(data)
        if manifest["format"] != FORMAT:
            raise GalleryCorrupt(f"the gallery's format is {manifest['format']}, not {FORMAT}")
        model, dimension = str(manifest["model"]), int(manifest["dimension"])
        people = [_read_person(entry) for entry in manifest["people"]]
    except (ValueError, KeyError, TypeError) as error:
        raise GalleryCorrupt(
            f"{MANIFEST} is damaged ({error}): restore it, or enrol again"
        ) from None
    if dimension != _dimension(model):
        raise GalleryCorrupt(f"{model} makes vectors of {_dimension(model)}, not {dimension}")
    return model, dimension, people


def _read_person(entry: Mapping[str, Any]) -> Person:
    file = str(entry["file"])
    if not file.startswith("people/") or ".." in file:
        raise ValueError(f"{file!r} is no file of a person")
    return Person(
        id=str(entry["id"]),
        name=str(entry["name"]),
        file=file,
        sha256=str(entry["sha256"]),
        examples=int(entry["examples"]),
    )


def _read_examples(files: GalleryFiles, person: Person, dimension: int) -> Matrix:
    data = files.read(person.file)
    if data is None:
        raise GalleryCorrupt(f"{person.name}'s file {person.file} is missing: enrol them again")
    if hashlib.sha256(data).hexdigest() != person.sha256:
        raise GalleryCorrupt(f"{person.name}'s file {person.file} is damaged: enrol them again")
    try:
        rows = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise GalleryCorrupt(f"{person.name}'s file {person.file}: {error}") from None
    if rows.shape != (person.examples, dimension) or not np.isfinite(rows).all():
        raise GalleryCorrupt(f"{person.name}'s file {person.file} holds something else")
    return np.asarray(rows, np.float32)


class FolderFiles:
    """A gallery in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".draft")
        draft.write_bytes(data)
        draft.replace(path)

    def delete(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def version(self) -> str | None:
        data = self.read(MANIFEST)
        return None if data is None else hashlib.sha256(data).hexdigest()


class MemoryFiles:
    """A gallery in memory: for tests, and for galleries that need no file."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def delete(self, name: str) -> None:
        self.files.pop(name, None)

    def version(self) -> str | None:
        data = self.files.get(MANIFEST)
        return None if data is None else hashlib.sha256(data).hexdigest()
