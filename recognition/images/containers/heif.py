"""HEIF and AVIF: the tiles of the main picture, and how they lie (ISO/IEC 23008-12)."""

import struct
from dataclasses import dataclass

from recognition.errors import PictureTooLarge, TruncatedPicture, UnsupportedFormat
from recognition.images.containers.iso_boxes import (
    IsoBox,
    Item,
    Items,
    content_of,
    items_of,
    places_of,
)
from recognition.images.limits import ENOUGH_PIXELS, PictureInfo

AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"}

CODECS = {b"hvc1": ("hevc", b"hvcC"), b"av01": ("libdav1d", b"av1C")}
"""FFmpeg's decoder for each kind of item, and the property with its parameters."""

MAX_TILES = 2000
MAX_REPEATS = 2
"""How often a file's bytes may be decoded: tiles can share them."""

MAX_PROPERTY_BYTES = 4096
"""A codec's parameters take 100 to 200."""

WORK_OF_A_PIXEL = 12
"""HEVC and AV1 take about 10 to 20 ns a pixel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One coded picture: FFmpeg's decoder, its parameters, its bytes and its size."""

    codec: str
    parameters: bytes
    content: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """Coded pictures that lie in rows on a canvas, which they may reach over."""

    width: int
    height: int
    columns: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedPicture:
    """A picture, its transparency, the part that is shown, and what makes it upright.

    The part is left, top, width, height. The steps are in order: "turn" is a quarter to the left,
    "flip" swaps top and bottom, "mirror" left and right.
    """

    colours: Tiles
    alpha: Tiles | None
    shown: tuple[int, int, int, int]
    turns: tuple[str, ...]


def brand_of(data: bytes) -> str | None:
    """AVIF or HEIF by the file's brands; None for other ISO media files."""
    if data[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(data[:4]), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))]
    if AVIF_BRANDS & set(brands):
        return "AVIF"
    return "HEIF" if HEIF_BRANDS & set(brands) else None


def read(data: bytes) -> PictureInfo:
    """Size and costs. Raises PictureError."""
    items = items_of(data)
    main = items.by_id[items.primary]
    width, height = _canvas(data, main, items)
    _, _, across, down = _shown(data, main, width, height)
    parts = [part for item in (main, _alpha(data, items)) if item for part in _parts(item, items)]
    sizes = [_size(data, part) for part in parts]
    held = max(w * h * _held(data, part) for (w, h), part in zip(sizes, parts, strict=True))
    _check_repeats(data, parts, items)
    return PictureInfo(
        format=brand_of(data) or "HEIF",
        width=across,
        height=down,
        held_bytes=int(held) + 4 * width * height // max(across * down // ENOUGH_PIXELS, 1),
        work=sum(w * h for w, h in sizes) * WORK_OF_A_PIXEL,
    )


def _canvas(data: bytes, item: Item, items: Items) -> tuple[int, int]:
    """Width and height of a picture, in tiles or in one piece."""
    tiled = _grid(data, item, items)
    return tiled[2:] if tiled else _size(data, item)


def _parts(item: Item, items: Items) -> list[Item]:
    if item.kind != b"grid":
        return [item]
    found = [items.by_id.get(number) for number in item.parts]
    if not found or None in found:
        raise TruncatedPicture("The picture is damaged or cut short: tiles are missing.")
    if len(found) > MAX_TILES:
        raise _too_many_tiles()
    return [part for part in found if part]


def _check_repeats(data: bytes, parts: list[Item], items: Items) -> None:
    coded = sum(stop - start for part in parts for start, stop in places_of(data, part, items))
    if coded > MAX_REPEATS * len(data):
        raise PictureTooLarge("The picture uses the same tile far too often. Save it once more.")


def _too_many_tiles() -> PictureTooLarge:
    return PictureTooLarge(f"The picture has more than {MAX_TILES:,} tiles. Save it once more.")


def _held(data: bytes, item: Item) -> float:
    """Bytes of a pixel in the decoder's memory: its planes, and what it keeps beside them."""
    hevc, av1 = _property(data, item, b"hvcC"), _property(data, item, b"av1C")
    if len(av1) >= 3:
        deep, subsampled = av1[2] & 0x40, av1[2] & 0x08
        return 1.8 * (1.5 if subsampled else 3) * (2 if deep else 1)
    deep = len(hevc) > 17 and hevc[17] & 7
    subsampled = len(hevc) > 17 and hevc[16] & 3 < 3
    return 2.3 * (1.5 if subsampled else 3) * (2 if deep else 1)


