"""Opens a video that a stranger sent.

The bytes are hostile. Only the containers named here are tried, because a playlist could name files
of this machine or addresses in its network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from recognition.images import memory_wall
from recognition.video.errors import EmptyVideo, NotAVideo, NoVideoTrack
from recognition.video.reading import Video, check_size

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,nut,mxf"
"""FFmpeg's names of the formats that are taken. None of them makes FFmpeg open another file."""

SOUND_ONLY = "wav,mp3,flac,aac,aiff,amr"
"""Tried as well, to say that there is nothing to see instead of that it is no video."""

MAX_PIXELS = 36_000_000
"""The largest frame that is decoded: 8K. Decoders keep up to 17 frames."""

MAX_HELD_BYTES = 640 * 2**20
"""What FFmpeg may take, held by the kernel: an index of 100 million frames that a small file
claims, or frames that refer to many others."""

PROBING = {
    "format_whitelist": f"{CONTAINERS},{SOUND_ONLY}",
    "protocol_whitelist": "",
    # FFmpeg would decode frames to guess what the container doesn't say, and at any size. What it
    # would find out is found out when the first frame is decoded, within the limits.
    "codec_whitelist": "none",
    "max_streams": "64",
}


@contextmanager
def open_video(
    source: BinaryIO,
    *,
    max_pixels: int = MAX_PIXELS,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Iterator[Video]:
    """Open a video that can be sought in. Raises VideoError, and what reading `source` raises.

    Parameters:
        max_pixels: the largest frame that is decoded; never more than MAX_PIXELS.
        out_of_time: asked again and again; once it says yes, VideoTooSlow is raised.
    """
    if not source.read(1):
        raise EmptyVideo("The file is empty.")
    source.seek(0)
    max_pixels = min(max_pixels, MAX_PIXELS)
    with memory_wall.at_most(MAX_HELD_BYTES), _opened(source) as container:
        stream = _picture_stream(container)
        check_size(stream.codec_context.width, stream.codec_context.height, max_pixels)
        # One thread a process, as everywhere here; more would hold more frames in memory.
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"max_pixels": str(max_pixels)}
        yield Video(container, stream, max_pixels, out_of_time)


@contextmanager
def _opened(source: BinaryIO) -> Iterator[InputContainer]:
    try:
        container = av.open(source, mode="r", container_options=PROBING, metadata_errors="replace")
    except (FFmpegError, ValueError, MemoryError):
        raise NotAVideo("The file is not a video that can be read.") from None
    try:
        yield container
    finally:
        container.close()


def _picture_stream(container: InputContainer) -> VideoStream:
    """The first track of moving pictures; the cover of a song is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    kinds = sorted({stream.type for stream in container.streams} - {"video"})
    raise NoVideoTrack(f"The file has no video track, only {' and '.join(kinds) or 'nothing'}.")
