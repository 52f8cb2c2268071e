"""The galleries of the collections that are in use, kept up to date; the others are dropped."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from foundation.collections import DEFAULT, FOLDER, folder_of
from recognition.gallery.gallery import Gallery, GalleryFiles
from recognition.gallery.pack.gallery_pack import GalleryPack

log = structlog.get_logger()

IDLE_SECONDS, TIDY_SECONDS = 3600.0, 60.0


@dataclass(slots=True, kw_only=True)
class _Held:
    files: GalleryFiles
    pack: GalleryPack
    checked_at: float | None = None
    version: str | None = None
    gallery: Gallery | None = None


class Galleries:
    """The galleries by collection; at most `most` are in memory, those that were used last.

    Parameters:
        files_of: where a collection's gallery is.
        packs: the folder of this machine where galleries are packed.
        check_seconds: how often storage is asked whether a gallery changed.
    """

    def __init__(
        self,
        files_of: Callable[[str], GalleryFiles],
        packs: Path,
        clock: Callable[[], float],
        check_seconds: float,
        most: int,
    ) -> None:
        self._files_of, self._packs, self._clock = files_of, packs, clock
        self._check_seconds, self._most = check_seconds, most
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._tidy_at = clock()

    def __len__(self) -> int:
        """How many are in memory."""
        return len(self._held)

    def get(self, collection: str = DEFAULT, *, at_once: bool = False) -> Gallery | None:
        """A collection's newest gallery, or None where there is none. Raises GalleryError.

        `at_once` sees a change of this moment.
        """
        held = self._held.get(collection) or self._new(collection)
        self._held[collection] = held
        self._held.move_to_end(collection)
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        if at_once or self._is_due(held):
            _refresh(held)
            held.checked_at = self._clock()
            held.pack.note_use()
            self._forget_idle_at_times()
        return held.gallery

    def look_again(self) -> None:
        """Ask storage at the next use: time may have passed that the clock does not show."""
        for held in self._held.values():
            held.checked_at = None

    def _forget_idle_at_times(self) -> None:
        """Keep no rows of collections that nobody asked for lately: not in memory, not on disk."""
        now = self._clock()
        if now < self._tidy_at:
            return
        self._tidy_at = now + TIDY_SECONDS
        for folder in (self._packs / FOLDER).glob("*"):
            GalleryPack(folder).forget_if_idle(time.time() - IDLE_SECONDS)
        for name, held in list(self._held.items()):
            if held.checked_at is not None and held.checked_at < now - IDLE_SECONDS:
                del self._held[name]

    def _new(self, collection: str) -> _Held:
        folder = self._packs / folder_of(collection)
        return _Held(files=self._files_of(collection), pack=GalleryPack(folder))

    def _is_due(self, held: _Held) -> bool:
        return (
            held.gallery is None  # the first person is to be known at once
            or held.checked_at is None
            or self._clock() - held.checked_at >= self._check_seconds
        )


def _refresh(held: _Held) -> None:
    version = held.files.version()
    if version == held.version:
        return
    held.gallery = None if version is None else held.pack.gallery(held.files)
    held.version = version
    people = len(held.gallery.people) if held.gallery else 0
    log.info("gallery_loaded", version=version, people=people)
