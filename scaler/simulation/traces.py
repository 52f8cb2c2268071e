"""When pictures arrive, and how long each takes: the loads that policies are compared on."""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Arrival moments in ascending order and service times, both in seconds."""

    name: str
    arrivals: Floats
    services: Floats
    duration_seconds: float

    @property
    def jobs(self) -> int:
        """How many pictures the trace has."""
        return len(self.arrivals)

    @property
    def work_seconds(self) -> float:
        """Time that one worker process would take for everything."""
        return float(self.services.sum())


class TraceError(Exception):
    """A recorded trace can't be read; the text says which line and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Service times: log-normal with this mean and coefficient of variation."""

    mean_seconds: float = 0.5
    variation: float = 0.5

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Draw the service times of pictures, in seconds."""
        if self.variation <= 0:
            return np.full(count, self.mean_seconds)
        spread = math.log(1 + self.variation**2)
        location = math.log(self.mean_seconds) - spread / 2
        return rng.lognormal(location, math.sqrt(spread), count)


def burst(count: int, rng: np.random.Generator) -> Floats:
    """Everything within one second of a minute, as a client with many threads sends it."""
    return 60.0 + np.sort(rng.uniform(0.0, 1.0, count))


def poisson(rate: float, duration: float, rng: np.random.Generator) -> Floats:
    """Independent arrivals at a steady rate a second."""
    count = rng.poisson(rate * duration)
    return np.sort(rng.uniform(0.0, duration, count))


def varying(
    rate_at: Callable[[Floats], Floats], top: float, duration: float, rng: np.random.Generator
) -> Floats:
    """A Poisson process whose rate changes, by thinning one at the top rate."""
    candidates = poisson(top, duration, rng)
    keep = rng.uniform(0.0, top, len(candidates)) < rate_at(candidates)
    return candidates[keep]


def _day_and_night(moments: Floats) -> Floats:
    """Nothing at night, 6 a second at noon."""
    return np.maximum(0.0, -6.0 * np.cos(2 * np.pi * moments / (24 * HOUR)))


def _on_off(moments: Floats) -> Floats:
    """Ten minutes at 20 a second, ten minutes of nothing."""
    return np.where((moments // 600) % 2 == 0, 20.0, 0.0)


def _flash_crowd(moments: Floats) -> Floats:
    """One a second; after 20 minutes 60 within a minute, for ten, then it wears off."""
    rise = np.clip((moments - 1200) / 60, 0.0, 1.0)
    fall = np.exp(-np.maximum(moments - 1800, 0.0) / 300)
    return 1.0 + 59.0 * rise * fall


Maker = Callable[[np.random.Generator], tuple[Floats, float]]

MAKERS: dict[str, Maker] = {
    **{
        f"burst-{count}": (lambda rng, count=count: (burst(count, rng), HOUR))  # type: ignore[misc]
        for count in (10, 50, 100, 1_000, 10_000)
    },
    **{
        f"poisson-{rate:g}": (
            lambda rng, rate=rate: (poisson(rate, 2 * HOUR, rng), 2 * HOUR)  # type: ignore[misc]
        )
        for rate in (0.005, 0.02, 1.0, 10.0, 50.0)
    },
    "day-night": lambda rng: (varying(_day_and_night, 6.0, 24 * HOUR, rng), 24 * HOUR),
    "on-off": lambda rng: (varying(_on_off, 20.0, 3 * HOUR, rng), 3 * HOUR),
    "flash-crowd": lambda rng: (varying(_flash_crowd, 60.0, 1.5 * HOUR, rng), 1.5 * HOUR),
}


def make_trace(name: str, service: Service, seed: int) -> Trace:
    """One of the named traces; the same seed gives the same trace."""
    rng = np.random.default_rng([seed, *name.encode()])
    arrivals, duration = MAKERS[name](rng)
    return Trace(
        name=name,
        arrivals=arrivals,
        services=service.draw(len(arrivals), rng),
        duration_seconds=duration,
    )


def read_trace(path: Path, service: Service, seed: int) -> Trace:
    """A recorded trace: CSV with a column `arrival` and, optionally, `service`, in seconds; or with
    columns `minute` and `count`, whose pictures are spread over their minute by chance.

    Raises TraceError. Missing service times are drawn.
    """
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise TraceError(f"{path} can't be read: {error.strerror}") from None
    columns = set(rows[0]) if rows else set()
    rng = np.random.default_rng(seed)
    if {"minute", "count"} <= columns:
        arrivals = _spread(_column(path, rows, "minute"), _column(path, rows, "count"), rng)
    elif "arrival" in columns:
        arrivals = _column(path, rows, "arrival")
    else:
        raise TraceError(
            f"{path} needs a header with a column named `arrival`, or `minute` and `count`, and "
            "rows"
        )
    if not len(arrivals):
        raise TraceError(f"{path} counts no picture")
    order = np.argsort(arrivals, kind="stable")
    trace = Trace(
        name=path.stem,
        arrivals=arrivals[order] - arrivals.min(),
        services=service.draw(len(arrivals), rng),
        duration_seconds=float(np.ptp(arrivals)) + HOUR / 2,
    )
    if "service" in columns and "arrival" in columns:
        return replace(trace, services=_column(path, rows, "service")[order])
    return trace


def _spread(minutes: Floats, counts: Floats, rng: np.random.Generator) -> Floats:
    """Moments within each minute, as many as it counts."""
    each = np.maximum(counts, 0).astype(int)
    return np.repeat(minutes * 60.0, each) + rng.uniform(0.0, 60.0, int(each.sum()))


def _column(path: Path, rows: list[dict[str, str]], name: str) -> Floats:
    values = np.empty(len(rows))
    for number, row in enumerate(rows):
        try:
            values[number] = float(row[name])
        except (TypeError, ValueError):
            raise TraceError(
                f"{path}, line {number + 2}: {name} is {row[name]!r}, not a number of seconds"
            ) from None
    return values
