"""Videos that want to cost much: frames and indexes that are far larger than the file."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest

from recognition.video.errors import VideoError
from recognition.video.opening import open_video
from recognition.video.plan import FramePlan
from tests.hostile.cost import peak_bytes
from tests.support import videos

MIB = 2**20
MAX_PIXELS = 1_000_000
MOST_MEMORY = 256 * MIB

MP4 = videos.shades(12)


def index_of(samples: int, size: int = 1) -> bytes:
    """An MP4 whose index says that it has so many samples, all of one size and in one chunk."""
    at = MP4.index(b"stsz") + 8
    whole = MP4[:at] + struct.pack(">II", size, samples) + MP4[at + 8 :]
    chunks = whole.index(b"stsc") + 8
    return whole[: chunks + 4] + struct.pack(">III", 1, samples, 1) + whole[chunks + 16 :]


def times_of(count: int) -> bytes:
    at = MP4.index(b"stts") + 8
    return MP4[:at] + struct.pack(">III", 1, count, 1) + MP4[at + 12 :]


def replaced(box: bytes, body: bytes) -> bytes:
    """An MP4 with other bytes at the start of a box."""
    at = MP4.index(box) + 4
    return MP4[:at] + body + MP4[at + len(body) :]


CASES: dict[str, Callable[[], bytes]] = {
    "frames of 256 megapixels": lambda: videos.claiming(16_000, 16_000),
    "frames of 1.1 megapixels": lambda: videos.claiming(1100, 1000),
    "a container of 4,295 megapixels": lambda: videos.shades(2).replace(
        struct.pack(">HH", 64, 48), struct.pack(">HH", 65_535, 65_535)),
    "an index of 3 million samples": lambda: index_of(3_000_000),
    "an index of 100 million samples": lambda: index_of(100_000_000),
    "an index of 4 billion samples": lambda: index_of(0xFFFFFFFF),
    "times of 4 billion samples": lambda: times_of(0xFFFFFFFF),
    "a list of chunks without end": lambda: replaced(b"stco", bytes(4) + b"\xff\xff\xff\xff"),
    "a description without end": lambda: replaced(b"stsd", bytes(4) + b"\xff\xff\xff\xff"),
    "a box in itself": lambda: MP4[: MP4.index(b"moov") + 4] + MP4[MP4.index(b"moov") - 4 :] * 40,
    "boxes in boxes": lambda: MP4[: MP4.index(b"moov") - 4]
    + b"".join(struct.pack(">I4s", 80_000 - 8 * n, b"moov") for n in range(9000)),
    "a stream of nothing": lambda: b"\x47" + bytes(187) + (b"\x47\x1f\xff\x10" + bytes(184)) * 9000,
    "400 tracks": lambda: b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01" + b"\xff" * 7
    + b"\x16\x54\xae\x6b\x47\xd0" + b"\xae\x82\x83\x81\x01" * 400,
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_video_is_read_or_refused_within_bounds(name: str) -> None:
    data = CASES[name]()

    def answer() -> str:
        try:
            with open_video(io.BytesIO(data), max_pixels=MAX_PIXELS) as video:
                for frame in video.frames(FramePlan(frames=3)):
                    assert frame.picture.size <= 3 * MAX_PIXELS
        except VideoError as error:
            return str(error)
        return "read"

    said, risen = peak_bytes(answer)

    assert said == "read" or said.endswith(".")
    assert risen < MOST_MEMORY
