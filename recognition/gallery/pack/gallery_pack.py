"""A gallery packed on this machine's disk: all embeddings in one file that processes share.

Storage has a file for each person, but a worker needs one matrix. The first process that sees a new
version of the gallery brings the pack up to date, under a lock. All processes map it, so a million
embeddings (2 GB) are in memory once.

New people's rows are appended. A removed person's rows are overwritten at once, in every file of
the pack, and left as a hole. So a process with the old index finds nobody there, and never somebody
else. Many holes make a new generation of files.
"""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from recognition.errors import GalleryError
from recognition.gallery.gallery import ATTEMPTS, READERS, Gallery, GalleryFiles, Person
from recognition.gallery.pack.pack_index import AS_JSON, PackIndex, Part, changes
from recognition.gallery.pack.pack_rows import PackedRows
from recognition.gallery.pack.pack_search import PackSearch
from recognition.matching import Matrix

INDEX = "index.json"
LOCK = "pack.lock"
MOST_HOLES = 0.25
AT_ONCE = 512
"""People whose files are read together."""


class GalleryPack:
    """The pack of one gallery, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def gallery(self, files: GalleryFiles) -> Gallery | None:
        """The newest gallery, searched through the pack, or None where there is none.

        Raises GalleryError.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._alone():
                return self._current(files)
        except OSError as error:
            raise GalleryError(
                f"the gallery can't be kept in {self._folder} ({error}): free space there, "
                "or set VAR_DIR to another place"
            ) from None

    def note_use(self) -> None:
        """Somebody looked at the gallery now."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / LOCK).touch()

    def forget_if_idle(self, since: float) -> None:
        """Delete the pack unless it was used after `since`, in seconds since the epoch: erasing
        somebody overwrites only packs that are looked at."""
        lock = self._folder / LOCK
        if lock.exists() and lock.stat().st_mtime < since:
            self._forget()

    def _current(self, files: GalleryFiles) -> Gallery | None:
        gallery = Gallery.open(files)
        if gallery is None:
            self._forget()
            return None
        index = self._read_index()
        if index is None or index.version != gallery.version:
            index = self._updated(gallery, index, files)
            gallery = Gallery.open(files) or gallery
        rows = PackedRows.open(self._generation(index), index, writable=False)
        return replace(gallery, version=index.version, search=PackSearch(index, rows))

    def _updated(self, gallery: Gallery, index: PackIndex | None, files: GalleryFiles) -> PackIndex:
        """Bring the pack to the gallery's version; again, if that changes meanwhile."""
        for attempt in range(ATTEMPTS):
            try:
                return self._update(gallery, index)
            except GalleryError:
                newer = Gallery.open(files)
                if newer is None or newer.version == gallery.version or attempt == ATTEMPTS - 1:
                    raise
                gallery = newer
        raise AssertionError("every attempt returns or raises")

    def _update(self, gallery: Gallery, index: PackIndex | None) -> PackIndex:
        if index is not None and index.model == gallery.model:
            change = changes(index, gallery.people)
            rows = PackedRows.open(self._generation(index), index, writable=True)
            for part in change.removed:
                rows.erase(part)
            if change.holes <= MOST_HOLES * max(change.rows, 1):
                kept = replace(index, parts=change.kept)
                return self._with_added(gallery, kept, rows, change.added)
        return self._rebuilt(gallery, index)

    def _rebuilt(self, gallery: Gallery, index: PackIndex | None) -> PackIndex:
        """A new generation of files, without holes; the old one is deleted."""
        number = 1 if index is None else index.generation + 1
        new = PackIndex.empty(number, gallery.model, gallery.dimension)
        shutil.rmtree(self._generation(new), ignore_errors=True)
        rows = PackedRows.create(self._generation(new), gallery.dimension)
        new = self._with_added(gallery, new, rows, list(gallery.people.values()))
        for folder in self._folder.glob("generation-*"):
            if folder != self._generation(new):
                shutil.rmtree(folder, ignore_errors=True)
        return new

    def _with_added(
        self, gallery: Gallery, index: PackIndex, rows: PackedRows, people: Sequence[Person]
    ) -> PackIndex:
        """Append people's examples, and write the index last."""
        parts, end = list(index.parts), index.rows
        with ThreadPoolExecutor(READERS) as readers:
            for start in range(0, len(people), AT_ONCE):
                some = people[start : start + AT_ONCE]
                matrices: list[Matrix] = list(
                    readers.map(lambda person: gallery.examples[person.id], some)
                )
                rows.write(end, np.concatenate(matrices))
                for person, matrix in zip(some, matrices, strict=True):
                    parts.append(
                        Part(person=person.id, sha256=person.sha256, start=end, count=len(matrix))
                    )
                    end += len(matrix)
        rows.flush()
        assert gallery.version is not None  # noqa: S101 - it was opened from files
        index = replace(
            index, version=gallery.version, parts=tuple(parts), rows=end, centre=rows.centre
        )
        self._write_index(index)
        return index

    def _forget(self) -> None:
        """The gallery is gone, so everybody in it is."""
        (self._folder / INDEX).unlink(missing_ok=True)
        for folder in self._folder.glob("generation-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _generation(self, index: PackIndex) -> Path:
        return self._folder / f"generation-{index.generation}"

    def _read_index(self) -> PackIndex | None:
        """The index, or None where there is none that fits its files: then all is packed again."""
        try:
            index = AS_JSON.validate_json((self._folder / INDEX).read_bytes())
        except (OSError, ValueError):
            return None
        return index if PackedRows.is_whole(self._generation(index), index) else None

    def _write_index(self, index: PackIndex) -> None:
        draft = self._folder / f"{INDEX}.draft"
        draft.write_bytes(AS_JSON.dump_json(index))
        draft.replace(self._folder / INDEX)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the pack's lock; the kernel lets go of it when a process dies."""
        with (self._folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
