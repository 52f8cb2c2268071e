"""The fleet's history as series for the page's charts. Pure: what was seen comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from faceweb.watch.fleet_cost import Costs, Life

MINUTE = 60.0
DRAWN = 400
"""More lifelines than that are no picture any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that charts show, in steps of `step` seconds. Moments are epoch seconds."""

    since: int
    until: int
    step: int

    @classmethod
    def ending(cls, now: float, minutes: int) -> Span:
        """The last minutes, in aligned steps: a step that was seen stays as it was."""
        step = STEPS[minutes]
        last = int(now) // step * step
        return cls(since=last - minutes * 60 + step, until=int(now), step=step)

    @property
    def starts(self) -> list[int]:
        """The moments at which the chart's steps begin, in POSIX seconds."""
        return list(range(self.since, self.until + 1, self.step))

    @property
    def ends(self) -> list[float]:
        """The moments at which the chart's steps end, in POSIX seconds."""
        return [float(min(start + self.step, self.until)) for start in self.starts]


STEPS = {10: 15, 60: 20, 24 * 60: 300, 7 * 24 * 60: 1800}
"""Minutes that may be asked for -> seconds of a step."""


SEEN = {
    "waiting": "visible", "in_work": "in_flight", "starting": "booting", "ready": "ready",
    "leaving": "leaving", "functions": "functions",
}  # fmt: skip
"""What the page calls it -> the field of a look at the fleet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredStep:
    """The answers of one step: how many, the slowest in seconds, how many broke the promise."""

    count: int
    slowest: float
    late: int


def charts(
    span: Span,
    seen: Mapping[int, Mapping[str, int]],
    answered: Mapping[int, AnsweredStep],
    lives: Sequence[Life],
    costs: Costs,
    promise: float,
) -> dict[str, object]:
    """Everything that the page draws, as plain JSON. A step without a look is a gap (None)."""
    starts = span.starts
    return {
        "since": span.since,
        "until": span.until,
        "at": starts,
        **{name: [seen[s][name] if s in seen else None for s in starts] for name in SEEN},
        "answered": [_a_minute(answered.get(start), span.step) for start in starts],
        "slowest": [round(answered[s].slowest, 2) if s in answered else None for s in starts],
        "promise": promise,
        "cost": [round(dollars, 6) for dollars in costs.so_far],
        "fixed": [round(dollars, 6) for dollars in costs.fixed],
        "lives": [asdict(life) for life in lives[:DRAWN]],
        "undrawn": max(len(lives) - DRAWN, 0),
    }


def _a_minute(answers: AnsweredStep | None, step: int) -> float:
    return round(answers.count * MINUTE / step, 1) if answers else 0


def promise_kept(answered: Mapping[int, AnsweredStep]) -> dict[str, float | None]:
    """How many answers there were, how many broke the promise, and the percent that kept it: None
    where nothing was answered. Rounded down: 99.99 is not all."""
    answers = sum(step.count for step in answered.values())
    late = sum(step.late for step in answered.values())
    percent = (1000 * (answers - late) // answers) / 10 if answers else None
    return {"percent": percent, "answers": answers, "late": late}
