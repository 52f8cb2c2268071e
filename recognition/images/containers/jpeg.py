"""JPEG: its frame, its scans, and the file without metadata (ITU-T T.81)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from recognition.errors import PictureTooLarge, TruncatedPicture, UnsupportedFormat
from recognition.images.containers.metadata import BarePicture, orientation_of
from recognition.images.limits import MAX_PARTS, PictureInfo, fraction_bytes

FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
ALONE = {0x01, 0xD8}
"""Markers without a body."""

APP1 = 0xE1
METADATA = {*range(0xE0, 0xF0), 0xFE}
COLOURS = {0xE0: (b"JFIF\x00", 14), 0xEE: (b"Adobe", 12)}
"""Two segments say how the colours are stored: what they begin with, and their least bytes."""

# Neither a stuffed byte, nor a fill byte, nor a restart: what ends the data of a scan.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


MOST_MARKED = 5
"""Pictures have a marker's first byte in 1 of 256 bytes. A flood of them, 1 of 5 in 10 MiB, would
take a search 100 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    marker: int
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    width: int
    height: int
    samples: dict[int, float]
    """Samples a pixel of each component, by its id."""


def read(data: bytes) -> PictureInfo:
    """Size, scans and costs. Raises PictureError."""
    frame: _Frame | None = None
    scans: list[float] = []
    for segment in _segments(data):
        if segment.marker in FRAMES and frame is None:
            frame = _frame(data[segment.body : segment.end])
        elif segment.marker in OTHER_FRAMES:
            raise UnsupportedFormat("The JPEG is lossless or hierarchical. Send a usual one.")
        elif segment.marker == START_OF_SCAN and frame is not None:
            scans.append(_scan_samples(data[segment.body : segment.end], frame))
    if frame is None or not scans:
        raise TruncatedPicture("The picture is damaged or cut short: it has no picture data.")
    return _info(frame, scans)


def _info(frame: _Frame, scans: list[float]) -> PictureInfo:
    pixels = frame.width * frame.height
    # More than one scan: libjpeg keeps all coefficients, 2 bytes each.
    kept = 2 * pixels * sum(frame.samples.values()) if len(scans) > 1 else 0
    return PictureInfo(
        format="JPEG",
        width=frame.width,
        height=frame.height,
        held_bytes=int(kept) + fraction_bytes(pixels, powers_of_two=True),
        work=int(pixels * sum(scans)),
        advice="Send it smaller."
        if len(scans) == 1
        else f"It has {len(scans)} scans; save it as a baseline JPEG, which has one.",
    )


def _frame(body: bytes) -> _Frame:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise TruncatedPicture("The picture is damaged or cut short: its frame header ends early.")
    if body[0] != 8:
        raise UnsupportedFormat(f"The JPEG has {body[0]} bits a sample; only 8 are taken.")
    if body[5] not in (1, 3, 4):
        raise UnsupportedFormat(f"The JPEG has {body[5]} components; 1, 3 or 4 are taken.")
    parts = [(body[at], body[at + 1]) for at in range(6, 6 + 3 * body[5], 3)]
    largest = max(sampling >> 4 for _, sampling in parts) * max(s & 15 for _, s in parts)
    samples = {part: (s >> 4) * (s & 15) / max(largest, 1) for part, s in parts}
    return _Frame(
        width=int.from_bytes(body[3:5]), height=int.from_bytes(body[1:3]), samples=samples
    )


def _scan_samples(body: bytes, frame: _Frame) -> float:
    """Samples a pixel that a scan goes through."""
    parts = body[1 : 1 + 2 * body[0] : 2] if body else b""
    return sum(frame.samples.get(part, 1.0) for part in parts)


def _segments(data: bytes) -> Iterator[_Segment]:
    if len(data) > 2**20 and data.count(b"\xff") * MOST_MARKED > len(data):
        raise TruncatedPicture("The picture is damaged: it is a flood of markers.")
    position = 2
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, position)
        if found is None or data[found.end() - 1] == END_OF_IMAGE:
            return
        position = found.end()
        if data[position - 1] in ALONE:
            continue
        end = max(position + int.from_bytes(data[position : position + 2]), position + 2)
        yield _Segment(marker=data[position - 1], start=found.start(), body=position + 2, end=end)
        position = end
    raise PictureTooLarge(f"The JPEG has more than {MAX_PARTS:,} parts. Save it once more.")


def bare(data: bytes) -> BarePicture:
    """The file without metadata up to its first scan, and its orientation."""
    kept, exif, xmp = [data[:2]], None, None
    for segment in _segments(data):
        if segment.marker == START_OF_SCAN:
            kept.append(data[segment.start :])
            break
        body = data[segment.body : segment.end]
        if segment.marker not in METADATA or _says_colours(segment.marker, body):
            kept.append(data[segment.start : segment.end])
        elif segment.marker == APP1:
            exif = exif or (body if body.startswith(b"Exif\x00") else None)
            xmp = xmp or (body if body.startswith(b"http://ns.adobe.com/xap/1.0/") else None)
    return BarePicture(content=b"".join(kept), orientation=orientation_of(exif, xmp))


def _says_colours(marker: int, body: bytes) -> bool:
    begins, least = COLOURS.get(marker, (b"", 0))
    return bool(begins) and body.startswith(begins) and len(body) >= least
