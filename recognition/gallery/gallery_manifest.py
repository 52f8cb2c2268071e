"""A gallery's manifest and its files of examples, to and from bytes; the way in checks all."""

import hashlib
import io
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from recognition.errors import GalleryCorrupt, GalleryError, NotAnEmbedding, UnknownModel
from recognition.gallery.gallery_files import MANIFEST, GalleryFiles
from recognition.gallery.names import is_readable
from recognition.matching import Matrix
from recognition.registry.models import model_named

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person's entry in the manifest: the name, and the file of their examples."""

    id: str
    name: str
    file: str
    sha256: str
    examples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Which model made the gallery, and who is in it, by id."""

    model: str
    dimension: int
    people: Mapping[str, Person] = field(default_factory=dict)


def dimension_of(model: str) -> int:
    """How long the model's embeddings are. Raises GalleryError."""
    try:
        return model_named(model).dimension
    except UnknownModel as error:
        raise GalleryError(str(error)) from None


def encode_manifest(manifest: Manifest) -> bytes:
    """The manifest as the JSON that `decode_manifest` reads."""
    text = json.dumps(
        {
            "format": FORMAT,
            "model": manifest.model,
            "dimension": manifest.dimension,
            "people": [asdict(person) for person in manifest.people.values()],
        },
        ensure_ascii=False,
        indent=1,
    )
    return text.encode()


def decode_manifest(data: bytes) -> Manifest:
    """Read a manifest. Raises GalleryCorrupt, GalleryError."""
    try:
        manifest = json.loads(data)
        if manifest["format"] != FORMAT:
            raise GalleryCorrupt(
                f"the gallery's format is {manifest['format']}, not {FORMAT}: "
                "use the version of this program that wrote it, or enrol again"
            )
        model, dimension = str(manifest["model"]), int(manifest["dimension"])
        people = [_decode_person(entry) for entry in manifest["people"]]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise GalleryCorrupt(
            f"{MANIFEST} is damaged ({error}): restore it, or enrol again"
        ) from None
    if dimension != dimension_of(model):
        raise GalleryCorrupt(
            f"{MANIFEST} says that {model} makes vectors of {dimension}, but it makes "
            f"{dimension_of(model)}: restore it, or enrol again"
        )
    by_id = {person.id: person for person in people}
    return Manifest(model=model, dimension=dimension, people=by_id)


def _decode_person(entry: Mapping[str, Any]) -> Person:
    file = str(entry["file"])
    if not file.startswith("people/") or ".." in file:
        raise ValueError(f"{file!r} is no file of a person")
    name = str(entry["name"])
    if not is_readable(name):
        raise ValueError(f"{name[:40]!r} is no name of a person")
    return Person(
        id=str(entry["id"]),
        name=name,
        file=file,
        sha256=str(entry["sha256"]),
        examples=int(entry["examples"]),
    )


def encode_examples(person_id: str, name: str, rows: Matrix) -> tuple[Person, bytes]:
    """A person's examples as the bytes of a file, whose name changes with its content."""
    distinct = np.unique(rows, axis=0)
    buffer = io.BytesIO()
    np.save(buffer, distinct, allow_pickle=False)
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    file = f"people/{person_id}.{digest[:12]}.npy"
    return Person(id=person_id, name=name, file=file, sha256=digest, examples=len(distinct)), data


_one_at_a_time = threading.Lock()
"""Python 3.11 may fail with a SystemError when several threads parse an array's header at once
(python/cpython 106905). What takes long, reading the files, is done before."""


def decode_examples(data: bytes | None, person: Person, dimension: int) -> Matrix:
    """Read a person's examples: shape (examples, dimension). Raises GalleryCorrupt."""
    whose = f"the file {person.file}"  # by its id: errors reach logs, which name nobody
    if data is None:
        raise GalleryCorrupt(f"{whose} is missing: restore it, or enrol them again")
    if hashlib.sha256(data).hexdigest() != person.sha256:
        raise GalleryCorrupt(f"{whose} is cut short or damaged: restore it, or enrol them again")
    try:
        with _one_at_a_time:
            shape, by_columns, kind, begins = _header(data)
    except (ValueError, OSError, EOFError) as error:
        raise GalleryCorrupt(f"{whose} can't be read ({error}): enrol them again") from None
    if shape != (person.examples, dimension):
        raise GalleryCorrupt(
            f"{whose} has the shape {shape}, not {(person.examples, dimension)}: enrol them again"
        )
    if kind.kind != "f" or len(data) - begins != person.examples * dimension * kind.itemsize:
        raise GalleryCorrupt(f"{whose} does not hold what its header says: enrol them again")
    rows = np.frombuffer(data, kind, offset=begins).reshape(shape, order="F" if by_columns else "C")
    return checked_rows(rows, person.name, dimension)


def _header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[np.generic], int]:
    """Shape, order, type and beginning of the values of a .npy file: no memory is taken for them.

    Raises ValueError.
    """
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("it is not of version 1.0 of NumPy's format")
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(file)
    return shape, by_columns, kind, file.tell()


def checked_rows(rows: object, whose: str, dimension: int) -> Matrix:
    """Embeddings of the right length without NaN. Raises GalleryCorrupt, NotAnEmbedding."""
    matrix = np.asarray(rows, np.float32)
    if matrix.ndim != 2 or matrix.shape[1] != dimension:
        raise GalleryCorrupt(
            f"{whose}'s embeddings have the shape {matrix.shape}, but the gallery's model makes "
            f"vectors of {dimension}: make them with that model"
        )
    if not np.isfinite(matrix).all():
        raise NotAnEmbedding(
            f"{whose}'s embeddings hold values that are no numbers (NaN or infinite): "
            "make them again from the pictures"
        )
    return matrix


class StoredExamples(Mapping[str, Matrix]):
    """Examples by person's id, read from their files one by one. Raises GalleryCorrupt."""

    def __init__(self, files: GalleryFiles, manifest: Manifest) -> None:
        self._files = files
        self._manifest = manifest

    def __getitem__(self, person_id: str) -> Matrix:
        person = self._manifest.people[person_id]
        return decode_examples(self._files.read(person.file), person, self._manifest.dimension)

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest.people)

    def __len__(self) -> int:
        return len(self._manifest.people)
