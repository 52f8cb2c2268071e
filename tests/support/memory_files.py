"""A gallery's files in memory."""

import hashlib

from recognition.gallery.gallery_files import MANIFEST


class MemoryFiles:
    """Implements `recognition.gallery.gallery_files.GalleryFiles`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        """The file's bytes; None if it is missing."""
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        """Keep a file's bytes."""
        self.files[name] = data

    def delete(self, name: str) -> None:
        """Drop a file; a missing one is no error."""
        self.files.pop(name, None)

    def version(self) -> str | None:
        """The manifest's hash; None if there is no gallery."""
        data = self.files.get(MANIFEST)
        return None if data is None else hashlib.sha256(data).hexdigest()
