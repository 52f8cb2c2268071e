"""The fleet's last hour as numbers for an SVG: a line of the queue, one of the instances, and a bar
for each minute's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT = 720, 140
TOP = 8
"""Kept free above the highest value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the scaler saw at one moment."""

    at: datetime
    queued: int
    instances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One minute's answers."""

    x: float
    y: float
    width: float
    height: float
    count: int
    minute: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetChart:
    """All that the page draws; `queue` and `instances` are points of a polyline."""

    since: datetime
    until: datetime
    queue: str
    instances: str
    bars: list[Bar]
    most_queued: int
    most_instances: int
    most_answered: int
    answered: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_empty(self) -> bool:
        return not self.queue and not self.answered


def fleet_chart(
    samples: Sequence[Sample], answered: Mapping[datetime, int], until: datetime
) -> FleetChart:
    """The hour before `until`. `answered`: how many pictures by the minute that they ended in."""
    since = until - timedelta(hours=1)
    inside = [sample for sample in samples if since <= sample.at <= until]
    most_queued = max([sample.queued for sample in inside], default=0)
    most_instances = max([sample.instances for sample in inside], default=0)
    most_answered = max(answered.values(), default=0)
    return FleetChart(
        since=since,
        until=until,
        queue=_line([(_across(s.at, since), s.queued) for s in inside], most_queued),
        instances=_line([(_across(s.at, since), s.instances) for s in inside], most_instances),
        bars=[_bar(minute, count, since, most_answered) for minute, count in answered.items()],
        most_queued=most_queued,
        most_instances=most_instances,
        most_answered=most_answered,
        answered=sum(answered.values()),
    )


def _across(at: datetime, since: datetime) -> float:
    return (at - since) / timedelta(hours=1) * WIDTH


def _height(value: int, most: int) -> float:
    return value / max(most, 1) * (HEIGHT - TOP)


def _line(points: Sequence[tuple[float, int]], most: int) -> str:
    if len(points) < 2:
        return ""
    return " ".join(f"{x:.1f},{HEIGHT - _height(value, most):.1f}" for x, value in points)


def _bar(minute: datetime, count: int, since: datetime, most: int) -> Bar:
    height = _height(count, most)
    left = max(_across(minute, since), 0.0)
    return Bar(
        x=left, y=HEIGHT - height, width=WIDTH / 60 - 2, height=height, count=count, minute=minute
    )
