"""The names that pictures are stored and answered under, made safe. Pure functions.

Django has already cut a file name at its last path separator and dropped characters that can't be
printed (controls, bidirectional overrides).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

MAX_NAME_BYTES = 200
"""S3 takes keys of 1,024 bytes, file systems names of 255; a suffix must fit, too."""


def safe_filename(name: str) -> str:
    """The name as we store and answer it: no colon, no separators, at most 200 bytes.

    The colon separates name and result in the answer, so one in the name becomes `_`.
    """
    printable = "".join(char for char in name if char.isprintable())
    cleaned = printable.replace(":", "_").replace("/", "_").replace("\\", "_").strip()
    if not cleaned.strip("."):
        return "picture"
    return _shortened(cleaned)


def _shortened(name: str) -> str:
    path = PurePosixPath(name)
    suffix = path.suffix if len(path.suffix) <= 10 else ""
    stem = name[: len(name) - len(suffix)] if suffix else name
    room = MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + suffix


def stem_of(filename: str) -> str:
    """The name without its extension: the answer's key in the out-bucket."""
    return str(PurePosixPath(filename).with_suffix("")) if "." in filename else filename


def candidate_keys(filename: str, sha256: str) -> Iterator[tuple[str, str]]:
    """Pairs (picture's key, answer's key) to try in turn until one is free.

    A taken name gets a suffix from the content, so that the same picture sent again under the
    same name finds the same key.
    """
    path = PurePosixPath(filename)
    stem = stem_of(filename)
    yield filename, stem
    for digits in (8, 16, 64):
        suffixed = f"{stem}-{sha256[:digits]}"
        yield suffixed + path.suffix, suffixed


def answer_name(filename: str, style: str) -> str:
    """The name before the colon of an answer: "full" or "stem"."""
    return stem_of(filename) if style == "stem" else filename
