"""WebP: its canvas, and its first frame as a still file (RFC 9649)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from recognition.errors import PictureTooLarge, TruncatedPicture
from recognition.images.containers.metadata import UPRIGHT, orientation_of
from recognition.images.limits import MAX_PARTS, PictureInfo, fraction_bytes

HAS_ALPHA = 0x10
CODED = (b"VP8 ", b"VP8L")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebpFrame:
    """The first frame: its chunk of pixels, that of transparency, and its place on the canvas."""

    kind: bytes
    coded: memoryview
    alpha: memoryview | None
    left: int
    top: int
    width: int
    height: int
    orientation: int = UPRIGHT

    @property
    def is_lossless(self) -> bool:
        """Whether the frame is coded without loss."""
        return self.kind == b"VP8L"

    @property
    def has_alpha(self) -> bool:
        """Whether the frame has transparency."""
        if self.is_lossless:
            return len(self.coded) > 4 and bool(self.coded[4] & 0x10)
        return self.alpha is not None

    def as_file(self) -> bytes:
        """A still WebP file with nothing else in it."""
        chunks = _chunk(self.kind, self.coded)
        if self.alpha is not None:
            sides = (self.width - 1).to_bytes(3, "little") + (self.height - 1).to_bytes(3, "little")
            extended = _chunk(b"VP8X", bytes([HAS_ALPHA, 0, 0, 0]) + sides)
            chunks = extended + _chunk(b"ALPH", self.alpha) + chunks
        return b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + b"WEBP" + chunks


def read(data: bytes) -> PictureInfo:
    """Size of the canvas, and costs of the first frame. Raises PictureError."""
    width, height = _canvas(data)
    frame = first_frame(data)
    pixels = frame.width * frame.height
    return PictureInfo(
        format="WEBP",
        width=width,
        height=height,
        held_bytes=int(pixels * _held(frame)) + fraction_bytes(max(pixels, width * height)),
        work=pixels * 8,
    )


def _held(frame: WebpFrame) -> float:
    """Bytes of a pixel in FFmpeg's memory, as measured: lossy pictures are held as planes, and
    their transparency is a lossless picture besides."""
    if frame.is_lossless:
        return 4.2
    return 6.8 if frame.has_alpha else 2.0


def first_frame(data: bytes) -> WebpFrame:
    """Raises PictureError."""
    alpha, exif, xmp = None, None, None
    frame: WebpFrame | None = None
    for kind, body in _chunks(memoryview(data), 12):
        if kind == b"ANMF" and frame is None:
            frame = _animation_frame(body)
        elif kind in CODED and frame is None:
            width, height = _canvas(data)
            frame = WebpFrame(
                kind=kind, coded=body, alpha=alpha, left=0, top=0, width=width, height=height
            )
        elif kind == b"ALPH":
            alpha = body
        elif kind == b"EXIF":
            exif = bytes(body)
        elif kind == b"XMP ":
            xmp = bytes(body)
    if frame is None:
        raise TruncatedPicture("The picture is damaged or cut short: the WebP has no frame.")
    return replace(frame, orientation=orientation_of(exif, xmp))


def _canvas(data: bytes) -> tuple[int, int]:
    kind, body = data[12:16], data[20:30]
    if len(body) < 10 and not (kind == b"VP8L" and len(body) >= 5):
        raise TruncatedPicture("The picture is damaged or cut short: the WebP has no header.")
    if kind == b"VP8X":
        return _three(body, 4) + 1, _three(body, 7) + 1
    return _coded_size(kind, body)


def _coded_size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Width and height as the picture's own data has them."""
    try:
        if kind == b"VP8L":
            (bits,) = struct.unpack_from("<I", body, 1)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        width, height = struct.unpack_from("<HH", body, 6)
    except struct.error:
        raise TruncatedPicture("The picture is damaged or cut short.") from None
    return width & 0x3FFF, height & 0x3FFF


def _animation_frame(body: memoryview) -> WebpFrame:
    alpha = None
    for kind, part in _chunks(body, 16):
        if kind == b"ALPH":
            alpha = part
        elif kind in CODED:
            return WebpFrame(
                kind=kind,
                coded=part,
                alpha=alpha,
                left=2 * _three(body, 0),
                top=2 * _three(body, 3),
                width=_three(body, 6) + 1,
                height=_three(body, 9) + 1,
            )
    raise TruncatedPicture("The picture is damaged or cut short: a frame holds nothing.")


def _chunks(data: memoryview, position: int) -> Iterator[tuple[bytes, memoryview]]:
    for _ in range(MAX_PARTS):
        if position + 8 > len(data):
            return
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        yield bytes(data[position : position + 4]), data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    raise PictureTooLarge(f"The WebP has more than {MAX_PARTS:,} parts. Save it once more.")


def _chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    return b"".join((kind, len(body).to_bytes(4, "little"), body, b"\x00" * (len(body) % 2)))


def _three(data: bytes | memoryview, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
