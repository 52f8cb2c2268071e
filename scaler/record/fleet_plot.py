"""Instances and unanswered jobs over time, as a small SVG that follows the page's colours."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

WIDTH, HEIGHT, EDGE = 900, 180, 24


@dataclass(frozen=True, slots=True)
class Point:
    """One look."""

    at: datetime
    outstanding: int | None
    ready: int | None
    booting: int | None

    @property
    def instances(self) -> int:
        return (self.ready or 0) + (self.booting or 0)


def plot(points: Sequence[Point]) -> SafeString | None:
    """Instances as steps on the left scale, unanswered jobs as a line on the right one; None
    where there are not two points to draw between."""
    if len(points) < 2:
        return None
    most_instances = max(1, *(point.instances for point in points))
    most_jobs = max(1, *(point.outstanding or 0 for point in points))
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="fleet-plot">'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-opacity="0.45"/>'
        '<polyline points="{}" fill="none" stroke="var(--link-fg, #0a7cff)" stroke-width="2"/>'
        '<text x="0" y="12">{} instances</text>'
        '<text x="{}" y="12" text-anchor="end">{} unanswered</text>'
        '<text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text></svg>',
        WIDTH, HEIGHT, f"Up to {most_instances} instances and {most_jobs} unanswered jobs",
        _line(points, [point.outstanding or 0 for point in points], most_jobs),
        _steps(points, [point.instances for point in points], most_instances),
        most_instances, WIDTH, most_jobs,
        HEIGHT, f"{points[0].at:%Y-%m-%d %H:%M:%S}",
        WIDTH, HEIGHT, f"{points[-1].at:%Y-%m-%d %H:%M:%S} UTC",
    )  # fmt: skip


def _places(points: Sequence[Point], values: Sequence[int], most: int) -> list[tuple[float, float]]:
    first = points[0].at
    whole = (points[-1].at - first).total_seconds() or 1.0
    room = HEIGHT - 2 * EDGE
    return [
        ((point.at - first).total_seconds() / whole * WIDTH, EDGE + room * (1 - value / most))
        for point, value in zip(points, values, strict=True)
    ]


def _line(points: Sequence[Point], values: Sequence[int], most: int) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in _places(points, values, most))


def _steps(points: Sequence[Point], values: Sequence[int], most: int) -> str:
    places = _places(points, values, most)
    corners = [places[0]]
    for (_, before), (x, y) in itertools.pairwise(places):
        corners += [(x, before), (x, y)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
