"""The formats of pictures that are taken: by their first bytes, whatever a file is called."""

from collections.abc import Callable, Mapping

from recognition.errors import NotAPicture
from recognition.images.containers import bmp, gif, heif, jpeg, png, tiff, webp
from recognition.images.limits import PictureInfo

NAMES = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF"

READERS: Mapping[str, Callable[[bytes], PictureInfo]] = {
    "JPEG": jpeg.read,
    "PNG": png.read,
    "WEBP": webp.read,
    "GIF": gif.read,
    "BMP": bmp.read,
    "TIFF": tiff.read,
    "HEIF": heif.read,
    "AVIF": heif.read,
}

_TIFF_STARTS = (b"II\x2a\x00", b"MM\x00\x2a", b"II\x2b\x00", b"MM\x00\x2b")


def format_of(data: bytes) -> str:
    """A format's name. Raises NotAPicture."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(png.SIGNATURE):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:2] == b"BM":
        return "BMP"
    if data.startswith(_TIFF_STARTS):
        return "TIFF"
    if brand := heif.brand_of(data):
        return brand
    raise NotAPicture(f"The file is not a picture that can be read ({NAMES}).")


def begins_like_a_picture(data: bytes) -> bool:
    """Whether the first 1,024 bytes of a file are those of a format that is taken."""
    try:
        format_of(data)
    except NotAPicture:
        return False
    return True
