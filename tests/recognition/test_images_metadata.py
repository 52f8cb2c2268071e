"""EXIF and its like: only the orientation is read, and nothing of them spoils a picture."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, PngImagePlugin

from recognition import images
from recognition.images import PictureLimits
from recognition.images.containers.metadata import orientation_of
from tests.recognition.pictures import astronaut, encoded, scaled

PICTURE = scaled(astronaut(), 60, 40)
KINDS = ["JPEG", "PNG", "WEBP", "AVIF"]


def exif(*entries: tuple[int, int, int, bytes], order: str = "<", extra: bytes = b"") -> bytes:
    """A directory with entries of (tag, type, count, four bytes of value)."""
    start = b"II*\x00" if order == "<" else b"MM\x00*"
    body = b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in entries)
    head = start + struct.pack(f"{order}IH", 8, len(entries))
    return b"Exif\x00\x00" + head + body + bytes(4) + extra


def turned(kind: int = 3, value: bytes = b"\x06\x00\x00\x00", count: int = 1) -> bytes:
    return exif((0x0112, kind, count, value))


def saved(kind: str, content: bytes) -> bytes:
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind != "PNG" else {}
    image = Image.fromarray(PICTURE)
    if kind == "AVIF":  # Pillow reads EXIF when it writes AVIF, so it is put in afterwards
        harmless = exif((0x010E, 2, 4, b"abc\x00"), extra=bytes(max(len(content) - 32, 0)))
        written = encoded(image, kind, exif=harmless, **options)
        return written.replace(harmless[6:], content[6:].ljust(len(harmless) - 6, b"\x00"))
    return encoded(image, kind, exif=content, **options)


def shape_of(data: bytes) -> tuple[int, ...]:
    return images.decode(data, PictureLimits())[0].shape[:2]


SIDEWAYS = {
    "short": turned(),
    "byte": turned(1, b"\x06\x00\x00\x00"),
    "long": turned(4),
    "signed": turned(8),
    "text": turned(2, b"6\x00\x00\x00", count=2),
    "two values": turned(3, b"\x06\x00\x06\x00", count=2),
    "a fraction": exif((0x0112, 5, 1, struct.pack("<I", 26)), extra=struct.pack("<II", 6, 1)),
    "big endian": exif((0x0112, 3, 1, b"\x00\x06\x00\x00"), order=">"),
    "after a tag of another type": exif(
        (0x0112, 3, 1, b"\x06\x00\x00\x00"), (0x011A, 2, 4, b"72\x00\x00")
    ),
    "after a tag that points far away": exif(
        (0x010F, 2, 999, b"\xff\xff\xff\x7f"), (0x0112, 3, 1, b"\x06\x00\x00\x00")
    ),
    "before a loop of directories": turned()[:-4] + struct.pack("<I", 8),
    "more entries than there are": b"".join((turned()[:14], b"\xff\xff", turned()[16:])),
}

UPRIGHT = {
    "nothing": b"Exif\x00\x00",
    "not TIFF": b"Exif\x00\x00this is no TIFF at all",
    "cut in the header": turned()[:10],
    "cut in the directory": turned()[:20],
    "directory outside": b"Exif\x00\x00II*\x00\xff\xff\xff\xff",
    "directory at itself": b"Exif\x00\x00II*\x00\x00\x00\x00\x00" + bytes(20),
    "no such orientation": turned(3, b"\x09\x00\x00\x00"),
    "orientation nought": turned(3, bytes(4)),
    "a huge count of a huge type": exif((0x0112, 12, 0xFFFFFFFF, b"\xff\xff\xff\xff")),
    "an unknown type": turned(99),
    "a fraction outside": exif((0x0112, 5, 1, b"\xff\xff\xff\x7f")),
    "a fraction over nought": exif((0x0112, 5, 1, struct.pack("<I", 26)), extra=bytes(8)),
}


@pytest.mark.parametrize("name", SIDEWAYS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_orientation_is_read_whatever_else_is_wrong(kind: str, name: str) -> None:
    assert shape_of(saved(kind, SIDEWAYS[name])) == (60, 40)


@pytest.mark.parametrize("name", UPRIGHT)
@pytest.mark.parametrize("kind", KINDS)
def test_exif_that_says_nothing_spoils_no_picture(kind: str, name: str) -> None:
    assert shape_of(saved(kind, UPRIGHT[name])) == (40, 60)


@settings(max_examples=100)
@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda b: turned()[:16] + b))
def test_any_bytes_have_an_orientation(content: bytes) -> None:
    assert 1 <= orientation_of(content, content) <= 8


@pytest.mark.parametrize("order", "<>")
def test_xmp_is_asked_where_exif_says_nothing(order: str) -> None:
    xmp = b'<x tiff:Orientation="8"/>'

    assert orientation_of(None, xmp) == 8
    assert (
        orientation_of(exif((0x0112, 3, 1, struct.pack(f"{order}HH", 6, 0)), order=order), xmp) == 6
    )


def with_text(key: str, *, packed: bool) -> bytes:
    info = PngImagePlugin.PngInfo()
    content = turned()
    lines = f"\nexif\n{len(content):8}\n{content.hex()}\n"
    info.add_text(key, lines, zip=packed)
    return encoded(Image.fromarray(PICTURE), pnginfo=info)


@pytest.mark.parametrize("packed", [False, True])
def test_imagemagick_writes_exif_as_text(packed: bool) -> None:
    assert shape_of(with_text("Raw profile type exif", packed=packed)) == (60, 40)


def _jpeg_with(segments: bytes) -> bytes:
    data = saved("JPEG", b"Exif\x00\x00")
    return data[:2] + segments + data[2:]


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body


OTHER_METADATA: dict[str, Callable[[], bytes]] = {
    "a photoshop block that ends early": lambda: _jpeg_with(
        _segment(0xED, b"Photoshop 3.0\x00" + b"8BIM\x04\x04")
    ),
    "an ICC profile without its end": lambda: _jpeg_with(
        _segment(0xE2, b"ICC_PROFILE\x00\x01\x05abc") + _segment(0xE2, b"ICC_PROFILE\x00")
    ),
    "an index of pictures that is none": lambda: _jpeg_with(
        _segment(0xE2, b"MPF\x00" + b"\xff" * 40)
    ),
    "JFIF of three bytes": lambda: _jpeg_with(_segment(0xE0, b"JFIF")),
    "two EXIF segments": lambda: _jpeg_with(2 * _segment(0xE1, UPRIGHT["not TIFF"])),
    "a huge comment in PNG": lambda: with_text("Comment" * 5, packed=True),
}


@pytest.mark.parametrize("name", OTHER_METADATA)
def test_no_other_metadata_spoils_a_picture(name: str) -> None:
    picture, _ = images.decode(OTHER_METADATA[name](), PictureLimits())

    assert np.abs(picture.astype(int) - PICTURE).mean() < 12
