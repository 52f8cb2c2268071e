"""JPEG, PNG, GIF, BMP and TIFF by Pillow: the first frame in RGB, at a fraction where it is large.

Pillow holds the whole picture (a JPEG: at libjpeg's fraction). All that follows is done strip by
strip, so nothing of full size is held twice. More than 8 bits, or floats, are scaled by the range
that they use: a camera's 12 bits in a file of 16 would be black by the file's own scale.
"""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from recognition.errors import TruncatedPicture
from recognition.images.limits import PictureInfo
from recognition.types import RgbPicture

# Not `Image.open`, which has its own limit on pixels, one for all formats.
PLUGINS: dict[str, type[ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
    "TIFF": TiffImageFile,
}

STRIP_PIXELS = 500_000
SAMPLED_ROWS = SAMPLED_COLUMNS = 700
"""How much of a deep picture its range is taken from."""

IGNORED_PERCENT = 0.1
"""A hot pixel, or a marker for missing values, may not decide how bright all others are."""

BRIGHT_ENOUGH = 64
"""Where the upper eight of 16 bits reach this far, the lower eight are not needed."""

OTHER_BYTE = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGB;16N": "RGB;16B",
              "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B", "RGBA;16N": "RGBA;16B"}  # fmt: skip
"""Pillow's names for reading 16-bit colours: which of each two bytes is taken."""


def decoded(content: bytes, info: PictureInfo, divide_by: float) -> RgbPicture:
    """The picture at no less than 1 / `divide_by` of its sides, of a file without metadata."""
    image = _loaded(content, info, divide_by)
    by = max(int(divide_by * image.width / info.width), 1)
    small = _reduced(image, by)
    if not info.wide or range_of(_sample(small))[1] >= BRIGHT_ENOUGH:
        return small
    values = np.zeros(small.shape, np.uint16)
    del small
    _add_means(values, image, by, 256)
    del image
    _add_means(values, _loaded(content, info, divide_by, other_byte=True), by, 1)
    return eight_bits(values, *range_of(_sample(values)))


def _loaded(
    content: bytes, info: PictureInfo, divide_by: float, *, other_byte: bool = False
) -> Image.Image:
    image = PLUGINS[info.format](io.BytesIO(content))
    if image.size != (info.width, info.height):
        raise TruncatedPicture("The picture is damaged or cut short: its parts differ in size.")
    if info.format == "JPEG" and divide_by > 1.0:
        image.draft("RGB", (int(image.width / divide_by), int(image.height / divide_by)))
    if other_byte:
        image.tile = [tile._replace(args=_other_byte(tile.args)) for tile in image.tile]
    image.load()
    return image


def _other_byte(arguments: Any) -> Any:
    if isinstance(arguments, tuple):
        return (_other_byte(arguments[0]), *arguments[1:])
    return OTHER_BYTE.get(arguments, arguments)


def _strips(image: Image.Image, by: int) -> Iterator[tuple[int, Image.Image]]:
    """The picture in strips of whole multiples of `by` rows, each with its row in the result."""
    rows = max(STRIP_PIXELS // (image.width * by), 1) * by
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        yield top // by, image.crop((0, top, image.width, bottom))


def _reduced(image: Image.Image, by: int) -> RgbPicture:
    """In RGB, at 1 / `by` of its sides. Most pictures are one strip, and need only a copy."""
    if by == 1 and image.mode == "RGB" and image.width * image.height <= STRIP_PIXELS:
        return np.asarray(_on_white(image))
    deep = _range(image) if image.mode.startswith("I") or image.mode == "F" else None
    picture = np.empty((-(-image.height // by), -(-image.width // by), 3), np.uint8)
    for row, strip in _strips(image, by):
        narrow = strip
        if deep is not None:
            narrow = Image.fromarray(eight_bits(np.asarray(strip), *deep))
        part = _on_white(narrow)
        part = part.reduce(by) if by > 1 else part
        picture[row : row + part.height] = np.asarray(part)
    return picture


def _range(image: Image.Image) -> tuple[float, float]:
    step = max(image.height // SAMPLED_ROWS, 1)
    across = max(image.width // SAMPLED_COLUMNS, 1)
    rows = [
        np.asarray(image.crop((0, row, image.width, row + 1)))[0, ::across]
        for row in range(0, image.height, step)
    ]
    return range_of(np.concatenate(rows))


def _sample(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    return values[
        :: max(len(values) // SAMPLED_ROWS, 1), :: max(values.shape[1] // SAMPLED_COLUMNS, 1)
    ]


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, transparent parts on white."""
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    if image.mode == "LAB":  # Pillow converts it only by colour profiles; lightness is enough
        return image.getchannel(0).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _add_means(values: npt.NDArray[np.uint16], image: Image.Image, by: int, times: int) -> None:
    """Add the mean of each `by` x `by` pixels of the three colours, a number of times."""
    for row, strip in _strips(image, by):
        colours = np.asarray(strip)[:, :, :3]
        short = (-colours.shape[0] % by, -colours.shape[1] % by)
        padded = np.pad(colours, ((0, short[0]), (0, short[1]), (0, 0)), "edge")
        height, width = padded.shape[0] // by, padded.shape[1] // by
        means = padded.reshape(height, by, width, by, 3).mean(axis=(1, 3), dtype=np.float32)
        values[row : row + height] += (times * means).astype(np.uint16)


def range_of(values: npt.NDArray[np.generic]) -> tuple[float, float]:
    """The least and the largest value that count."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, (IGNORED_PERCENT, 100.0 - IGNORED_PERCENT))
    if low == high:
        low, high = finite.min(), finite.max()
    return float(low), float(high)


def eight_bits(values: npt.NDArray[np.generic], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Values from `low` to `high` as 0 to 255; others are cut off."""
    span = high - low if high > low else 1.0
    scaled = np.empty(values.shape, np.uint8)
    for number, row in enumerate(values):
        wanted = np.nan_to_num(row.astype(np.float64), nan=low, posinf=high, neginf=low)
        scaled[number] = np.clip((wanted - low) / span, 0.0, 1.0) * 255.0
    return scaled
