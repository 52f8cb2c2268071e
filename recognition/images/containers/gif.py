"""GIF: its screen and first frame, and the file without comments (GIF89a)."""

from dataclasses import dataclass

from recognition.errors import PictureTooLarge, TruncatedPicture
from recognition.images.containers.metadata import BarePicture
from recognition.images.limits import MAX_PARTS, PictureInfo

EXTENSION, FRAME, GRAPHIC_CONTROL = 0x21, 0x2C, 0xF9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    colours_end: int
    control: bytes
    """The graphic control extension of the first frame, or nothing."""
    frame: int


def read(data: bytes) -> PictureInfo:
    """Size and costs: the screen, or the first frame where it is larger. Raises PictureError."""
    at = _places(data).frame
    left, top, across, down = (_word(data, at + 1 + 2 * number) for number in range(4))
    width, height = max(_word(data, 6), left + across), max(_word(data, 8), top + down)
    pixels = width * height
    return PictureInfo(
        format="GIF", width=width, height=height, held_bytes=2 * pixels, work=2 * pixels
    )


def bare(data: bytes) -> BarePicture:
    """The file from the first frame on, without what lies before it but its colours."""
    places = _places(data)
    content = data[: places.colours_end] + places.control + data[places.frame :]
    return BarePicture(content=content)


def _places(data: bytes) -> _Places:
    if len(data) < 13:
        raise _cut_short()
    start = position = 13 + _table_bytes(data[10])
    control, blocks_left = b"", MAX_PARTS
    while data[position : position + 1] == bytes([EXTENSION]):
        end, blocks_left = _blocks_end(data, position + 2, blocks_left)
        if data[position + 1] == GRAPHIC_CONTROL:
            control = data[position:end]
        position = end
    if data[position : position + 1] != bytes([FRAME]) or position + 10 > len(data):
        raise _cut_short()
    return _Places(colours_end=start, control=control, frame=position)


def _blocks_end(data: bytes, position: int, blocks_left: int) -> tuple[int, int]:
    """Where an extension ends, and how many blocks the others may have together."""
    for left in range(blocks_left, 0, -1):
        if position >= len(data):
            raise _cut_short()
        length = data[position]
        position += 1 + length
        if length == 0:
            return position, left - 1
    raise PictureTooLarge(f"The GIF has more than {MAX_PARTS:,} parts. Save it once more.")


def _table_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _cut_short() -> TruncatedPicture:
    return TruncatedPicture("The picture is damaged or cut short: the GIF has no frame.")
