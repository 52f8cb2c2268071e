"""Bytes -> an upright RGB picture, within limits."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from recognition.errors import EmptyPicture, PictureError, PictureTooLarge, TruncatedPicture
from recognition.images import ffmpeg_decoding, memory_wall, pillow_decoding
from recognition.images.containers import gif, heif, jpeg, png, tiff, webp
from recognition.images.containers.metadata import BarePicture
from recognition.images.formats import READERS, format_of
from recognition.images.limits import MEBIBYTE, PictureInfo, PictureLimits, judge
from recognition.process_memory import give_back_memory
from recognition.types import RgbPicture

BARE = {"JPEG": jpeg.bare, "PNG": png.bare, "GIF": gif.bare, "TIFF": tiff.bare}

GIVEN_BACK_FROM_BYTES = 32 * MEBIBYTE
"""Before and after a larger picture the allocator returns what it holds, up to 100 MiB: both
together would pass a worker's 400 MiB. It takes 5 ms."""

SLACK_BYTES = 96 * MEBIBYTE
"""What may be taken beyond the judged need: the result, strips in work, libraries on first use."""


def check(data: bytes, limits: PictureLimits) -> PictureInfo:
    """Make sure by its header that a picture keeps the limits. Raises PictureError.

    Nothing is decoded: this takes milliseconds, whatever the bytes are.
    """
    if not data:
        raise EmptyPicture("The picture is empty: 0 bytes came.")
    if len(data) > limits.max_bytes:
        raise PictureTooLarge(
            f"The picture has {len(data) / MEBIBYTE:.1f} MiB; "
            f"up to {limits.max_bytes / MEBIBYTE:g} MiB are taken."
        )
    with for_people():
        info = READERS[format_of(data)](data)
    judge(info, limits)
    return info


def decode(
    data: bytes, limits: PictureLimits, *, enough_pixels: int | None = None
) -> tuple[RgbPicture, float]:
    """The picture's first frame, upright and in RGB, and by how much its sides were divided.

    A picture of 4 times `enough_pixels` or more is made smaller, never below that many. libjpeg
    decodes 12 megapixels in 11 ms so, and in 82 ms whole. Raises PictureError.
    """
    info = check(data, limits)
    if info.held_bytes < GIVEN_BACK_FROM_BYTES:
        return _upright_picture(data, info, limits, enough_pixels)
    give_back_memory()
    try:
        return _upright_picture(data, info, limits, enough_pixels)
    finally:
        give_back_memory()


def _upright_picture(
    data: bytes, info: PictureInfo, limits: PictureLimits, enough_pixels: int | None
) -> tuple[RgbPicture, float]:
    pixels = info.width * info.height
    divide_by = max(math.sqrt(pixels / enough_pixels), 1.0) if enough_pixels else 1.0
    whole = 0 if enough_pixels else 8 * pixels
    with for_people(), memory_wall.at_most(limits.max_held_bytes + SLACK_BYTES + whole):
        picture, orientation = _decoded(data, info, divide_by)
        divided_by = max(info.width, info.height) / max(picture.shape[:2])
        return np.ascontiguousarray(_upright(picture, orientation)), divided_by


def _decoded(data: bytes, info: PictureInfo, divide_by: float) -> tuple[RgbPicture, int]:
    """The picture as it is stored, and its orientation as EXIF counts."""
    if info.format in ("HEIF", "AVIF"):
        return ffmpeg_decoding.decoded_heif(heif.coded_picture(data), divide_by), 1
    if info.format == "WEBP":
        frame = webp.first_frame(data)
        size = (info.width, info.height)
        return ffmpeg_decoding.decoded_webp(frame, *size, divide_by), frame.orientation
    bare = BARE[info.format](data) if info.format in BARE else BarePicture(content=data)
    return pillow_decoding.decoded(bare.content, info, divide_by), bare.orientation


def _upright(picture: RgbPicture, orientation: int) -> RgbPicture:
    """As EXIF's orientation asks: 5 to 8 lie on their side, 2, 4, 5 and 7 are mirrored."""
    if orientation in (5, 7):
        picture = picture.transpose(1, 0, 2)
    if orientation in (2, 4):
        picture = np.fliplr(picture)
    return np.rot90(picture, {3: 2, 4: 2, 6: 3, 7: 2, 8: 1}.get(orientation, 0))


@contextmanager
def for_people() -> Iterator[None]:
    """Turn whatever is raised into a PictureError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except MemoryError:
        raise PictureTooLarge(
            "The picture needs more memory to be decoded than is allowed. Send it smaller."
        ) from None
    except Exception:  # noqa: BLE001 - decoders raise nearly anything
        raise TruncatedPicture("The picture is damaged or cut short.") from None
