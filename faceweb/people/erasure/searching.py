"""Searches everything the system keeps for a name: tables, buckets, and files of this machine.

It knows nothing of what the tables and files are for, so what erasing forgot is found. Names are
looked for as whole words, in whatever case.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from faceweb.models import Collection
from faceweb.people.erasure.places import Places
from faceweb.people.erasure.their_names import pattern_of, written_forms
from foundation.aws.storage import Bucket
from foundation.collections import DEFAULT
from foundation.errors import ObjectMissing

WORDS_ARE_JOINED = re.compile(r"[_\-.+/]+")
READ_BYTES = 2**24
BYTES_OF_POSTGRESQL = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A place where the name is left, and how often."""

    place: str
    times: int

    def in_words(self) -> str:
        """The place and the count as a line for people."""
        return f"{self.place}: {self.times}"


def search(name: str, places: Places) -> list[Found]:
    """Everywhere the name is left. Raises botocore's errors."""
    searched = [*_in_database(name), *_in_buckets(name, places), *_in_files(name, places.folder)]
    return [one for one in searched if one.times]


def _says(name: str, text: str) -> bool:
    pattern = pattern_of({name})
    return pattern is not None and any(
        pattern.search(form) for form in (text, WORDS_ARE_JOINED.sub(" ", text))
    )


def _in_database(name: str) -> Iterator[Found]:
    for table, column, type_code in _columns():
        yield Found(
            place=f"table {table}, {column}", times=_rows_saying(name, table, column, type_code)
        )


def _columns() -> list[tuple[str, str, object]]:
    """Each table's columns and their types.

    Django's description would parse the tables' SQL on SQLite, which takes 0.3 s.
    """
    found = []
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} LIMIT 0")  # noqa: S608 # nosec B608 - our own tables
            found += [(table, column[0], column[1]) for column in cursor.description]
    return found


def _rows_saying(name: str, table: str, column: str, type_code: object) -> int:
    """How many rows have the name: the database finds the letters, here it is looked for words."""
    quoted_table, quoted = map(connection.ops.quote_name, (table, column))
    forms = sorted(written_forms(name))
    values: list[str | bytes]
    if type_code == BYTES_OF_POSTGRESQL:
        test, values = f"position(%s::bytea in {quoted}) > 0", [one.encode() for one in forms]
    else:
        quoted = f"CAST({quoted} AS TEXT)"
        test = f"LOWER({quoted}) LIKE %s"
        values = [f"%{_in_any_case(one)}%" for one in forms]
    condition = " OR ".join([test] * len(forms))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {quoted} FROM {quoted_table} WHERE {condition}", values)  # noqa: S608 # nosec B608 - our own tables
        return sum(_says(name, _text(value)) for (value,) in cursor)


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode(errors="replace")
    return str(value)


def _in_any_case(text: str) -> str:
    """A pattern of LIKE for what may be the text: what joins words may be another sign, and SQLite
    knows the case of ASCII alone. `_says` looks at what it finds."""
    return re.sub("%+", "%", "".join(map(_letter, text)))


def _letter(sign: str) -> str:
    if sign.isascii():
        return sign.lower() if sign.isalnum() else "%"
    is_one = sign.lower() == sign.upper() == unicodedata.normalize("NFD", sign)
    return sign if is_one else "%"


def _in_buckets(name: str, places: Places) -> Iterator[Found]:
    """Keys everywhere; what is in the objects where they are texts."""
    for bucket in (places.pictures, places.private, places.videos.input):
        times = sum(_says(name, key) for key in bucket.keys(""))
        yield Found(place=f"keys of the bucket {bucket.name}", times=times)
    for bucket in (places.answers, places.videos.stage, places.videos.output):
        times = sum(_object_says(name, bucket, key) for key in bucket.keys(""))
        yield Found(place=f"bucket {bucket.name}", times=times)
    for collection in {DEFAULT, *Collection.objects.values_list("pk", flat=True)}:
        manifest = places.gallery_of(collection).read("manifest.json") or b""
        which = "the gallery" if collection == DEFAULT else f"the gallery of {collection}"
        yield Found(place=which, times=int(_says(name, manifest.decode(errors="replace"))))


def _object_says(name: str, bucket: Bucket, key: str) -> bool:
    if _says(name, key):
        return True
    if key.endswith((".jpg", ".jpeg", ".png")):
        return False
    try:
        return _says(name, bucket.get(key).decode(errors="replace"))
    except ObjectMissing:
        return False  # deleted meanwhile


def _in_files(name: str, folder: Path) -> Iterator[Found]:
    """Every file below VAR_DIR as bytes: database and its log, packs, logs, the emulator's S3."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield Found(place=f"file {path.relative_to(folder)}", times=_file_says(name, path))


def _file_says(name: str, path: Path) -> int:
    found = [_says(name, str(path.name))]
    in_cases = {cased for one in (name, name.lower(), name.upper()) for cased in written_forms(one)}
    forms = [form.encode() for form in sorted(in_cases)]
    either = b"|".join(map(re.escape, forms))
    pattern = re.compile(rb"(?<![A-Za-z0-9])(?:" + either + rb")(?![A-Za-z0-9])", re.IGNORECASE)
    overlap = max(map(len, forms))
    try:
        with path.open("rb") as file:
            rest = b""
            while part := file.read(READ_BYTES):
                found += [True] * len(pattern.findall(rest + part))
                rest = (rest + part)[1 - overlap :] if overlap > 1 else b""
    except OSError:
        return 0
    return sum(found)
