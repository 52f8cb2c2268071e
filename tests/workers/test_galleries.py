"""Galleries of many collections: a worker holds those that it used last, and knows all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from recognition.gallery.gallery_changes import add_examples
from tests.support.memory_files import MemoryFiles
from workers.galleries import Galleries

MOST = 3


def enrolled(name: str) -> MemoryFiles:
    files = MemoryFiles()
    add_examples(files, "dlib", {name: [np.ones(128, np.float32)]})
    return files


@pytest.fixture
def stored() -> dict[str, MemoryFiles]:
    return {f"c{number}": enrolled(f"Person {number}") for number in range(20)}


@pytest.fixture
def galleries(stored: dict[str, MemoryFiles], tmp_path: Path) -> Galleries:
    return Galleries(stored.__getitem__, tmp_path, lambda: 0.0, 60.0, MOST)


def names(galleries: Galleries, collection: str) -> list[str]:
    gallery = galleries.get(collection)
    assert gallery is not None
    return [person.name for person in gallery.people.values()]


def test_no_more_are_held_than_may_be_and_each_is_known(galleries: Galleries) -> None:
    for _ in range(2):
        for number in range(20):
            assert names(galleries, f"c{number}") == [f"Person {number}"]
            assert len(galleries) <= MOST


def test_the_one_that_was_used_last_stays(galleries: Galleries) -> None:
    kept = galleries.get("c0")
    for number in range(1, 20):
        galleries.get(f"c{number}")
        assert galleries.get("c0") is kept


def test_one_that_was_let_go_comes_back_as_it_is_now(
    galleries: Galleries, stored: dict[str, MemoryFiles]
) -> None:
    assert names(galleries, "c0") == ["Person 0"]
    for number in range(1, 1 + MOST):
        galleries.get(f"c{number}")
    add_examples(stored["c0"], "dlib", {"Somebody": [np.zeros(128, np.float32)]})

    assert sorted(names(galleries, "c0")) == ["Person 0", "Somebody"]


def test_nothing_is_kept_of_a_collection_that_nobody_asks_for(
    stored: dict[str, MemoryFiles], tmp_path: Path
) -> None:
    now = 0.0
    of_collections = {f"{number:012x}": stored[f"c{number}"] for number in range(2)}
    idle, asked = of_collections
    galleries = Galleries(of_collections.__getitem__, tmp_path, lambda: now, 60.0, MOST)
    for one in of_collections:
        galleries.get(one)
    folder = tmp_path / "collections" / idle
    assert list(folder.glob("generation-*"))
    os.utime(folder / "pack.lock", (1.0, 1.0))
    now = 4000.0

    galleries.get(asked)

    assert not list(folder.glob("generation-*")) and len(galleries) == 1
    assert names(galleries, idle) == ["Person 0"]
