"""A video's frames at given times, upright and in RGB, decoding no more than is needed.

Sizes are checked, and a damaged part costs only itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.index import IndexEntries
from av.packet import Packet
from av.sidedata.sidedata import Type as SideData
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from recognition.types import RgbPicture
from recognition.video.display import display_of, shown
from recognition.video.errors import NoFrames, VideoTooLarge, VideoTooSlow
from recognition.video.plan import FramePlan

SEEK_WORTHWHILE_SECONDS = 2.0
"""Without an index of key frames, one this far ahead is looked for instead of decoding on."""

MAX_PARTS_WITHOUT_FRAME = 5_000
"""After this many parts in a row without a frame a video counts as ended. A small file can claim
millions of them."""

DISCARDED = 2  # AVINDEX_DISCARD_FRAME
MAX_TRIMMED_AWAY = 20_000
"""FFmpeg's search in an index takes the square of the entries that are trimmed away: 0.2 s for so
many, 5 s for 100,000. With more of them a video is decoded on, and not sought in."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoFrame:
    """One frame: its place among those that were taken, and its time from the start."""

    number: int
    seconds: float
    picture: RgbPicture


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raises VideoTooLarge for frames of more pixels than are decoded."""
    if width * height > max_pixels:
        raise VideoTooLarge(
            f"The video's frames have {width * height / 1e6:.1f} megapixels; "
            f"up to {max_pixels / 1e6:g} are taken."
        )


def _display_matrix(frame: av.VideoFrame) -> bytes:
    side_data: Any = frame.side_data
    found = side_data.get(SideData.DISPLAYMATRIX)
    return b"" if found is None else bytes(found)


def _trimmed_away(entries: IndexEntries) -> int:
    """About how many entries of an index are not to be shown, by a sample."""
    step = max(len(entries) // 1000, 1)
    sample = range(0, len(entries), step)
    return step * sum(bool(entries[place].flags & DISCARDED) for place in sample)


class Video:
    """An open video. `damaged` counts the parts that could not be decoded so far."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        max_pixels: int,
        out_of_time: Callable[[], bool],
    ) -> None:
        self._container = container
        self._stream = stream
        self._max_pixels = max_pixels
        self._out_of_time = out_of_time
        self._time_base = float(stream.time_base or 0)
        self._start_seconds = (stream.start_time or 0) * self._time_base
        self._may_seek = _trimmed_away(stream.index_entries) < MAX_TRIMMED_AWAY
        self._decoded = self._decode()
        self._position: float | None = None
        # Asked of one frame alone: PyAV ties a frame that is asked to itself, and only the
        # collector frees it then. 120 frames of 1600x1600 held 400 MB.
        self._matrix: bytes | None = None
        # A frame's own would start threads that live on: two, and 20 MB, for each frame.
        self._reformatter = VideoReformatter()
        self.duration_seconds = self._duration()
        self.damaged = 0

    def _duration(self) -> float | None:
        if self._stream.duration:
            return float(self._stream.duration * self._time_base)
        if self._container.duration:
            return float(self._container.duration / av.time_base)
        return None

    def frames(self, plan: FramePlan) -> Iterator[VideoFrame]:
        """The planned frames, none twice, so that a short video gives fewer.

        Raises NoFrames, VideoTooLarge, VideoTooSlow.
        """
        number = 0
        for wanted in plan.times(self.duration_seconds):
            if number and self._position is not None and self._position >= wanted:
                continue
            self._approach(wanted)
            found = self._frame_at(wanted)
            if found is None and number == 0:
                break
            if found is None:
                continue
            yield VideoFrame(number=number, seconds=self._position or 0.0, picture=self._rgb(found))
            number += 1
        if number == 0:
            raise NoFrames(
                "Not one frame of the video can be decoded: it is damaged, or has no frames."
            )

    def _frame_at(self, wanted: float) -> av.VideoFrame | None:
        """The first frame from a time on. None when the video ends before."""
        for frame in self._decoded:
            self._position = self._seconds(frame)
            if self._position + 1e-6 >= wanted:
                return frame
        return None

    def _seconds(self, frame: av.VideoFrame) -> float:
        """By the frame's own time stamp (the rate may vary); counted on where it has none."""
        if frame.pts is not None and frame.time_base:
            return max(float(frame.pts * frame.time_base) - self._start_seconds, 0.0)
        rate = float(self._stream.average_rate or 25)
        return 0.0 if self._position is None else self._position + 1.0 / rate

    def _approach(self, wanted: float) -> None:
        """Go to the last key frame before a time, unless decoding on gets there sooner."""
        if not self._may_seek:
            return
        position = self._position or 0.0
        key_frame = self._key_frame_before(wanted)
        if key_frame is None and wanted - position < SEEK_WORTHWHILE_SECONDS:
            return
        if key_frame is not None and key_frame <= position:
            return
        try:
            offset = int((wanted + self._start_seconds) / self._time_base)
            self._container.seek(offset, stream=self._stream, backward=True)
        except (FFmpegError, ZeroDivisionError):
            return  # a stream that can't be sought in is decoded on
        self._decoded = self._decode()

    def _key_frame_before(self, wanted: float) -> float | None:
        """The time of the last key frame by the container's index, where it has one."""
        entries = self._stream.index_entries
        if not len(entries) or not self._time_base:
            return None
        pts = int((wanted + self._start_seconds) / self._time_base)
        found = entries.search_timestamp(pts, backward=True)
        if found < 0:
            return None
        return float(entries[found].timestamp * self._time_base) - self._start_seconds

    def _decode(self) -> Iterator[av.VideoFrame]:
        """All frames from here; damaged parts are counted and passed over."""
        without_frame = 0
        for packet in self._packets():
            if self._out_of_time():
                reached = f"{self._position or 0.0:.0f} s"
                raise VideoTooSlow(f"There was no time to read the video further than {reached}.")
            frames = self._sound_frames(packet)
            without_frame = 0 if frames else without_frame + 1
            if without_frame == MAX_PARTS_WITHOUT_FRAME:
                return
            yield from frames

    def _sound_frames(self, packet: Packet[VideoStream]) -> list[av.VideoFrame]:
        try:
            frames = packet.decode()
        except FFmpegError:
            self.damaged += 1
            return []
        sound = [frame for frame in frames if not frame.is_corrupt]
        self.damaged += len(frames) - len(sound)
        for frame in sound:
            check_size(frame.width, frame.height, self._max_pixels)
        return sound

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        try:
            yield from self._container.demux(self._stream)
        except FFmpegError:
            self.damaged += 1

    def _rgb(self, frame: av.VideoFrame) -> RgbPicture:
        """Upright, with square pixels."""
        ratio = self._stream.sample_aspect_ratio or 1
        width = max(round(frame.width * float(ratio)), 1) if ratio > 0 else frame.width
        check_size(width, frame.height, self._max_pixels)
        upright = self._reformatter.reformat(frame, width=width, format="rgb24", threads=1)
        picture = upright.to_ndarray()
        if self._matrix is None:
            self._matrix = _display_matrix(frame)
        return shown(picture.astype(np.uint8, copy=False), display_of(self._matrix))
