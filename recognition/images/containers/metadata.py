"""Which way up a picture is, by its EXIF or XMP. Nothing else of them is read."""

import re
import struct
from dataclasses import dataclass

ORIENTATION_TAG = 0x0112
UPRIGHT = 1

MOST_ENTRIES = 1000
"""Entries of an EXIF directory that are looked at; cameras write under 100."""

_XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


@dataclass(frozen=True, slots=True, kw_only=True)
class BarePicture:
    """A file without its metadata, and its orientation (1 to 8, as EXIF counts)."""

    content: bytes
    orientation: int = UPRIGHT


def orientation_of(exif: bytes | None, xmp: bytes | None = None) -> int:
    """EXIF's orientation; else XMP's; else 1. Never raises, whatever the bytes are."""
    try:
        found = _exif_orientation(exif or b"")
    except struct.error:
        found = None
    if found is None and xmp and (match := _XMP_ORIENTATION.search(xmp)):
        found = int(match[1])
    return found or UPRIGHT


def _exif_orientation(exif: bytes) -> int | None:
    """Raises struct.error where the bytes end early."""
    tiff = exif[6:] if exif.startswith(b"Exif\x00\x00") else exif
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    for number in range(min(count, MOST_ENTRIES)):
        place = directory + 2 + 12 * number
        (tag,) = struct.unpack_from(f"{order}H", tiff, place)
        if tag == ORIENTATION_TAG:
            value = _number(tiff, place, order)
            return value if value is not None and 1 <= value <= 8 else None
    return None


def _number(tiff: bytes, place: int, order: str) -> int | None:
    """The first value of a directory's entry as a whole number, whatever its type."""
    (kind,) = struct.unpack_from(f"{order}H", tiff, place + 2)
    if kind in (5, 10):  # a fraction, which lies elsewhere
        (where,) = struct.unpack_from(f"{order}I", tiff, place + 8)
        above, below = struct.unpack_from(f"{order}II", tiff, where)
        return int(above // below) if below else None
    if kind == 2:
        text = tiff[place + 8 : place + 9]
        return int(text) if text.isdigit() else None
    form = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i"}.get(kind)
    if form is None:
        return None
    (value,) = struct.unpack_from(f"{order}{form}", tiff, place + 8)
    return int(value)
