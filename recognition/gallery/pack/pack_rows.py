"""A pack's files: embeddings, their squared norms and their sketches, mapped into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from recognition.gallery.pack.pack_index import PackIndex, Part
from recognition.gallery.pack.sketch import CHUNK, WORDS, Codes, Planes, chunks_for, write_words
from recognition.matching import Matrix, squared_norms

Number = TypeVar("Number", bound=np.generic)

EMBEDDINGS, NORMS, CODES = "embeddings.f32", "norms.f32", "codes.u64"
NOBODY = np.float32(np.inf)
"""The squared norm of a row that is nobody's: no embedding is near it."""

Mode = Literal["r", "r+"]


class PackedRows:
    """The three files of a generation. They grow by whole chunks of rows."""

    def __init__(self, folder: Path, dimension: int, centre: tuple[float, ...], mode: Mode) -> None:
        self.centre = centre
        self._folder = folder
        self._dimension = dimension
        self._mode = mode
        self._map()

    @classmethod
    def create(cls, folder: Path, dimension: int) -> PackedRows:
        """New, empty files."""
        folder.mkdir(parents=True)
        for name in (EMBEDDINGS, NORMS, CODES):
            (folder / name).touch(mode=0o600)
        rows = cls(folder, dimension, (), "r+")
        rows._grow(1)
        return rows

    @classmethod
    def open(cls, folder: Path, index: PackIndex, *, writable: bool) -> PackedRows:
        """Map the pack's files into memory."""
        return cls(folder, index.dimension, index.centre, "r+" if writable else "r")

    @staticmethod
    def is_whole(folder: Path, index: PackIndex) -> bool:
        """Whether the files are as long as the index needs them."""
        chunks = chunks_for(index.rows)
        wanted = {
            EMBEDDINGS: 4 * CHUNK * index.dimension, NORMS: 4 * CHUNK, CODES: 8 * CHUNK * WORDS,
        }  # fmt: skip
        return all(
            (folder / name).is_file() and (folder / name).stat().st_size >= chunks * size
            for name, size in wanted.items()
        )

    def _map(self) -> None:
        chunks = (self._folder / NORMS).stat().st_size // (4 * CHUNK)
        self.embeddings: Matrix = self._mapped(
            EMBEDDINGS, np.float32, (chunks * CHUNK, self._dimension)
        )
        self.norms: Matrix = self._mapped(NORMS, np.float32, (chunks * CHUNK,))
        self.codes: Codes = self._mapped(CODES, np.uint64, (chunks, WORDS, CHUNK))

    def _mapped(self, name: str, kind: type[Number], shape: tuple[int, ...]) -> npt.NDArray[Number]:
        if 0 in shape:
            return np.zeros(shape, kind)
        return np.memmap(self._folder / name, kind, self._mode, shape=shape)

    def _grow(self, rows: int) -> None:
        """Make room for a number of rows in all; new rows are nobody's."""
        before, chunks = len(self.codes), chunks_for(rows)
        if chunks <= before:
            return
        sizes = {EMBEDDINGS: 4 * self._dimension, NORMS: 4, CODES: 8 * WORDS}
        for name, row_bytes in sizes.items():
            with (self._folder / name).open("r+b") as file:
                file.truncate(chunks * CHUNK * row_bytes)
        self._map()
        self.norms[before * CHUNK :] = NOBODY

    def write(self, first_row: int, rows: Matrix) -> None:
        """Put embeddings (n, dimension) where so far is nobody."""
        if not len(rows):
            return
        if not self.centre:
            self.centre = tuple(float(value) for value in rows.mean(axis=0))
        last = first_row + len(rows)
        self._grow(last)
        self.embeddings[first_row:last] = rows
        write_words(self.codes, first_row, self.planes().words(rows))
        self.norms[first_row:last] = squared_norms(rows)

    def erase(self, part: Part) -> None:
        """Overwrite a person's rows, on disk before this returns."""
        rows = slice(part.start, part.start + part.count)
        self.norms[rows] = NOBODY
        self.embeddings[rows] = 0.0
        write_words(self.codes, part.start, np.zeros((WORDS, part.count), np.uint64))
        self.flush()

    def planes(self) -> Planes:
        """The planes of this pack's sketches."""
        return Planes.through(np.array(self.centre, np.float32))

    def flush(self) -> None:
        """Write what was changed to the disk."""
        for array in (self.embeddings, self.norms, self.codes):
            if isinstance(array, np.memmap):
                array.flush()
