"""What the fleet cost so far, and what machines that always run would have. Pure: no clock."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

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
        """EC2 bills by the second, but a shortest time. What is still to come is not billed yet.
        Lambda bills what a function took."""
        end = now if self.ended is None else self.ended
        if self.kind == Kind.FUNCTION:
            return end
        return min(max(end, self.launched + minimum_seconds), max(now, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Dollars by the end of each step of a chart, and in all; `functions` is their part of it.
    `most` instances ran at once."""

    so_far: list[float]
    fixed: list[float]
    functions: float
    most: int
    instances: int

    @property
    def spent(self) -> float:
        return self.so_far[-1] if self.so_far else 0.0

    @property
    def fixed_spent(self) -> float:
        return self.fixed[-1] if self.fixed else 0.0

    @property
    def times_as_much(self) -> float | None:
        """How many times as much the fixed fleet costs; None where nothing was spent."""
        return self.fixed_spent / self.spent if self.spent else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Dollars an hour of one instance, and of one function that works for all of it."""

    instance_hour: float
    function_hour: float = 0.0


def costs_of(
    lives: Sequence[Life],
    ends: Sequence[float],
    known_since: float,
    prices: Prices,
    minimum_billed_seconds: float,
) -> Costs:
    """Costs over a chart's steps.

    Parameters:
        ends: the moments at which the chart's steps end, in seconds, rising; the last is now.
        known_since: when somebody began to look; a fixed fleet is compared from then on.
    """
    now = ends[-1]
    machines = [one for one in lives if one.kind == Kind.INSTANCE]
    runs = [one for one in lives if one.kind == Kind.FUNCTION]
    # What only functions answered would need one machine.
    most = max(most_at_once((one.launched, one.ended or now) for one in machines), bool(runs))
    billed = [
        _seconds_until(
            [(one.launched, one.billed_until(now, minimum_billed_seconds)) for one in kind],
            known_since,
        )
        for kind in (machines, runs)
    ]
    hourly = (prices.instance_hour, prices.function_hour)
    spent = [
        [seconds(end) * dollars / HOUR for end in ends]
        for seconds, dollars in zip(billed, hourly, strict=True)
    ]
    return Costs(
        so_far=[sum(both) for both in zip(*spent, strict=True)],
        functions=spent[1][-1],
        fixed=[most * max(end - known_since, 0.0) * prices.instance_hour / HOUR for end in ends],
        most=most,
        instances=len(machines),
    )


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """The most spans that overlap."""
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    return max(accumulate(change for _, change in edges), default=0)


def _seconds_until(spans: Iterable[tuple[float, float]], since: float) -> Callable[[float], float]:
    """The seconds of all spans from `since` to a moment, as a function of that moment."""
    within = [(max(start, since), max(end, since)) for start, end in spans]
    begun = _seconds_since([start for start, _ in within])
    over = _seconds_since([end for _, end in within])
    return lambda moment: begun(moment) - over(moment)


def _seconds_since(moments: Iterable[float]) -> Callable[[float], float]:
    """How long ago these moments were, those that were, in all."""
    rising = sorted(moments)
    sums = [0.0, *accumulate(rising)]

    def ago(now: float) -> float:
        count = bisect_left(rising, now)
        return count * now - sums[count]

    return ago
