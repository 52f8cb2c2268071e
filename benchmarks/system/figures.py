"""What the measurements amount to: medians over the rounds. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.load import percentile
from benchmarks.system.measuring import Measured, MeasuredLoad, Round
from deploy.stack.capacity import on_one_machine


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCost:
    """Milliseconds of the processor that a picture costs, by who takes them."""

    web: float
    worker: float
    recogniser: float
    bare_recogniser: float
    emulator: float
    clients: float

    @property
    def own(self) -> float:
        """What is ours: all but the recogniser, the emulator and the benchmark's clients."""
        return self.web + self.worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Pictures per second of one tier. `net` leaves out what emulator and clients took; `model` is
    what `manage.py capacity`'s model says of a machine like this."""

    bare: float
    system: float
    ratio: float
    net_ratio: float
    model: float
    burst_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from a client's request to its answer, and what went wrong meanwhile."""

    tier: str
    clients: int
    pictures: int
    p50: float
    p95: float
    p99: float
    errors: int
    recogniser: float
    web_mib: float
    web_threads: int
    pictures_per_second: float


def path_cost(rounds: Sequence[Round]) -> PathCost:
    def each(of: str) -> float:
        return _median(one.load.cpu_seconds[of] * 1000 / one.load.pictures for one in rounds)

    recogniser = _median(one.load.recogniser_cpu_ms for one in rounds)
    return PathCost(
        web=each("web"),
        worker=each("worker") - recogniser,
        recogniser=recogniser,
        bare_recogniser=_median(one.bare.cpu_seconds * 1000 / one.bare.pictures for one in rounds),
        emulator=each("emulator"),
        clients=each("clients"),
    )


def speed(rounds: Sequence[Round], cores: int) -> Speed:
    """Ratios are taken within each round, whose two halves ran one after the other."""
    return Speed(
        bare=_median(one.bare.pictures / one.bare.seconds for one in rounds),
        system=_median(one.load.pictures / one.load.seconds for one in rounds),
        ratio=_median(_ratio(one, one.load.seconds) for one in rounds),
        net_ratio=_median(_ratio(one, net_seconds(one.load, cores)) for one in rounds),
        model=_median(on_one_machine(one.bare.pictures / one.bare.seconds) for one in rounds),
        burst_seconds=_median(one.load.seconds for one in rounds),
    )


def _ratio(one: Round, seconds: float) -> float:
    return (one.load.pictures / seconds) / (one.bare.pictures / one.bare.seconds)


def net_seconds(load: MeasuredLoad, cores: int) -> float:
    """The time that the load would have taken had emulator and clients run on another machine:
    theirs of the processor, spread over the cores, is taken away."""
    others = load.cpu_seconds["emulator"] + load.cpu_seconds["clients"]
    return load.seconds - others / cores


def latency(load: MeasuredLoad) -> Latency:
    took = sorted(one.seconds * 1000 for one in load.exchanges)
    return Latency(
        tier=load.tier,
        clients=load.clients,
        pictures=load.pictures,
        p50=percentile(took, 0.50),
        p95=percentile(took, 0.95),
        p99=percentile(took, 0.99),
        errors=sum(one.answer is None for one in load.exchanges),
        recogniser=load.recogniser_ms,
        web_mib=load.web.resident_mib,
        web_threads=load.web.threads,
        pictures_per_second=load.pictures / load.seconds,
    )


def errors(measured: Measured) -> int:
    """Requests of ours without the answer that the recogniser alone gives to the picture."""
    wrong = sum(
        exchange.answer != one.bare.answers[exchange.filename]
        for one in measured.rounds
        for exchange in one.load.exchanges
    )
    return wrong + sum(latency(load).errors for load in (measured.idle, *measured.waiting))


def _median(values: Iterable[float]) -> float:
    return float(statistics.median(values))