def coded_picture(data: bytes) -> CodedPicture:
    """Raises PictureError."""
    items = items_of(data)
    main, alpha = items.by_id[items.primary], _alpha(data, items)
    width, height = _canvas(data, main, items)
    return CodedPicture(
        colours=_tiles(data, main, items),
        alpha=_tiles(data, alpha, items) if alpha else None,
        shown=_shown(data, main, width, height),
        turns=tuple(_turns(data, main)),
    )


def _alpha(data: bytes, items: Items) -> Item | None:
    """The main picture's transparency, where it is as large as the picture."""
    main = items.by_id[items.primary]
    for item in items.by_id.values():
        if items.primary in item.belongs_to and _is_alpha(data, item):
            same = _canvas(data, item, items) == _canvas(data, main, items)
            return item if same else None
    return None


def _is_alpha(data: bytes, item: Item) -> bool:
    kind = _property(data, item, b"auxC")[4:].split(b"\x00")[0]
    return kind.endswith((b":alpha", b":auxid:1"))


def _tiles(data: bytes, item: Item, items: Items) -> Tiles:
    tiles = tuple(_tile(data, part, items) for part in _parts(item, items))
    tiled = _grid(data, item, items)
    if tiled is None:
        return Tiles(width=tiles[0].width, height=tiles[0].height, columns=1, tiles=tiles)
    rows, columns, width, height = tiled
    if len(tiles) != rows * columns:
        raise TruncatedPicture("The picture is damaged or cut short: tiles are missing.")
    return Tiles(width=width, height=height, columns=columns, tiles=tiles)


def _grid(data: bytes, item: Item, items: Items) -> tuple[int, int, int, int] | None:
    """Rows, columns, width and height; None for a picture in one piece."""
    if item.kind != b"grid":
        return None
    content = content_of(data, item, items)
    try:
        _, flags, rows, columns = struct.unpack_from(">4B", content)
        width, height = struct.unpack_from(">II" if flags & 1 else ">HH", content, 4)
    except struct.error:
        raise TruncatedPicture("The picture is damaged or cut short: its grid ends.") from None
    if (rows + 1) * (columns + 1) > MAX_TILES:
        raise _too_many_tiles()
    return rows + 1, columns + 1, width, height


def _tile(data: bytes, item: Item, items: Items) -> Tile:
    if item.kind not in CODECS:
        kind = item.kind.decode("ascii", "replace")
        raise UnsupportedFormat(f"The picture is stored in a way that is not taken ({kind}).")
    codec, parameters = CODECS[item.kind]
    width, height = _size(data, item)
    return Tile(
        codec=codec,
        parameters=_property(data, item, parameters),
        content=content_of(data, item, items),
        width=width,
        height=height,
    )


def _size(data: bytes, item: Item) -> tuple[int, int]:
    found = _property(data, item, b"ispe")
    if len(found) < 12:
        raise TruncatedPicture("The picture is damaged or cut short: its size is missing.")
    return int.from_bytes(found[4:8]), int.from_bytes(found[8:12])


def _property(data: bytes, item: Item, kind: bytes) -> bytes:
    return next((_body(data, box) for box in item.properties if box.kind == kind), b"")


def _body(data: bytes, box: IsoBox) -> bytes:
    return data[box.start : min(box.end, box.start + MAX_PROPERTY_BYTES)]


def _shown(data: bytes, item: Item, width: int, height: int) -> tuple[int, int, int, int]:
    """By the property `clap`, whose middle is given relative to the picture's middle."""
    found = _property(data, item, b"clap")
    if len(found) < 32:
        return 0, 0, width, height
    numbers = struct.unpack(">IIIIiIiI", found[:32])
    if 0 in numbers[1::2]:
        return 0, 0, width, height
    across, down, right, lower = (a / b for a, b in zip(numbers[::2], numbers[1::2], strict=True))
    left = min(max(round((width - across) / 2 + right), 0), width - 1)
    top = min(max(round((height - down) / 2 + lower), 0), height - 1)
    return left, top, min(int(across), width - left), min(int(down), height - top)


def _turns(data: bytes, item: Item) -> list[str]:
    turns: list[str] = []
    for box in item.properties:
        value = data[box.start] if box.end > box.start else 0
        if box.kind == b"irot":
            turns += ["turn"] * (value & 3)
        elif box.kind == b"imir":
            turns.append("mirror" if value & 1 else "flip")
    return turns[:8]
