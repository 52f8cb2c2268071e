"""Bytes -> an upright RGB picture, within limits. Pillow and numpy only.

The bytes are hostile: size and pixel count are checked before anything is decoded, only the
formats named here are tried, and whatever Pillow raises becomes one of our errors.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from recognition.errors import (
    EmptyPicture,
    NotAPicture,
    PictureError,
    PictureTooLarge,
    TruncatedPicture,
)
from recognition.types import RgbPicture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""Formats that are tried. Pillow's JPEG also opens MPO, a JPEG with a second picture inside."""

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """The largest picture that is taken, in bytes and in pixels."""

    max_bytes: int = 10 * MEBIBYTE
    max_pixels: int = 40_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureInfo:
    """What a picture says of itself; width and height in pixels as stored."""

    format: str
    width: int
    height: int


def check(data: bytes, limits: PictureLimits) -> PictureInfo:
    """Make sure that a picture keeps the limits and decodes to its end. Raises PictureError.

    A JPEG is decoded at an eighth of its size: all of the file is read, at a fifth of the cost.
    """
    with _opened(data, limits) as image:
        info = PictureInfo(format=image.format or "", width=image.width, height=image.height)
        image.draft("RGB", (image.width // 8, image.height // 8))
        image.load()
        return info


def decode(
    data: bytes, limits: PictureLimits, *, enough_pixels: int | None = None
) -> tuple[RgbPicture, float]:
    """The picture's first frame, upright and in RGB, and by how much its sides were divided.

    A JPEG of 4 times `enough_pixels` or more is decoded at a half, a quarter or an eighth of its
    size, never at less than that: 12 megapixels take 11 ms so, and 82 whole. All others come
    whole, divided by 1. Raises PictureError.
    """
    with _opened(data, limits) as image:
        width = image.width
        if enough_pixels is not None:
            factor = max(math.sqrt(image.width * image.height / enough_pixels), 1.0)
            image.draft("RGB", (int(image.width / factor), int(image.height / factor)))
        image.load()
        divided_by = width / image.width
        ImageOps.exif_transpose(image, in_place=True)
        return np.asarray(_to_rgb(image)), divided_by


def _to_rgb(image: Image.Image) -> Image.Image:
    """RGB, transparent parts on white; 16-bit grey scaled, where Pillow would clip it."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _eight_bit(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        background = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(background, rgba).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    scale = 1.0 if values.max(initial=0.0) <= 255 else 255.0 / 65535.0
    grey = np.clip(values * scale, 0, 255).astype(np.uint8)
    return Image.fromarray(grey, "L").convert("RGB")


@contextmanager
def _opened(data: bytes, limits: PictureLimits) -> Iterator[Image.Image]:
    """Open a picture after the checks that need no decoding."""
    if not data:
        raise EmptyPicture("The picture is empty: 0 bytes came.")
    if len(data) > limits.max_bytes:
        raise PictureTooLarge(
            f"The picture has {len(data) / MEBIBYTE:.1f} MiB; "
            f"up to {limits.max_bytes / MEBIBYTE:g} MiB are taken."
        )
    with _pillow_errors(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_pixels(image.width * image.height, limits)
        yield image


def _check_pixels(pixels: int, limits: PictureLimits) -> None:
    if pixels < 1:
        raise EmptyPicture("The picture has no pixels.")
    if pixels > limits.max_pixels:
        raise PictureTooLarge(
            f"The picture has {pixels / 1e6:.1f} megapixels; "
            f"up to {limits.max_pixels / 1e6:g} are taken."
        )


@contextmanager
def _pillow_errors() -> Iterator[None]:
    """Turn whatever Pillow raises over hostile bytes into a PictureError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except UnidentifiedImageError:
        names = ", ".join(FORMATS)
        raise NotAPicture(f"The file is not a picture that can be read ({names}).") from None
    except Image.DecompressionBombError:
        raise PictureTooLarge("The picture has far too many pixels.") from None
    except Exception as error:  # noqa: BLE001 - Pillow's decoders raise nearly anything
        raise TruncatedPicture(
            f"The picture is damaged or cut short ({type(error).__name__})."
        ) from None
