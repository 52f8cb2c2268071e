"""Hostile pictures, made here: floods of parts, lies about sizes, and much in few bytes."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

FLOOD = 2 * 2**20
"""Bytes of a file that is a flood: enough to take seconds where each part is looked at."""


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def flood(head: bytes, part: bytes) -> bytes:
    return head + part * ((FLOOD - len(head)) // len(part))


# JPEG

JPEG = saved(Image.new("L", (64, 64)), "JPEG")
SCAN = JPEG.index(b"\xff\xda")


def segment(marker: int, body: bytes = b"") -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body


def scans(count: int, side: int = 512) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    whole = saved(Image.new("L", (side, side)), "JPEG", progressive=True, quality=5)
    scan = whole[whole.rfind(b"\xff\xda") : -2]
    return claimed_jpeg(whole[:-2] + scan * count + b"\xff\xd9", 6000, 6000)


def claimed_jpeg(data: bytes, width: int, height: int) -> bytes:
    """A JPEG that says it has other sides."""
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


# PNG


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def png(width: int, height: int, bits: int = 8, colours: int = 0, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND")


ROWS = chunk(b"IDAT", zlib.compress(bytes(65 * 64)))
BOMB = zlib.compress(bytes(64 * 2**20), 1)


# GIF, BMP, WebP

GIF_HEAD = b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0, 0, 0)


def gif_frame(width: int, height: int) -> bytes:
    """A GIF of 10 x 10 pixels with a frame of another size."""
    return (
        GIF_HEAD
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, width, height, 0)
        + b"\x02\x02\x4c\x01\x00;"
    )


def bmp(width: int, height: int, bits: int = 24, compression: int = 0, data: bytes = b"") -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54) + header + data


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)


def canvas(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff_chunk(b"VP8X", bytes(4) + sides)


VP8 = saved(Image.new("RGB", (64, 48)), "WEBP")[12:]


# TIFF


def tiff(*entries: tuple[int, int, int, int], end: bytes = b"") -> bytes:
    """Little endian; each entry is tag, type, count, value."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\x00" + struct.pack("<IH", 8, len(entries)) + body + bytes(4) + end


def sides(width: int, height: int, *more: tuple[int, int, int, int]) -> bytes:
    basic = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (262, 3, 1, 1)]
    return tiff(*sorted([*basic, *more]), end=bytes(64))


# HEIF and AVIF


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


FTYP = box(b"ftyp", b"heic\x00\x00\x00\x00heic")


def infe(number: int, kind: bytes = b"hvc1") -> bytes:
    return box(b"infe", b"\x02\x00\x00\x00" + struct.pack(">HH4s", number, 0, kind))


def meta(*inside: bytes, items: int = 3, grid: bool = False) -> bytes:
    kinds = [infe(n, b"grid" if grid and n == 1 else b"hvc1") for n in range(1, items + 1)]
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", items) + b"".join(kinds))
    pitm = box(b"pitm", bytes(4) + struct.pack(">H", 1))
    return FTYP + box(b"meta", b"".join((bytes(4), pitm, iinf, *inside)))


def sizes(width: int, height: int, items: int = 3) -> bytes:
    """A property of size that all items have."""
    ispe = box(b"ispe", bytes(4) + struct.pack(">II", width, height))
    of_items = b"".join(struct.pack(">HBB", number, 1, 1) for number in range(1, items + 1))
    ipma = box(b"ipma", bytes(4) + struct.pack(">I", items) + of_items)
    return box(b"iprp", box(b"ipco", ispe) + ipma)


def places(*of_items: tuple[int, int, int]) -> bytes:
    """Where items are: number, offset, length."""
    body = b"".join(struct.pack(">HHHII", number, 0, 1, at, size) for number, at, size in of_items)
    return box(b"iloc", bytes(4) + b"\x44\x00" + struct.pack(">H", len(of_items)) + body)


def lying(kind: str, width: int, height: int, **options: Any) -> bytes:
    """A HEIC or AVIF of 512 x 512 pixels whose property of size says something else."""
    whole = saved(Image.fromarray(np.zeros((512, 512, 3), np.uint8)), kind, **options)
    return whole.replace(struct.pack(">II", 512, 512), struct.pack(">II", width, height))
