"""WebP, HEIC and AVIF by FFmpeg: planes of 1.5 bytes a pixel, scaled to RGB tile by tile.

Pillow and libheif hold 4 to 16 bytes a pixel of the whole picture. A telephone's 48 megapixels
would take 220 to 760 MiB (decision 0031).
"""

from typing import cast

import numpy as np
import numpy.typing as npt

from recognition.errors import TruncatedPicture
from recognition.images.containers import heif, webp
from recognition.images.containers.heif import Tile, Tiles
from recognition.types import RgbPicture

Alpha = npt.NDArray[np.uint8]
"""How opaque each pixel is: shape (height, width), 0 to 255."""

CODED_MARGIN = 128
"""A codec's blocks reach over a picture's edge by less than this many pixels."""


def decoded_webp(frame: webp.WebpFrame, width: int, height: int, divide_by: float) -> RgbPicture:
    """The first frame on a white canvas of `width` x `height` pixels, divided."""
    by = max(int(divide_by), 1)
    canvas = np.full((max(height // by, 1), max(width // by, 1), 3), 255, np.uint8)
    tile = Tile(
        codec="webp",
        parameters=b"",
        content=frame.as_file(),
        width=frame.width,
        height=frame.height,
    )
    edges = (frame.left, frame.top, frame.left + frame.width, frame.top + frame.height)
    place = _divided(edges, width, height, canvas)
    _paste(canvas, tile, place, "rgba" if frame.has_alpha else "rgb24")
    return canvas


def decoded_heif(coded: heif.CodedPicture, divide_by: float) -> RgbPicture:
    """The main picture, transparent parts on white, turned as the file says."""
    by = max(int(divide_by), 1)
    picture = _canvas(coded.colours, by, "rgb24")
    if coded.alpha is not None:
        picture = _blended(picture, _canvas(coded.alpha, by, "gray")[:, :, 0])
    left, top, width, height = (number // by for number in coded.shown)
    picture = picture[top : top + max(height, 1), left : left + max(width, 1)]
    for turn in coded.turns:
        picture = np.rot90(picture) if turn == "turn" else np.flip(picture, int(turn == "mirror"))
    return picture


def _canvas(tiles: Tiles, by: int, pixels: str) -> RgbPicture:
    channels = 1 if pixels == "gray" else 3
    shape = (max(tiles.height // by, 1), max(tiles.width // by, 1), channels)
    canvas = np.full(shape, 255, np.uint8)
    for number, tile in enumerate(tiles.tiles):
        row, column = divmod(number, tiles.columns)
        left, top = column * tiles.tiles[0].width, row * tiles.tiles[0].height
        edges = (left, top, left + tile.width, top + tile.height)
        _paste(canvas, tile, _divided(edges, tiles.width, tiles.height, canvas), pixels)
    return canvas


def _divided(
    edges: tuple[int, int, int, int], width: int, height: int, canvas: RgbPicture
) -> tuple[int, int, int, int]:
    """A picture's edges (left, top, right, bottom) on its canvas, which is smaller."""
    rows, columns = canvas.shape[:2]
    left, right = (round(edge * columns / width) for edge in edges[::2])
    top, bottom = (round(edge * rows / height) for edge in edges[1::2])
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _paste(canvas: RgbPicture, tile: Tile, place: tuple[int, int, int, int], pixels: str) -> None:
    """Decode a tile into its place (left, top, right, bottom), cut off at the canvas' edges."""
    left, top, right, bottom = place
    space = canvas[top:bottom, left:right]
    if not space.size:
        return
    found = _pixels(tile, right - left, bottom - top, pixels)[: space.shape[0], : space.shape[1]]
    if pixels == "rgba":
        space[:] = _blended(found[:, :, :3], found[:, :, 3])
    else:
        space[:] = found.reshape(space.shape)


def _blended(colours: RgbPicture, alpha: Alpha) -> RgbPicture:
    """Colours on white."""
    rows, columns = min(len(colours), len(alpha)), min(colours.shape[1], alpha.shape[1])
    share = alpha[:rows, :columns, np.newaxis].astype(np.uint16)
    mixed = colours[:rows, :columns] * share + 255 * (255 - share)
    return (mixed // 255).astype(np.uint8)


def _pixels(tile: Tile, width: int, height: int, pixels: str) -> npt.NDArray[np.uint8]:
    """A coded picture at another size."""
    # A worker that gets none of these formats need not load FFmpeg.
    from av import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.reformatter import Interpolation

    codec = cast(VideoCodecContext, VideoCodecContext.create(tile.codec, "r"))
    codec.thread_count = 1
    codec.options = {"max_pixels": str((tile.width + CODED_MARGIN) * (tile.height + CODED_MARGIN))}
    if tile.parameters:
        codec.extradata = tile.parameters
    frames = [*codec.decode(Packet(tile.content)), *codec.decode(None)]
    if not frames:
        raise TruncatedPicture("The picture is damaged or cut short.")
    scaled = frames[0].reformat(
        width=width, height=height, format=pixels, interpolation=Interpolation.AREA
    )
    return np.asarray(scaled.to_ndarray())
