"""Small videos made with PyAV: of given pictures, or of plain greys that tell the time."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from PIL import Image

RATE = 10


def video_of(
    pictures: Iterable[np.ndarray],
    *,
    container: str = "mp4",
    codec: str = "libx264",
    rate: int = RATE,
    key_frame_every: int = 10,
    times: Sequence[float] | None = None,
    rotation: int = 0,
) -> bytes:
    """Pictures (height, width, 3) as a video; `times` in seconds make its rate vary."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=rate)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = key_frame_every
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                if rotation:
                    stream.set_display_rotation(rotation)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            seconds = times[number] if times else number / rate
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


def shade(number: int, width: int = 64, height: int = 48) -> np.ndarray:
    """A plain picture whose grey tells its number, with a bright upper left corner."""
    picture = np.full((height, width, 3), 20 + 2 * number, np.uint8)
    picture[: height // 4, : width // 4] = 250
    return picture


def number_of(picture: np.ndarray) -> int:
    """Which `shade` a decoded frame is; video and JPEG may take one grey level away."""
    return round((float(np.median(picture)) - 19.5) / 2)


def shades(count: int, **options: Any) -> bytes:
    """A video of numbered frames."""
    return video_of((shade(number) for number in range(count)), **options)


def portrait_video(
    images: Sequence[Image.Image], seconds_each: float = 1.0, **options: Any
) -> bytes:
    """Portraits, each for some time, as large as the first."""
    size = (images[0].width // 2 * 2, images[0].height // 2 * 2)
    still = [np.asarray(image.convert("RGB").resize(size)) for image in images]
    frames = (picture for picture in still for _ in range(round(seconds_each * RATE)))
    return video_of(frames, **options)


def claiming(width: int, height: int) -> bytes:
    """A small video whose frames (VP8) say that they are much larger; its container does not."""
    plain = shades(3, container="webm", codec="libvpx")
    start, small = b"\x9d\x01\x2a", struct.pack("<HH", 64, 48)
    return plain.replace(start + small, start + struct.pack("<HH", width, height))


def sound() -> bytes:
    """A second of silence."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream: Any = output.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        for number in range(16):
            frame.pts = number * 1024
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


def damaged_in_the_middle(video: bytes) -> bytes:
    """Every byte of the middle fifth of the pictures flipped; the index at the end is whole."""
    start, end = video.index(b"mdat"), video.index(b"moov")
    if end < start:
        end = len(video)
    low, high = start + 2 * (end - start) // 5, start + 3 * (end - start) // 5
    return video[:low] + bytes(byte ^ 0xFF for byte in video[low:high]) + video[high:]
