"""Where a gallery's files are: a Protocol, and a folder of this machine."""

import hashlib
from pathlib import Path
from typing import Protocol

MANIFEST = "manifest.json"


class GalleryFiles(Protocol):
    """Where a gallery's files are; S3, or a folder."""

    def read(self, name: str) -> bytes | None:
        """A file's bytes, or None where there is no such file."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole."""

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""

    def version(self) -> str | None:
        """What changes whenever the manifest does, or None where there is no gallery."""


class FolderFiles:
    """A gallery in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """The file's bytes; None if it is missing."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole, so that no reader sees half of it."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".draft")
        draft.write_bytes(data)
        draft.replace(path)

    def delete(self, name: str) -> None:
        """Delete a file; a missing one is no error."""
        (self._folder / name).unlink(missing_ok=True)

    def version(self) -> str | None:
        """The manifest's hash; None if there is no gallery."""
        data = self.read(MANIFEST)
        return None if data is None else hashlib.sha256(data).hexdigest()
