"""What a picture may cost, judged by its header alone. Pure."""

import math
from dataclasses import dataclass

from recognition.errors import EmptyPicture, PictureTooLarge

MEBIBYTE = 2**20

MAX_SIDE = 65_535
"""Longest side in pixels: what a JPEG can have."""

MAX_WORK = 2_000_000_000
"""Samples that a decoder may go through. An empty scan of a JPEG costs 0.6 to 1.2 ns a sample, so
this is 1 to 3 s of processor. The usual progressive JPEG of 108 megapixels needs half of it."""

MAX_PARTS = 6_000
"""Most segments, chunks or boxes of one file. Encoders write a few hundred at most; Python walks
through this many in 10 ms."""


ENOUGH_PIXELS = 2_000_000
"""Costs are judged for a picture that is decoded at a fraction, not below this many pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """The largest picture that is taken: its file, its pixels, and what its decoder may hold.

    A worker has up to 290 MiB before it decodes, so it stays under 400 MiB with `max_held_bytes`.
    """

    max_bytes: int = 10 * MEBIBYTE
    max_pixels: int = 200_000_000
    max_held_bytes: int = 100 * MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureInfo:
    """What a picture's header says.

    Parameters:
        width, height: pixels as stored, before any turn.
        held_bytes: what a decoder holds at once, at most.
        work: samples that the decoder goes through, all scans and tiles together.
        wide: several colours have 16 bits each, of which Pillow gives eight.
        advice: what the sender can do where the two are too much.
    """

    format: str
    width: int
    height: int
    held_bytes: int
    work: int
    wide: bool = False
    advice: str = "Send it smaller, or as a baseline JPEG."


def fraction_bytes(pixels: int, *, powers_of_two: bool = False) -> int:
    """What a picture takes once it is at a fraction, at 4 bytes a pixel.

    Parameters:
        powers_of_two: libjpeg knows halves, quarters and eighths only.
    """
    by = max(math.isqrt(pixels // ENOUGH_PIXELS), 1)
    if powers_of_two:
        by = max(step for step in (1, 2, 4, 8) if step <= by)
    return 4 * pixels // by**2


def wide_bytes(pixels: int) -> int:
    """What colours of 16 bits take besides: three times two bytes for a pixel of the fraction."""
    return 3 * fraction_bytes(pixels) // 2


def judge(info: PictureInfo, limits: PictureLimits) -> None:
    """Raise EmptyPicture or PictureTooLarge where a picture breaks a limit."""
    pixels = info.width * info.height
    if pixels < 1:
        raise EmptyPicture("The picture has no pixels.")
    if max(info.width, info.height) > MAX_SIDE:
        raise PictureTooLarge(
            f"The picture is {info.width} x {info.height} pixels; a side may have {MAX_SIDE:,}."
        )
    if pixels > limits.max_pixels:
        raise PictureTooLarge(
            f"The picture has {pixels / 1e6:.1f} megapixels; "
            f"up to {limits.max_pixels / 1e6:g} are taken."
        )
    _judge_cost(info, limits)


def _judge_cost(info: PictureInfo, limits: PictureLimits) -> None:
    name = f"{info.format} of {info.width * info.height / 1e6:.1f} megapixels"
    if info.held_bytes > limits.max_held_bytes:
        raise PictureTooLarge(
            f"The picture, {name}, needs {info.held_bytes / MEBIBYTE:.0f} MiB to be decoded; "
            f"up to {limits.max_held_bytes / MEBIBYTE:.0f} are allowed. {info.advice}"
        )
    if info.work > MAX_WORK:
        raise PictureTooLarge(f"The picture, {name}, takes too long to be decoded. {info.advice}")
