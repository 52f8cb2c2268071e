"""Who is seen when, as numbers for a drawing and words for people. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from faceweb.models import Face
from faceweb.models.videos import JsonList

WIDTH = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A piece of the time line: of WIDTH, from `x` on."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time at which somebody comes into the picture, and the words for how long."""

    seconds: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Who is seen when. `faces` are those of a stranger, the largest first."""

    name: str
    person_id: str | None
    percent: int
    frames: int
    best_frame: int
    bars: tuple[Bar, ...]
    times: tuple[Moment, ...]
    faces: Sequence[Face] = ()


def lanes_of(people: JsonList, frames: JsonList) -> list[Lane]:
    """The people with their time lines: a frame stands for the time until the next one."""
    if not frames:
        return []
    ends = ends_of(frames)
    end = end_of(frames)
    return [
        Lane(
            name=person["name"],
            person_id=person.get("person_id"),
            percent=round(100 * person["certainty"]),
            frames=len(person["frames"]),
            best_frame=person["best_frame"],
            bars=tuple(_bar(span, ends, end) for span in person["spans"]),
            times=tuple(
                Moment(seconds=span["from_seconds"], words=_span_in_words(span))
                for span in person["spans"]
            ),
        )
        for person in people
    ]


def ends_of(frames: JsonList) -> dict[float, float]:
    """Until when each frame stands, by when it begins."""
    starts = [float(frame["seconds"]) for frame in frames]
    return dict(zip(starts, [*starts[1:], end_of(frames)], strict=True))


def end_of(frames: JsonList) -> float:
    """Where the time line ends, in seconds."""
    starts = [float(frame["seconds"]) for frame in frames]
    # The last frame stands for as long as the one before it.
    return starts[-1] + (starts[-1] - starts[-2] if len(starts) > 1 else 1.0)


def _bar(span: dict[str, float], ends: dict[float, float], end: float) -> Bar:
    start = span["from_seconds"]
    until = ends.get(span["to_seconds"], span["to_seconds"])
    return Bar(x=WIDTH * start / end, width=WIDTH * (until - start) / end)


def _span_in_words(span: dict[str, float]) -> str:
    start, end = clock(span["from_seconds"]), clock(span["to_seconds"])
    return start if start == end else f"{start} to {end}"


def frames_of(frames: JsonList) -> JsonList:
    """The frames with their time in words, the names in them, and how many have none."""
    return [
        {
            **frame,
            "time": clock(frame["seconds"]),
            "names": sorted({face["name"] for face in frame["faces"] if face["name"]}),
            "strangers": sum(1 for face in frame["faces"] if not face["name"]),
        }
        for frame in frames
    ]


def clock(seconds: float) -> str:
    """83.4 -> "1:23.4"; with hours where there are any."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
