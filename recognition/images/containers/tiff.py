"""TIFF: its first directory, and the file with nothing else in it (TIFF 6.0, BigTIFF)."""

import struct
from dataclasses import dataclass

from recognition.errors import PictureTooLarge, TruncatedPicture, UnsupportedFormat
from recognition.images.containers.metadata import UPRIGHT, BarePicture
from recognition.images.limits import MEBIBYTE, PictureInfo, wide_bytes

MAX_ENTRIES = 1000
MAX_VALUE_BYTES = 2 * MEBIBYTE
"""All values of the directory together: the places of strips or tiles are most of it."""

WIDTH, HEIGHT, BITS, COMPRESSION = 256, 257, 258, 259
ORIENTATION, CHANNELS, STRIP_ROWS, TILE_WIDTH, TILE_HEIGHT = 274, 277, 278, 322, 323

NEEDED = {
    WIDTH, HEIGHT, BITS, COMPRESSION, CHANNELS, STRIP_ROWS, TILE_WIDTH, TILE_HEIGHT,
    262, 266, 273, 279, 284, 292, 293, 317, 320, 324, 325, 338, 339, 347, 529, 530, 531, 532,
}  # fmt: skip
"""Tags that say how pixels are stored. All others are left out of the bare file."""

COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946}
"""None, fax (2 to 4), LZW, JPEG, Deflate (8 and 32946), PackBits."""
JPEG = 7

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
"""Bytes of a value, by its type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Byte order and sizes of one of the two kinds of TIFF."""

    order: str
    offset: str
    count: str
    first: int
    entry: int

    @property
    def inline(self) -> int:
        return struct.calcsize(self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    tag: int
    raw: bytes
    values: tuple[int, ...]


def read(data: bytes) -> PictureInfo:
    """Size and costs. Raises PictureError."""
    tags = {entry.tag: entry.values for entry in _entries(data)}
    width, height = _one(tags, WIDTH, 0), _one(tags, HEIGHT, 0)
    compression, channels = _one(tags, COMPRESSION, 1), _one(tags, CHANNELS, 1)
    if compression not in COMPRESSIONS:
        raise UnsupportedFormat(
            "The TIFF is compressed in a way that is not taken. Save it with LZW or without."
        )
    bits = max(tags.get(BITS, ()) or (1,))
    pixels, wide = width * height, channels >= 3 and bits == 16
    part = _part_pixels(tags, width, height) * channels * max(bits, 8) // 8
    scans = data.count(b"\xff\xda") if compression == JPEG else 1
    return PictureInfo(
        format="TIFF",
        width=width,
        height=height,
        held_bytes=pixels * _held(channels, bits)
        + (part if compression != 1 else 0)
        + (wide_bytes(pixels) if wide else 0),
        work=pixels * max(channels, 1) * max(scans, 1) * (2 if bits > 8 else 1),
        wide=wide,
        advice="Send it smaller, or saved in strips.",
    )


def _held(channels: int, bits: int) -> int:
    """Bytes of a pixel in Pillow's memory."""
    return 4 if channels > 1 else max(min(bits, 32) // 8, 1)


def _part_pixels(tags: dict[int, tuple[int, ...]], width: int, height: int) -> int:
    """Pixels of a tile or a strip, which libtiff decodes at once."""
    if tile := _one(tags, TILE_WIDTH, 0) * _one(tags, TILE_HEIGHT, 0):
        return tile
    return width * min(_one(tags, STRIP_ROWS, height), height)


def bare(data: bytes) -> BarePicture:
    """The file with one directory of the needed tags, and its orientation."""
    layout = _layout(data)
    entries = list(_entries(data))
    kept = b"".join(entry.raw for entry in entries if entry.tag in NEEDED)
    count = struct.pack(layout.order + layout.count, len(kept) // layout.entry)
    padding = b"\x00" * (len(data) % 2)
    head = data[: layout.first] + struct.pack(
        layout.order + layout.offset, len(data) + len(padding)
    )
    end = b"\x00" * layout.inline
    content = b"".join((head, data[len(head) :], padding, count, kept, end))
    turned = _one({entry.tag: entry.values for entry in entries}, ORIENTATION, UPRIGHT)
    return BarePicture(content=content, orientation=turned if 1 <= turned <= 8 else UPRIGHT)


def _layout(data: bytes) -> _Layout:
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] in (b"\x2b\x00", b"\x00\x2b"):
        return _Layout(order=order, offset="Q", count="Q", first=8, entry=20)
    return _Layout(order=order, offset="I", count="H", first=4, entry=12)


def _entries(data: bytes) -> list[_Entry]:
    layout = _layout(data)
    try:
        (place,) = struct.unpack_from(layout.order + layout.offset, data, layout.first)
        (count,) = struct.unpack_from(layout.order + layout.count, data, place)
        place += struct.calcsize(layout.count)
        if count > MAX_ENTRIES:
            raise PictureTooLarge(f"The TIFF has {count} tags; up to {MAX_ENTRIES} are taken.")
        read = [_entry(data, place + number * layout.entry, layout) for number in range(count)]
    except struct.error:
        raise TruncatedPicture(
            "The picture is damaged or cut short: the TIFF's directory ends early."
        ) from None
    _check_values(read)
    return [entry for entry, _ in read]


def _check_values(read: list[tuple[_Entry, int]]) -> None:
    needed = sum(size for entry, size in read if entry.tag in NEEDED)
    if needed > MAX_VALUE_BYTES:
        raise PictureTooLarge("The TIFF has far too many strips or tiles. Save it once more.")


def _entry(data: bytes, place: int, layout: _Layout) -> tuple[_Entry, int]:
    """An entry, and the bytes of its values; only its first few whole numbers are read."""
    tag, kind, count = struct.unpack_from(f"{layout.order}HH{layout.offset}", data, place)
    size = SIZES.get(kind, 1) * count
    where = place + 4 + layout.inline
    if size > layout.inline:
        (where,) = struct.unpack_from(layout.order + layout.offset, data, where)
    form = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind)
    values: tuple[int, ...] = ()
    if form and tag in NEEDED | {ORIENTATION}:
        values = struct.unpack_from(f"{layout.order}{min(count, 8)}{form}", data, where)
    return _Entry(tag=tag, raw=data[place : place + layout.entry], values=values), size


def _one(tags: dict[int, tuple[int, ...]], tag: int, otherwise: int) -> int:
    values = tags.get(tag)
    return values[0] if values else otherwise
