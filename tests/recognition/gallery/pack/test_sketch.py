"""Sketches find the nearest of many, as the exact search does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.gallery.pack.pack_index import PackIndex, Part
from recognition.gallery.pack.pack_rows import PackedRows
from recognition.gallery.pack.pack_search import PackSearch
from recognition.gallery.pack.sketch import CHUNK
from recognition.matching import closeness, squared_norms

ROWS = CHUNK + 5000
DIMENSION = 128


@pytest.fixture(scope="module")
def strangers() -> np.ndarray:
    """Embeddings that share a direction, as faces' do, around a centre that is not zero."""
    generator = np.random.default_rng(3)
    rows = generator.standard_normal((ROWS, DIMENSION), dtype=np.float32) + 0.7
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def search(strangers: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> PackSearch:
    return packed(strangers, tmp_path_factory.mktemp("rows") / "pack")


def packed(rows: np.ndarray, folder: Path) -> PackSearch:
    files = PackedRows.create(folder, rows.shape[1])
    files.write(0, rows[:3000])
    files.write(3000, rows[3000:])
    parts = tuple(
        Part(person=str(start // 10), sha256="", start=start, count=min(10, len(rows) - start))
        for start in range(0, len(rows), 10)
    )
    empty = PackIndex.empty(1, "dlib", rows.shape[1])
    index = PackIndex(
        generation=1, model=empty.model, dimension=empty.dimension, version="1",
        rows=len(rows), centre=files.centre, parts=parts,
    )  # fmt: skip
    return PackSearch(index, files, exact_up_to_bytes=0)


def test_a_person_s_other_picture_is_found(strangers: np.ndarray, search: PackSearch) -> None:
    """Queries as far from their person as a threshold may allow, half of the way to a stranger."""
    generator = np.random.default_rng(4)
    chosen = generator.integers(0, ROWS, 200)
    noise = generator.standard_normal((200, DIMENSION), dtype=np.float32)
    noise *= 0.5 / np.linalg.norm(noise, axis=1, keepdims=True)
    queries = strangers[chosen] + noise
    norms = squared_norms(strangers)

    exact = [int(np.argmin(closeness(query, strangers, norms))) for query in queries]
    assert sum(np.equal(exact, chosen)) > 190, "the queries are too hard to say anything"
    assert [person_near(search, query) for query in queries] == [str(row // 10) for row in exact]


def person_near(search: PackSearch, query: np.ndarray) -> str:
    return search.people_near(query, 1)[0].person_id


def test_people_come_once_with_all_their_examples(
    search: PackSearch, strangers: np.ndarray
) -> None:
    near = search.people_near(strangers[12345], 8)

    assert near[0].person_id == "1234"
    np.testing.assert_array_equal(near[0].examples, strangers[12340:12350])
    assert len({person.person_id for person in near}) == 8


def test_rows_that_are_erased_are_not_found(strangers: np.ndarray, tmp_path: Path) -> None:
    search = packed(strangers[:6000], tmp_path / "pack")
    assert person_near(search, strangers[5005]) == "500"

    PackedRows(tmp_path / "pack", DIMENSION, (0.0,), "r+").erase(
        Part(person="500", sha256="", start=5000, count=10)
    )
    assert "500" not in [one.person_id for one in search.people_near(strangers[5005], 20)]
