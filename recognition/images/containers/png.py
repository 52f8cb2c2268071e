"""PNG: its header, and the file without metadata (W3C PNG, third edition)."""

import struct
import zlib
from collections.abc import Iterator

from recognition.errors import PictureTooLarge, TruncatedPicture
from recognition.images.containers.metadata import BarePicture, orientation_of
from recognition.images.limits import PictureInfo, wide_bytes

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NEEDED = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
MAX_CHUNKS = 100_000
"""They are walked through by the worker alone. Encoders write one for each 8 KiB or more."""

MAX_METADATA_BYTES = 256 * 1024

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6


def read(data: bytes) -> PictureInfo:
    """Size and costs. Raises TruncatedPicture."""
    if data[12:16] != b"IHDR" or len(data) < 29:
        raise TruncatedPicture("The picture is damaged or cut short: the PNG has no header.")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    pixels, wide = width * height, data[24] == 16 and data[25] in (RGB, RGB_ALPHA)
    return PictureInfo(
        format="PNG",
        width=width,
        height=height,
        held_bytes=pixels * _held(data[24], data[25]) + (wide_bytes(pixels) if wide else 0),
        work=pixels * (2 if data[24] == 16 else 1),
        wide=wide,
    )


def _held(bits: int, colours: int) -> int:
    """Bytes of a pixel in Pillow's memory."""
    if colours in (GREY, PALETTE):
        return 2 if bits == 16 else 1
    return 4


def bare(data: bytes) -> BarePicture:
    """The first picture alone, and its orientation."""
    kept, exif, xmp = [SIGNATURE], None, None
    for kind, chunk in _chunks(data):
        if kind in NEEDED:
            kept.append(chunk)
        elif kind == b"eXIf":
            exif = exif or chunk[8:-4]
        elif kind == b"iTXt" and chunk[8:].startswith(b"XML:com.adobe.xmp\x00"):
            xmp = xmp or chunk[8 : 8 + MAX_METADATA_BYTES]
        elif kind in (b"tEXt", b"zTXt") and chunk[8:].startswith(b"Raw profile type exif\x00"):
            exif = exif or _raw_profile(chunk[30:-4], packed=kind == b"zTXt")
    return BarePicture(content=b"".join(kept), orientation=orientation_of(exif, xmp))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and whole chunk: length, kind, body, checksum."""
    position = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if position + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, data[position : position + 12 + length]
        if kind == b"IEND":
            return
        position += 12 + length
    raise PictureTooLarge(f"The PNG has more than {MAX_CHUNKS:,} parts. Save it once more.")


def _raw_profile(text: bytes, *, packed: bool) -> bytes | None:
    """EXIF as ImageMagick writes it: a name, a length and hexadecimal digits."""
    try:
        if packed:
            text = zlib.decompressobj().decompress(text[1:], MAX_METADATA_BYTES)
        return bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))
    except (zlib.error, ValueError):
        return None
