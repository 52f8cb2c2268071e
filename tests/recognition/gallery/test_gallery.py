"""The gallery: adding, removing, renaming; what is refused, and what to do then."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from recognition.errors import (
    GalleryCorrupt,
    GalleryError,
    GalleryModelMismatch,
    NotAnEmbedding,
    NothingToEnrol,
)
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples, remove_person, rename_person
from recognition.gallery.gallery_files import MANIFEST
from tests.recognition.fakes import names_of, nearest_name, vector
from tests.support.memory_files import MemoryFiles


def two_people() -> MemoryFiles:
    files = MemoryFiles()
    add_examples(files, "dlib", {"Ann": [vector(1), vector(2)], "Bob": [vector(3)]})
    return files


def loaded(files: MemoryFiles) -> Gallery:
    gallery = Gallery.load(files)
    assert gallery is not None
    return gallery


def person_file(files: MemoryFiles, name: str) -> str:
    return next(p.file for p in loaded(files).people.values() if p.name == name)


def test_no_gallery_is_none() -> None:
    assert Gallery.load(MemoryFiles()) is None


def test_people_and_examples_come_back() -> None:
    gallery = loaded(two_people())

    assert names_of(gallery) == ["Ann", "Ann", "Bob"]
    assert gallery.matrix.shape == (3, 128)
    assert nearest_name(gallery, vector(3)) == "Bob"


def test_adding_a_person_writes_nobody_else_s_file() -> None:
    files = two_people()
    before = dict(files.files)
    add_examples(files, "dlib", {"Cem": [vector(4)]})

    assert {name for name in before if files.files[name] != before[name]} == {MANIFEST}


def test_adding_reads_only_whom_it_changes() -> None:
    files = two_people()
    files.files[person_file(files, "Ann")] = b"damaged"
    add_examples(files, "dlib", {"Bob": [vector(5)]})

    with pytest.raises(GalleryCorrupt, match=r"the file people/.* is cut short or damaged"):
        Gallery.load(files)


def test_the_same_example_again_changes_nothing() -> None:
    files = two_people()
    before = dict(files.files)
    add_examples(files, "dlib", {"Ann": [vector(1)]})

    assert files.files == before


def test_a_removed_person_is_gone_from_every_file() -> None:
    files = two_people()
    bob = next(key for key, person in loaded(files).people.items() if person.name == "Bob")
    remove_person(files, "Bob")

    assert names_of(loaded(files)) == ["Ann", "Ann"]
    values = vector(3).tobytes()
    for name, content in files.files.items():
        assert bob not in name and bob.encode() not in content
        assert b"Bob" not in content and values[:16] not in content


def test_renaming_keeps_examples_and_refuses_a_taken_name() -> None:
    files = two_people()
    rename_person(files, "Bob", "Boris")

    assert sorted(set(names_of(loaded(files)))) == ["Ann", "Boris"]
    with pytest.raises(GalleryError, match="'Ann' is enrolled already"):
        rename_person(files, "Boris", "Ann")


def test_somebody_else_s_change_while_reading_is_no_damage() -> None:
    """The manifest that was read names a file that a concurrent enrolment has replaced."""

    class Racing(MemoryFiles):
        raced = False

        def read(self, name: str) -> bytes | None:
            data = super().read(name)
            if name == MANIFEST and not self.raced:
                self.raced = True
                add_examples(self, "dlib", {"Bob": [vector(7)]})
            return data

    files = Racing()
    files.files = two_people().files
    assert names_of(loaded(files)) == ["Ann", "Ann", "Bob", "Bob"]


def test_a_person_needs_a_usable_picture() -> None:
    with pytest.raises(NothingToEnrol, match="Ann has no usable picture: give one that shows"):
        add_examples(MemoryFiles(), "dlib", {"Ann": []})


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_an_embedding_must_hold_numbers(wrong: float) -> None:
    row = vector(1).copy()
    row[5] = wrong
    files = MemoryFiles()

    with pytest.raises(NotAnEmbedding, match=r"no numbers .* make them again from the pictures"):
        add_examples(files, "dlib", {"Ann": [row]})
    assert files.files == {}


def test_an_embedding_must_have_the_model_s_length() -> None:
    with pytest.raises(GalleryCorrupt, match=r"shape .1, 512., but .* vectors of 128"):
        add_examples(MemoryFiles(), "dlib", {"Ann": [vector(1, 512)]})


def test_another_model_s_embeddings_are_refused() -> None:
    with pytest.raises(GalleryModelMismatch, match="enrol everybody again"):
        add_examples(two_people(), "vggface2", {"Cem": [vector(1, 512)]})


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb"])
def test_a_name_must_be_printable(name: str) -> None:
    with pytest.raises(GalleryError, match="can't be a person's name"):
        add_examples(MemoryFiles(), "dlib", {name: [vector(1)]})


def test_nobody_can_be_removed_twice() -> None:
    with pytest.raises(GalleryError, match="nobody of the name 'Zoe' is enrolled"):
        remove_person(two_people(), "Zoe")
    with pytest.raises(GalleryError, match="no gallery yet"):
        remove_person(MemoryFiles(), "Zoe")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:-20], "manifest.json is damaged"),
        (lambda text: text.replace('"format": 1', '"format": 9'), "format is 9, not 1"),
        (lambda text: text.replace('"dimension": 128', '"dimension": 512'), "makes vectors of 512"),
        (lambda text: text.replace('"model": "dlib"', '"model": "other"'), "'other' is no model"),
        (lambda text: text.replace("people/", "../people/"), "is no file of a person"),
        (lambda _: "[]", "manifest.json is damaged"),
        (lambda text: text.replace("128", "Infinity"), "manifest.json is damaged"),
        (lambda _: "[" * 100_000, "manifest.json is damaged"),
    ],
)
def test_a_damaged_manifest_is_named(damage: object, message: str) -> None:
    files = two_people()
    files.files[MANIFEST] = damage(files.files[MANIFEST].decode()).encode()  # type: ignore[operator]

    with pytest.raises(GalleryError, match=message):
        Gallery.load(files)


def test_a_missing_or_foreign_file_is_named() -> None:
    files = two_people()
    ann = person_file(files, "Ann")
    content = files.files.pop(ann)
    with pytest.raises(
        GalleryCorrupt, match=r"the file people/.* is missing: restore it, or enrol"
    ):
        Gallery.load(files)

    files.files[ann] = content[: len(content) // 2]
    with pytest.raises(GalleryCorrupt, match="cut short or damaged"):
        Gallery.load(files)


def test_a_file_of_another_shape_is_named() -> None:
    """Whoever writes the manifest's hash can still not smuggle in other arrays."""
    import hashlib

    files = two_people()
    ann = person_file(files, "Ann")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((1, 5), np.float32))
    manifest = json.loads(files.files[MANIFEST])
    entry = next(person for person in manifest["people"] if person["file"] == ann)
    entry["sha256"] = hashlib.sha256(buffer.getvalue()).hexdigest()
    files.files |= {ann: buffer.getvalue(), MANIFEST: json.dumps(manifest).encode()}

    with pytest.raises(GalleryCorrupt, match=r"has the shape \(1, 5\), not \(2, 128\)"):
        Gallery.load(files)
