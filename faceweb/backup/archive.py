"""The file of a backup: a compressed tar, whose entries are read one by one and never unpacked.

An object's key is in its entry's header, not in its name, so a key is no path anywhere. An entry
of another name, or another kind, is refused before anything is changed.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypedDict, cast

from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from _typeshed import SupportsRead

FORMAT = 1
ABOUT, END = "about.json", "end.json"
NAMES = re.compile(
    r"about\.json|end\.json|webhook_secret|tables/[a-z_0-9.]+|objects/[a-z-]+/[0-9]+"
)
MOST_ABOUT_BYTES = PIECE_BYTES = 1 << 20
ABOUT_OBJECT = "FACES.object"
"""The header of a tar entry that holds an object's key, type and metadata."""


class BackupRefused(Exception):
    """A backup can't be written, or used; the text says why and what to do."""


class ObjectAbout(TypedDict, total=False):
    """What a backup says of one object: its key, content type and metadata."""

    key: str
    type: str
    metadata: dict[str, str]


class BackupAbout(TypedDict, total=False):
    """What a backup says of itself: its format, and the migrations that made its database."""

    format: int
    migrations: list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a backup. `about` is empty where the entry is no object."""

    name: str
    file: IO[bytes]
    about: ObjectAbout

    @property
    def folder(self) -> str:
        """The first part of the entry's name."""
        return self.name.partition("/")[0]

    @property
    def bucket(self) -> str:
        """The folder that an object's bucket has in the backup."""
        return self.name.rpartition("/")[0]

    def value(self) -> dict[str, object]:
        """A small entry's JSON."""
        found = json.loads(self.file.read(MOST_ABOUT_BYTES))
        if not isinstance(found, dict):
            raise ValueError(f"{self.name} is no object")
        return found


class Writer:
    """Adds entries, and counts them."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._entries = 0

    def add(
        self, name: str, file: SupportsRead[bytes], size: int, about: ObjectAbout | None = None
    ) -> None:
        """Copy `size` bytes of a file into the backup."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        if about is not None:
            info.pax_headers = {ABOUT_OBJECT: json.dumps(about)}
        self._tar.addfile(info, file)
        self._entries += 1

    def add_json(self, name: str, value: Mapping[str, object]) -> None:
        """Add an entry that holds a value as JSON."""
        data = json.dumps(value).encode()
        self.add(name, io.BytesIO(data), len(data))

    def end(self) -> None:
        """The last entry tells that all before it are there."""
        self.add_json(END, {"entries": self._entries})


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """A new backup, for its owner alone. It appears under its name once it is whole.

    Raises BackupRefused where the file exists already.
    """
    if path.exists():
        raise BackupRefused(f"{path} exists already: choose another name")
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
                writer = Writer(tar)
                yield writer
                writer.end()
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[Iterator[Entry]]:
    """All entries in order, each to be read before the next.

    Raises BackupRefused, also for what is found while they are read.
    """
    try:
        with gzip.open(path) as unpacked:
            with tarfile.open(fileobj=unpacked, mode="r|") as tar:
                yield (_entry(tar, info, path) for info in tar)
            while unpacked.read(PIECE_BYTES):
                pass  # gzip's checksum is at the end
    except (
        tarfile.TarError, EOFError, ValueError, LookupError, TypeError, zlib.error,
        gzip.BadGzipFile, RecursionError, OverflowError, ValidationError,
    ) as error:  # fmt: skip
        raise BackupRefused(
            f"{path} is damaged, or no backup of this system ({error}): take another one"
        ) from None


def _entry(tar: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> Entry:
    file = tar.extractfile(info) if info.isreg() and NAMES.fullmatch(info.name) else None
    if file is None:
        raise BackupRefused(f"{path} is no backup of this system: it has {info.name!r}")
    about = json.loads(info.pax_headers.get(ABOUT_OBJECT, "{}"))
    if not isinstance(about, dict):
        raise TypeError(f"{info.name} says nothing of itself")
    return Entry(name=info.name, file=file, about=cast("ObjectAbout", about))


def checked(path: Path, look: Callable[[Entry], None] = lambda _: None) -> BackupAbout:
    """Read a backup from its first byte to its last. Returns what it says of itself.

    Raises BackupRefused, also for an entry that `look` refuses.
    """
    about: BackupAbout = {}
    is_whole = False
    with opened(path) as entries:
        for count, entry in enumerate(entries):
            if entry.name == END:
                is_whole = entry.value().get("entries") == count
            elif entry.name == ABOUT:
                about = cast("BackupAbout", entry.value())
            else:
                look(entry)
                while entry.file.read(PIECE_BYTES):
                    pass
    if about.get("format") != FORMAT:
        raise BackupRefused(f"{path} is no backup of this version")
    if not _are_migrations(about.get("migrations")):
        raise BackupRefused(f"{path} does not say its database's version: take another one")
    if not is_whole:
        raise BackupRefused(f"{path} is incomplete: take another one")
    return about


def _are_migrations(value: object) -> bool:
    """Whether it is a list of pairs of words."""
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(word, str) for word in one)
        for one in value
    )
