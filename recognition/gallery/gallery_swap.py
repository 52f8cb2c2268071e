"""Gives a gallery another model: the same people, with examples that the new model made."""

from collections.abc import Mapping

from recognition.errors import GalleryChanged
from recognition.gallery.gallery import Gallery, GalleryFiles
from recognition.gallery.gallery_files import MANIFEST
from recognition.gallery.gallery_manifest import (
    Manifest,
    checked_rows,
    dimension_of,
    encode_examples,
    encode_manifest,
)
from recognition.matching import Matrix


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
