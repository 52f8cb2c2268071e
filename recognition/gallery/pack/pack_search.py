"""Finds the people near a face in a pack: exactly in a small one, by sketches in a large one."""

from bisect import bisect_right

import numpy as np

from recognition.gallery.pack.pack_index import PackIndex, Part
from recognition.gallery.pack.pack_rows import PackedRows
from recognition.gallery.pack.sketch import candidates
from recognition.matching import NearPerson, closeness, nearest_parts
from recognition.types import Embedding

EXACT_UP_TO_BYTES = 64 * 2**20
"""As many bytes are read by one product in 5 ms: 32,768 embeddings of 512 values."""

COMPARED_EXACTLY = 2048


class PackSearch:
    """Implements `recognition.matching.Search`."""

    def __init__(
        self, index: PackIndex, rows: PackedRows, exact_up_to_bytes: int = EXACT_UP_TO_BYTES
    ) -> None:
        self._index = index
        self._rows = rows
        self._parts = [part for part in index.parts if part.count]
        self._starts = np.array([part.start for part in self._parts], np.int64)
        is_small = 4 * index.rows * index.dimension <= exact_up_to_bytes
        self._planes = None if is_small or not index.centre else rows.planes()

    def people_near(self, embedding: Embedding, count: int) -> list[NearPerson]:
        """The people with the nearest examples, up to `count`."""
        if not self._parts:
            return []
        exactly = self._planes is None
        parts = self._by_all(embedding, count) if exactly else self._by_sketch(embedding, count)
        people = [self._person(part) for part in parts]
        return [person for person in people if len(person.examples)]

    def _by_all(self, embedding: Embedding, count: int) -> list[Part]:
        end = self._index.rows
        values = closeness(embedding, self._rows.embeddings[:end], self._rows.norms[:end])
        return [self._parts[number] for number in nearest_parts(values, self._starts, count)]

    def _by_sketch(self, embedding: Embedding, count: int) -> list[Part]:
        assert self._planes is not None  # noqa: S101 - the caller asked
        query = self._planes.words(embedding[None])
        rows = candidates(query, self._rows.codes, self._index.rows, COMPARED_EXACTLY)
        values = closeness(embedding, self._rows.embeddings[rows], self._rows.norms[rows])
        found: dict[int, None] = {}
        for place in np.argsort(values, kind="stable"):
            if len(found) == count or not np.isfinite(values[place]):
                break
            found[bisect_right(self._starts, rows[place]) - 1] = None
        return [self._parts[number] for number in found]

    def _person(self, part: Part) -> NearPerson:
        """A person's examples as they are now.

        They may be erased meanwhile: norms first, then embeddings. So the norms are read last.
        """
        rows = slice(part.start, part.start + part.count)
        examples = np.array(self._rows.embeddings[rows])
        still_there = np.isfinite(self._rows.norms[rows])
        return NearPerson(person_id=part.person, examples=examples[still_there])
