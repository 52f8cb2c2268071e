"""What the fleet cost so far, and what machines that always run would have. Pure: no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from scaler.models import Kind

HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One instance, or one run of a function. Moments are epoch seconds; None is not yet."""

    id: str
    launched: float
    kind: str = Kind.INSTANCE
    ready: float | None = None
    leaving: float | None = None
    ended: float | None = None

    def billed_until(self, now: float, minimum_seconds: float) -> float:
        """EC2 bills by the second, but a shortest time. The future is not billed yet. Lambda bills
        what a function took."""
        end = now if self.ended is None else self.ended
        if self.kind == Kind.FUNCTION:
            return end
        return min(max(end, self.launched + minimum_seconds), max(now, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Dollars by the end of each step of a chart; `functions` is their part of all of it.
    `most` instances ran at once."""

    so_far: list[float]
    fixed: list[float]
    functions: float
    most: int

    @property
    def spent(self) -> float:
        """Dollars that the fleet cost in the whole span."""
        return self.so_far[-1]

    @property
    def fixed_spent(self) -> float:
        """Dollars that a fixed fleet would have cost in the whole span."""
        return self.fixed[-1]

    @property
    def times_as_much(self) -> float | None:
        """How many times as much the fixed fleet costs; None where nothing was spent."""
        return self.fixed_spent / self.spent if self.spent else None


def costs_of(
    lives: Sequence[Life],
    ends: Sequence[float],
    known_since: float,
    hourly: Mapping[str, float],
    minimum_billed_seconds: float,
) -> Costs:
    """Costs over a chart's steps.

    Parameters:
        ends: the moments at which the chart's steps end, in seconds, rising; the last is now.
        known_since: when somebody began to look; a fixed fleet is compared from then on.
        hourly: dollars an hour of an instance, and of a function that works for all of it.
    """
    now = ends[-1]
    of_kind = {kind: [one for one in lives if one.kind == kind] for kind in hourly}
    machines = [(one.launched, one.ended or now) for one in of_kind[Kind.INSTANCE]]
    # What only functions answered would need one machine.
    most = max(most_at_once(machines), bool(of_kind[Kind.FUNCTION]))
    spent = {}
    for kind, theirs in of_kind.items():
        billed = [(one.launched, one.billed_until(now, minimum_billed_seconds)) for one in theirs]
        spent[kind] = _seconds_by(ends, billed, known_since) * hourly[kind] / HOUR
    fixed = most * hourly[Kind.INSTANCE] / HOUR
    return Costs(
        so_far=np.sum(list(spent.values()), axis=0).tolist(),
        functions=float(spent[Kind.FUNCTION][-1]),
        fixed=[fixed * max(end - known_since, 0.0) for end in ends],
        most=most,
    )


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """The most spans that overlap."""
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    return max(accumulate(change for _, change in edges), default=0)


def _seconds_by(
    moments: Sequence[float], spans: Sequence[tuple[float, float]], since: float
) -> np.ndarray:
    """The seconds of all spans that lie between `since` and each of the moments."""
    starts, ends = np.array(spans, np.float64).reshape(-1, 2).T
    within = np.maximum(starts, since)
    return np.array([np.maximum(np.minimum(ends, one) - within, 0.0).sum() for one in moments])
