"""Which frames of a video are looked at: a pure function of its length."""

from collections.abc import Iterator
from dataclasses import dataclass

MAX_FRAMES = 1000
"""Most frames of one video, so that an interval of a millisecond floods nobody."""

UNKNOWN_LENGTH_INTERVAL_SECONDS = 1.0
"""Recordings of a browser don't say how long they are: then a frame a second is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePlan:
    """The first frame; or a number, spread evenly; or one each interval, up to a number.

    Parameters:
        frames: how many frames at most; None is one, or with an interval all up to MAX_FRAMES.
        interval_seconds: the time between two frames; None spreads them over the whole video.
    """

    frames: int | None = None
    interval_seconds: float | None = None

    @property
    def only_first(self) -> bool:
        """Whether nothing is asked for but the first frame."""
        return self.frames is None and self.interval_seconds is None

    def times(self, duration_seconds: float | None) -> Iterator[float]:
        """When the frames are wanted, in seconds from the start, rising."""
        step = self._step(duration_seconds)
        for number in range(self._count()):
            seconds = number * step
            if number and duration_seconds is not None and seconds >= duration_seconds:
                return
            yield seconds

    def _count(self) -> int:
        if self.only_first:
            return 1
        return min(self.frames or MAX_FRAMES, MAX_FRAMES)

    def _step(self, duration_seconds: float | None) -> float:
        if self.interval_seconds is not None:
            return self.interval_seconds
        if duration_seconds is None:
            return UNKNOWN_LENGTH_INTERVAL_SECONDS
        return duration_seconds / self._count()

    def __str__(self) -> str:
        return f"frames={self.frames} interval={self.interval_seconds}"
