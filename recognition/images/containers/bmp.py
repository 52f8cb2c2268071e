"""BMP: its header. It holds no metadata."""

import struct

from recognition.errors import TruncatedPicture
from recognition.images.limits import PictureInfo

RUN_LENGTHS = (1, 2)
WORK_OF_A_RUN_BYTE = 400
"""Pillow decodes run lengths in Python: a byte of them costs as much as this many samples."""


def read(data: bytes) -> PictureInfo:
    """Size and costs. Raises TruncatedPicture."""
    try:
        width, height, bits, compression = _header(data)
    except struct.error:
        raise TruncatedPicture(
            "The picture is damaged or cut short: the BMP has no header."
        ) from None
    pixels = width * height
    runs = len(data) * WORK_OF_A_RUN_BYTE if compression in RUN_LENGTHS else 0
    return PictureInfo(
        format="BMP",
        width=width,
        height=height,
        held_bytes=pixels * ((3 if runs else 1) if bits <= 8 else 4),
        work=pixels + runs,
    )


def _header(data: bytes) -> tuple[int, int, int, int]:
    """Width, height, bits a pixel and compression."""
    (size,) = struct.unpack_from("<I", data, 14)
    if size == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        return width, height, bits, 0
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    return abs(width), abs(height), bits, compression
