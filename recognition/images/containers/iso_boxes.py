"""The boxes of an ISO media file, and the items of its picture part (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from recognition.errors import PictureTooLarge, TruncatedPicture
from recognition.images.limits import MAX_PARTS

MAX_ITEMS = 4000
MAX_PROPERTIES = 64
"""Of one item; a telephone writes five."""

MAX_NUMBERS = 40_000
"""Numbers that are read of one file. A picture of 432 tiles has 8,000; this many take 20 ms."""


@dataclass(frozen=True, slots=True)
class IsoBox:
    """A box's kind, and where its body is."""

    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class Item:
    """One item: its kind, where its bytes are, its properties, and what it refers to."""

    kind: bytes = b""
    in_meta: bool = False
    """Whether its bytes lie in the box `idat` instead of the file."""
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[IsoBox] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    """The tiles of a grid."""
    belongs_to: list[int] = field(default_factory=list)
    """The pictures whose transparency or depth this is."""


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a file, the one that is its picture, and the box with small items."""

    by_id: dict[int, Item]
    primary: int
    idat: IsoBox | None


class _Reader:
    """A file's bytes, and how many more numbers of it may be read: what it costs is bounded."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = MAX_NUMBERS

    def numbers(self, box: IsoBox) -> _Cursor:
        return _Cursor(self, box)

    def count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise PictureTooLarge("The picture is in far too many parts. Save it once more.")


class _Cursor:
    """Reads whole numbers of a box one after the other. Raises TruncatedPicture at its end."""

    def __init__(self, reader: _Reader, box: IsoBox) -> None:
        self._reader, self._at, self._end = reader, box.start, box.end

    def number(self, size: int) -> int:
        self._reader.count()
        if self._at + size > self._end:
            raise TruncatedPicture("The picture is damaged or cut short: a box ends early.")
        self._at += size
        return int.from_bytes(self._reader.data[self._at - size : self._at])

    def kind(self) -> bytes:
        return self.number(4).to_bytes(4)


def boxes(data: bytes, start: int, end: int) -> Iterator[IsoBox]:
    """The boxes between two places."""
    for _ in range(MAX_PARTS):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        stop = end if size == 0 else start + size
        if stop < body:
            raise TruncatedPicture("The picture is damaged or cut short: a box has no size.")
        yield IsoBox(kind, body, min(stop, end))
        start = stop
    raise PictureTooLarge(f"The picture has more than {MAX_PARTS:,} parts. Save it once more.")


def items_of(data: bytes) -> Items:
    """Raises PictureError."""
    meta = _child(data, IsoBox(b"", 0, len(data)), b"meta")
    if meta is None:
        raise TruncatedPicture("The picture is damaged or cut short: the file lists no picture.")
    inside = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    by_id: dict[int, Item] = {}
    reader = _Reader(data)
    for kind, read in ((b"iinf", _kinds), (b"iloc", _places), (b"iref", _references),
                       (b"iprp", _properties)):  # fmt: skip
        if kind in inside:
            read(reader, inside[kind], by_id)
    primary = _primary(reader, inside)
    if primary not in by_id:
        raise TruncatedPicture("The picture is damaged or cut short: its main item is missing.")
    return Items(by_id, primary, inside.get(b"idat"))


def content_of(data: bytes, item: Item, items: Items) -> bytes:
    """An item's bytes. Raises TruncatedPicture."""
    places = places_of(data, item, items)
    return b"".join(data[start:stop] for start, stop in places)


def places_of(data: bytes, item: Item, items: Items) -> list[tuple[int, int]]:
    """Where an item's bytes begin and end in the file. Raises TruncatedPicture."""
    base, end = 0, len(data)
    if item.in_meta and items.idat:
        base, end = items.idat.start, items.idat.end
    places = [
        (base + offset, base + offset + length if length else end)
        for offset, length in item.extents
    ]
    if any(start > stop or stop > end for start, stop in places):
        raise TruncatedPicture("The picture is damaged or cut short: an item ends early.")
    return places


def _child(data: bytes, inside: IsoBox, kind: bytes) -> IsoBox | None:
    return next((box for box in boxes(data, inside.start, inside.end) if box.kind == kind), None)


def _primary(reader: _Reader, inside: dict[bytes, IsoBox]) -> int:
    if b"pitm" not in inside:
        raise TruncatedPicture("The picture is damaged or cut short: no item is the main one.")
    cursor = reader.numbers(inside[b"pitm"])
    return cursor.number(2 if cursor.number(4) >> 24 == 0 else 4)


def _item(by_id: dict[int, Item], number: int) -> Item:
    if number not in by_id and len(by_id) >= MAX_ITEMS:
        raise PictureTooLarge(f"The picture has more than {MAX_ITEMS:,} items. Save it once more.")
    return by_id.setdefault(number, Item())


def _kinds(reader: _Reader, box: IsoBox, by_id: dict[int, Item]) -> None:
    version = reader.numbers(box).number(1)
    first = box.start + (6 if version == 0 else 8)
    for entry in boxes(reader.data, first, box.end):
        cursor = reader.numbers(entry)
        version = cursor.number(4) >> 24
        if entry.kind != b"infe" or version < 2:
            continue
        number = cursor.number(2 if version == 2 else 4)
        cursor.number(2)
        _item(by_id, number).kind = cursor.kind()


def _places(reader: _Reader, box: IsoBox, by_id: dict[int, Item]) -> None:
    cursor = reader.numbers(box)
    version = cursor.number(4) >> 24
    sizes = cursor.number(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    for _ in range(cursor.number(2 if version < 2 else 4)):
        item = _item(by_id, cursor.number(2 if version < 2 else 4))
        item.in_meta = version > 0 and cursor.number(2) & 15 == 1
        cursor.number(2)
        start = cursor.number(base)
        for _ in range(cursor.number(2)):
            cursor.number(index if version > 0 else 0)
            item.extents.append((start + cursor.number(offset), cursor.number(length)))


def _references(reader: _Reader, box: IsoBox, by_id: dict[int, Item]) -> None:
    size = 2 if reader.numbers(box).number(1) == 0 else 4
    for entry in boxes(reader.data, box.start + 4, box.end):
        cursor = reader.numbers(entry)
        item = _item(by_id, cursor.number(size))
        targets = [cursor.number(size) for _ in range(cursor.number(2))]
        if entry.kind == b"dimg":
            item.parts = targets
        elif entry.kind == b"auxl":
            item.belongs_to = targets


def _properties(reader: _Reader, box: IsoBox, by_id: dict[int, Item]) -> None:
    data = reader.data
    container = _child(data, box, b"ipco")
    if container is None:
        return
    known = list(boxes(data, container.start, container.end))
    for entry in boxes(data, box.start, box.end):
        if entry.kind == b"ipma":
            _associations(reader.numbers(entry), known, by_id)


def _associations(cursor: _Cursor, known: list[IsoBox], by_id: dict[int, Item]) -> None:
    head = cursor.number(4)
    size = 2 if head & 1 else 1
    for _ in range(cursor.number(4)):
        item = _item(by_id, cursor.number(2 if head >> 24 == 0 else 4))
        for _ in range(cursor.number(1)):
            number = cursor.number(size) & (0x7FFF if size == 2 else 0x7F)
            if 1 <= number <= len(known) and len(item.properties) < MAX_PROPERTIES:
                item.properties.append(known[number - 1])
