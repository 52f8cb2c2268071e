"""Finds the nearest row of a pack: exactly while it is small, by sketches when it is large."""

from __future__ import annotations

from bisect import bisect_right

from recognition.matching import Nearest, nearest
from recognition.pack_index import PackIndex
from recognition.pack_rows import PackedRows
from recognition.sketch import candidates
from recognition.types import Embedding

EXACT_UP_TO_BYTES = 64 * 2**20
"""As many bytes are read by one product in 5 ms: 32,768 embeddings of 512 values."""

COMPARED_EXACTLY = 2048


class PackSearch:
    """Implements `recognition.gallery.Search`."""

    def __init__(
        self, index: PackIndex, rows: PackedRows, exact_up_to_bytes: int = EXACT_UP_TO_BYTES
    ) -> None:
        self._index = index
        self._rows = rows
        self._starts = [part.start for part in index.parts]
        self._is_small = 4 * index.rows * index.dimension <= exact_up_to_bytes
        self._planes = None if self._is_small or not index.centre else rows.planes()

    def nearest(self, embedding: Embedding) -> Nearest | None:
        if not self._index.parts:
            return None
        if self._planes is None:
            count = self._index.rows
            return nearest(embedding, self._rows.embeddings[:count], self._rows.norms[:count])
        query = self._planes.words(embedding[None])
        rows = candidates(query, self._rows.codes, self._index.rows, COMPARED_EXACTLY)
        found = nearest(embedding, self._rows.embeddings[rows], self._rows.norms[rows])
        if found is None:
            return None
        return Nearest(row=int(rows[found.row]), distance=found.distance)

    def person_of(self, row: int) -> str:
        return self._index.parts[bisect_right(self._starts, row) - 1].person
