"""Changes of the gallery: examples come and go, people are renamed and removed, and the model."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from recognition.errors import GalleryChanged, GalleryError, NothingToEnrol
from recognition.gallery.gallery import Gallery, check_model, example_id
from recognition.gallery.gallery_files import MANIFEST, GalleryFiles
from recognition.gallery.gallery_manifest import (
    Manifest,
    Person,
    checked_rows,
    dimension_of,
    encode_examples,
    encode_manifest,
)
from recognition.gallery.names import clean_name, name_key
from recognition.matching import Matrix


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


def swap_model(
    files: GalleryFiles, old: Gallery, model: str, examples: Mapping[str, Matrix]
) -> None:
    """Write the people of `examples`, by id, as a gallery of `model`; all others are left out.

    The manifest is written last and at once: until then the old gallery is whole, afterwards the
    new one is. Only then the old files are deleted. Raises GalleryChanged where `old` is no longer
    the gallery, GalleryError.
    """
    dimension = dimension_of(model)
    people = {}
    for person_id, rows in examples.items():
        person = old.people[person_id]
        checked = checked_rows(rows, person.name, dimension)
        people[person_id], data = encode_examples(person_id, person.name, checked)
        files.write(people[person_id].file, data)
    if files.version() != old.version:
        raise GalleryChanged("somebody changed the gallery meanwhile: try again")
    manifest = Manifest(model=model, dimension=dimension, people=people)
    files.write(MANIFEST, encode_manifest(manifest))
    kept = {person.file for person in people.values()}
    for person in old.people.values():
        if person.file not in kept:
            files.delete(person.file)
