"""The names that pictures are stored and answered under, made safe. Pure functions.

Django has already cut a file name at its last path separator and dropped characters that can't be
printed (controls, bidirectional overrides). No pathlib here: it interns every name that it sees.
"""

from collections.abc import Iterator
from itertools import accumulate
from posixpath import splitext

from foundation.collections import DEFAULT, folder_of
from foundation.messages import answer_key

MAX_NAME_BYTES = 200
"""S3 takes keys of 1,024 bytes, file systems names of 255; a suffix must fit, too."""


def safe_filename(name: str) -> str:
    """The name as we store and answer it: no colon, no separators, at most 200 bytes in a message.

    The colon separates name and result in the answer, so one in the name becomes `_`.
    """
    printable = "".join(char for char in name if char.isprintable())
    cleaned = printable.replace(":", "_").replace("/", "_").replace("\\", "_").strip()
    if not cleaned.strip("."):
        return "picture"
    return _shortened(cleaned)


def _shortened(name: str) -> str:
    stem, suffix = splitext(name)
    if len(suffix) > 10:
        stem, suffix = name, ""
    room = MAX_NAME_BYTES - sum(map(_bytes_in_message, suffix))
    lengths = accumulate(map(_bytes_in_message, stem))
    return stem[: sum(length <= room for length in lengths)] + suffix


def _bytes_in_message(char: str) -> int:
    """A quotation mark is escaped twice in a task's message."""
    return 4 if char == '"' else len(char.encode())


def candidate_keys(
    filename: str, sha256: str, collection: str = DEFAULT
) -> Iterator[tuple[str, str]]:
    """Pairs (picture's key, answer's key) of a collection to try in turn until one is free.

    A taken name gets a suffix from the content, so that the same picture sent again under the
    same name finds the same key.
    """
    stem, suffix = splitext(filename)
    names = [filename, *(f"{stem}-{sha256[:digits]}{suffix}" for digits in (8, 16, 64))]
    for name in names:
        key = f"{folder_of(collection)}{name}"
        yield key, answer_key(key)


def answer_name(filename: str, style: str) -> str:
    """The name before the colon of an answer: "full" or "stem"."""
    return answer_key(filename) if style == "stem" else filename
