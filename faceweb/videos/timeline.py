"""Who is seen when, as numbers for a drawing and words for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A piece of the time line: of WIDTH, from `x` on."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPerson:
    """One person of a video's page."""

    name: str
    percent: int
    frames: int
    best_frame: int
    bars: tuple[Bar, ...]
    times: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFrame:
    """One frame of a video's page."""

    number: int
    time: str
    names: tuple[str, ...]
    strangers: int
    error: str


def people_of(
    people: Sequence[dict[str, Any]], frames: Sequence[dict[str, Any]]
) -> list[ShownPerson]:
    """The people with their time lines: a frame stands for the time until the next one."""
    if not frames:
        return []
    starts = [float(frame["seconds"]) for frame in frames]
    end = starts[-1] + _step(starts)
    ends = dict(zip(starts, [*starts[1:], end], strict=True))
    return [
        ShownPerson(
            name=person["name"],
            percent=round(100 * person["certainty"]),
            frames=len(person["frames"]),
            best_frame=person["best_frame"],
            bars=tuple(_bar(span, ends, end) for span in person["spans"]),
            times=", ".join(_span_in_words(span) for span in person["spans"]),
        )
        for person in people
    ]


def _step(starts: Sequence[float]) -> float:
    """The last frame stands for as long as the one before it."""
    return starts[-1] - starts[-2] if len(starts) > 1 else 1.0


def _bar(span: dict[str, float], ends: dict[float, float], end: float) -> Bar:
    start = span["from_seconds"]
    until = ends.get(span["to_seconds"], span["to_seconds"])
    return Bar(x=WIDTH * start / end, width=WIDTH * (until - start) / end)


def _span_in_words(span: dict[str, float]) -> str:
    start, end = clock(span["from_seconds"]), clock(span["to_seconds"])
    return start if start == end else f"{start} to {end}"


def frames_of(frames: Sequence[dict[str, Any]]) -> list[ShownFrame]:
    return [
        ShownFrame(
            number=frame["number"],
            time=clock(frame["seconds"]),
            names=tuple(sorted({face["name"] for face in frame["faces"] if face["name"]})),
            strangers=sum(1 for face in frame["faces"] if not face["name"]),
            error=frame["error"] or "",
        )
        for frame in frames
    ]


def clock(seconds: float) -> str:
    """83.4 -> "1:23.4"; with hours where there are any."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
