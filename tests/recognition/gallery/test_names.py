"""What a person may be called, and when two names are one person's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from faceweb.people.faces.known_people import ERASED
from foundation.messages import DIFFERENT, SAME
from recognition.errors import GalleryError, NameRefused
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples, rename_person
from recognition.gallery.names import MAX_NAME, clean_name, name_key
from recognition.types import NO_FACE, UNKNOWN
from tests.recognition.fakes import names_of
from tests.support.memory_files import MemoryFiles


def vector(value: float) -> np.ndarray:
    return np.full(128, value, np.float32)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ann  ", "Ann"),
        ("Ann \u00a0 Lee", "Ann Lee"),
        ("Rene\u0301e", "Ren\u00e9e"),
        ("Ann\n", "Ann"),
        (
            "\u0646\u06cc\u0644\u200c\u0648\u0641\u0631",
            "\u0646\u06cc\u0644\u200c\u0648\u0641\u0631",
        ),
        ("O'Neil-\u738b", "O'Neil-\u738b"),
        ("x" * MAX_NAME, "x" * MAX_NAME),
    ],
)
def test_a_name_is_kept_composed_and_trimmed(written: str, kept: str) -> None:
    assert clean_name(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        *("", "  ", "x" * (MAX_NAME + 1), "a\nb", "a\tb", "a\x00b", "a\x85b", "\x1b[31mAnn"),
        *(
            "Ann\u202egpj",
            "Ann\u2066x",
            "\u200fAnn",
            "Ann\u061c",
            "\u200d",
            "Ann\ud800",
            "a\ufeffb",
        ),
    ],
)
def test_what_cant_be_read_cant_be_a_name(written: str) -> None:
    with pytest.raises(NameRefused, match="can't be a person's name: use 1 to 200"):
        clean_name(written)


@pytest.mark.parametrize(
    "answer",
    [UNKNOWN, NO_FACE, SAME, DIFFERENT, ERASED, "1 face", "12 faces", " No  FACE ", "Unknown",
     "\uff35nknown"],
)  # fmt: skip
def test_no_answer_of_the_system_can_be_a_name(answer: str) -> None:
    with pytest.raises(NameRefused, match="an answer of the system"):
        clean_name(answer)


def test_names_that_contain_an_answer_are_names() -> None:
    for name in ("Unknown Pleasures", "Facey", "Ann 1 face", "Erased Tapes"):
        assert clean_name(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ANN"), ("Rene\u0301e", "REN\u00c9E"), ("Ann Lee", " ann  lee"), ("Jo\u200d", "jo")],
)
def test_names_are_one_persons_whatever_their_case(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_an_accent_makes_another_name() -> None:
    assert name_key("Renee") != name_key("Ren\u00e9e")


@given(st.text(max_size=30))
def test_a_clean_name_stays_as_it_is(text: str) -> None:
    try:
        name = clean_name(text)
    except NameRefused:
        return
    assert clean_name(name) == name
    assert name_key(name) == name_key(text)


def test_adding_ann_in_small_letters_adds_to_ann() -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", {"Ann": [vector(0.1)]})

    gallery = add_examples(files, "dlib", {"ann": [vector(0.2)], " ANN ": [vector(0.3)]})

    assert names_of(gallery) == ["Ann", "Ann", "Ann"]


def test_a_rename_may_change_the_case_but_take_nobodys_name() -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", {"ann": [vector(0.1)], "Bob": [vector(0.2)]})

    assert names_of(rename_person(files, "ann", " Ann ")) == ["Ann", "Bob"]
    with pytest.raises(GalleryError, match="'Bob' is enrolled already"):
        rename_person(files, "Ann", "BOB")
    with pytest.raises(NameRefused):
        rename_person(files, "Ann", "no face")


def test_a_gallery_from_before_these_rules_opens_and_is_mended_by_renaming() -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", {"Ann": [vector(0.1)], "Anna": [vector(0.2)]})
    manifest = (
        files.files["manifest.json"].replace(b'"Anna"', b'"ann"').replace(b'"Ann"', b'"unknown"')
    )
    files.files["manifest.json"] = manifest

    gallery = Gallery.open(files)
    assert gallery is not None
    assert names_of(gallery) == ["ann", "unknown"]
    assert names_of(rename_person(files, "unknown", "Zoe")) == ["Zoe", "ann"]
