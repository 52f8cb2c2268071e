"""What the measurements amount to: medians over the rounds, and the goals. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.load import percentile
from benchmarks.system.measuring import Measured, MeasuredLoad, Round
from deploy.stack.capacity import on_one_machine

OWN_CPU_MS = 10.0
NET_RATIO = 0.90
IDLE_ADDED_MS = 50.0
WAITING_CLIENTS = 1000
WAITING_MIB = 300.0
BURST_SECONDS = 6.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What was wanted, and what was measured (None: that was not part of the run)."""

    wanted: str
    measured: str
    is_met: bool | None


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


def goals(measured: Measured) -> list[Goal]:
    """The promises of the path around the recogniser, each beside its figure."""
    cost, fast = path_cost(measured.rounds), speed(measured.rounds, measured.cores)
    idle = latency(measured.idle)
    added = idle.p50 - idle.recogniser
    burst = f"{measured.plan.pictures} pictures from {measured.plan.concurrency} clients"
    is_burst = (measured.plan.pictures, measured.plan.concurrency) == (100, 50)
    return [
        Goal(wanted=f"own processor time a picture at most {OWN_CPU_MS:.0f} ms",
             measured=f"{cost.own:.1f} ms", is_met=cost.own <= OWN_CPU_MS),
        Goal(wanted=f"at least {NET_RATIO:.0%} of the recogniser alone, net of the emulator",
             measured=f"{fast.net_ratio:.0%}", is_met=fast.net_ratio >= NET_RATIO),
        Goal(wanted=f"idle answer at most {IDLE_ADDED_MS:.0f} ms after the recogniser's time",
             measured=f"{added:.0f} ms", is_met=added <= IDLE_ADDED_MS),
        _waiting_goal(measured),
        Goal(wanted=f"{burst} in under {BURST_SECONDS:.0f} s",
             measured=f"{fast.burst_seconds:.1f} s",
             is_met=fast.burst_seconds < BURST_SECONDS if is_burst else None),
        Goal(wanted="no error, and every answer as the recogniser alone gives it",
             measured=f"{errors(measured)} otherwise", is_met=errors(measured) == 0),
    ]  # fmt: skip


def _waiting_goal(measured: Measured) -> Goal:
    wanted = (
        f"{WAITING_CLIENTS} clients wait in one web process without an error, "
        f"under {WAITING_MIB:.0f} MiB"
    )
    most = [load for load in measured.waiting if load.clients >= WAITING_CLIENTS]
    if not most:
        return Goal(wanted=wanted, measured="not part of this run", is_met=None)
    seen = latency(most[0])
    return Goal(
        wanted=wanted,
        measured=f"{seen.errors} errors, {seen.web_mib:.0f} MiB",
        is_met=seen.errors == 0 and seen.web_mib < WAITING_MIB,
    )


def _median(values: Iterable[float]) -> float:
    return float(statistics.median(values))
