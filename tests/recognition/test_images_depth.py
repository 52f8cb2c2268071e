"""More than 8 bits, and floats: scaled by the range that is used, never made black."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from recognition import images
from recognition.images import PictureLimits
from tests.recognition.pictures import astronaut, encoded, scaled

COLOURS = scaled(astronaut(), 120, 90)
GREY = np.asarray(Image.fromarray(COLOURS).convert("L"))


def saved(values: np.ndarray, kind: str, **options: object) -> bytes:
    return encoded(Image.fromarray(values), kind, **options)


def png16(values: np.ndarray) -> bytes:
    """A PNG with 16 bits a colour, which Pillow can't write. Shape (height, width, 3 or 4)."""
    height, width, channels = values.shape
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def tiff16(values: np.ndarray, order: str = "<") -> bytes:
    """An uncompressed TIFF with 16 bits a colour."""
    height, width, channels = values.shape
    body = values.astype(f"{order}u2").tobytes()
    bits = struct.pack(f"{order}3H", 16, 16, 16)
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 14),
        (277, 3, 1, channels),
        (278, 4, 1, height),
        (279, 4, 1, len(body)),
    ]
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count)
        + (
            struct.pack(f"{order}HH", value, 0)
            if kind == 3 and count == 1
            else struct.pack(f"{order}I", value)
        )
        for tag, kind, count, value in tags
    )
    directory = struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(f"{order}I", 14 + len(body))
    return head + bits + body + directory


def likeness(data: bytes, right: np.ndarray) -> float:
    """How alike a decoded picture and the right one are, whatever their brightness."""
    picture, _ = images.decode(data, PictureLimits())
    return float(np.corrcoef(picture.mean(axis=2).ravel(), right.ravel())[0, 1])


DEEP = {
    "10 bits in 16": saved(GREY.astype(np.uint16) * 4, "PNG"),
    "12 bits in 16": saved(GREY.astype(np.uint16) * 16, "PNG"),
    "16 bits": saved(GREY.astype(np.uint16) * 257, "PNG"),
    "12 bits in 16, big endian": saved((GREY.astype(">u2") * 16).astype(">u2"), "TIFF"),
    "12 bits and a hot pixel": saved(
        np.where(np.arange(GREY.size).reshape(GREY.shape) == 77, 65535, GREY.astype(np.uint16) * 16)
        .astype(np.uint16), "PNG"),
    "floats to 1": saved(GREY.astype(np.float32) / 255, "TIFF"),
    "small floats": saved(GREY.astype(np.float32) / 1e6, "TIFF"),
    "floats around nought": saved(GREY.astype(np.float32) - 128, "TIFF"),
    "floats with gaps": saved(
        np.where(GREY > 250, np.nan, GREY.astype(np.float32) / 255).astype(np.float32), "TIFF"),
    "floats without end": saved(
        np.where(GREY > 250, np.inf, GREY.astype(np.float32) / 255).astype(np.float32), "TIFF"),
    "32 bits": saved(GREY.astype(np.int32) * 1_000_000, "TIFF"),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEP)
def test_deep_greys_use_the_whole_range(name: str) -> None:
    picture, _ = images.decode(DEEP[name], PictureLimits())

    assert likeness(DEEP[name], np.minimum(GREY, 250)) > 0.95
    assert picture.max() - picture.min() > 240


@pytest.mark.parametrize("times", [1, 4, 16, 257])
@pytest.mark.parametrize("form", ["PNG", "TIFF, little endian", "TIFF, big endian"])
def test_colours_of_16_bits_are_never_black(form: str, times: int) -> None:
    values = COLOURS.astype(np.uint16) * times
    data = png16(values) if form == "PNG" else tiff16(values, "<" if "little" in form else ">")
    picture, _ = images.decode(data, PictureLimits())

    assert np.corrcoef(picture.ravel(), COLOURS.ravel())[0, 1] > 0.99
    assert picture.max() > 240


def test_dark_colours_with_transparency_are_not_black() -> None:
    values = np.dstack([COLOURS.astype(np.uint16) * 8, np.full(GREY.shape, 65535, np.uint16)])

    assert likeness(png16(values), COLOURS.mean(axis=2)) > 0.99


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_one_grey_stays_one_grey(value: int) -> None:
    picture, _ = images.decode(saved(np.full((9, 9), value, np.uint16), "PNG"), PictureLimits())

    assert len(np.unique(picture)) == 1
