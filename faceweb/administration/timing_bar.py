"""Where a job's time went, as a bar: in the queue, in work, on the way back."""

from datetime import datetime
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from faceweb.models import Job

WIDTH, HEIGHT = 120, 12
COLOURS = {"in queue": "#b58900", "in work": "#268bd2", "way back": "#859900"}


class Part(NamedTuple):
    """One part of the bar; `left` and `width` are shares of the whole, 0 to 1."""

    name: str
    seconds: float
    left: float
    width: float


def in_seconds(start: datetime | None, end: datetime | None) -> str:
    """The time between two moments in words; a dash where one of them is not known."""
    seconds = seconds_between(start, end)
    return "–" if seconds is None else f"{seconds:.2f} s"


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """The time between two moments, or None where one of them is not known."""
    return None if start is None or end is None else (end - start).total_seconds()


def parts_of(job: Job) -> list[Part]:
    """The parts that are known, in their order."""
    spans = {
        "in queue": seconds_between(job.queued_at, job.started_at),
        "in work": seconds_between(job.started_at, job.finished_at),
        "way back": seconds_between(job.finished_at, job.answered_at),
    }
    # The machines' clocks differ a little: a time below zero is none.
    known = {name: max(span, 0.0) for name, span in spans.items() if span is not None}
    whole = sum(known.values()) or 1.0
    parts, left = [], 0.0
    for name, seconds in known.items():
        parts.append(Part(name, seconds, left, seconds / whole))
        left += seconds / whole
    return parts


def in_words(job: Job) -> str:
    """The parts with their seconds."""
    return ", ".join(f"{part.name} {part.seconds:.2f} s" for part in parts_of(job)) or "–"


def timing_bar(job: Job) -> SafeString | str:
    """The bar as an SVG that says its numbers to people who point at it or can't see it."""
    parts = parts_of(job)
    if not parts:
        return "–"
    words = in_words(job)
    bars = format_html_join(
        "",
        '<rect x="{}" y="0" width="{}" height="{}" fill="{}"></rect>',
        (
            (f"{p.left * WIDTH:.1f}", f"{p.width * WIDTH:.1f}", HEIGHT, COLOURS[p.name])
            for p in parts
        ),
    )
    return format_html(
        '<svg width="{}" height="{}" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        WIDTH, HEIGHT, words, words, bars,
    )  # fmt: skip
